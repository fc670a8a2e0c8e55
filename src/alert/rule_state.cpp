#include "alert/rule_state.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer {
namespace {

/// The core drops an alert that is not repeated for 6 hours. Each repetition is an event, so there is not one
/// per evaluation.
constexpr Duration said_again_every = 10min;
constexpr std::size_t most_unmatched = 100;

/// Of several series that meet the rule, the value farthest from the limit is shown.
bool further(const PrometheusRule& rule, double one, double other) {
  return std::abs(one - rule.number) > std::abs(other - rule.number);
}

}  // namespace

RuleEvaluation RuleState::evaluate(const Samples& samples, const AlertTargets& targets,
                                   std::span<const std::string> names, std::span<const AlertMapping> mappings,
                                   Instant now) {
  struct Seen {
    bool met = false;
    double value = 0;
  };
  RuleEvaluation evaluation;
  std::map<std::string, Seen> seen;
  std::set<std::string> unmatched;
  const std::span<const std::string> labels = rule_.labels.empty() ? names : rule_.labels;
  for (const Sample& sample : samples.all) {
    const bool met = meets(rule_, sample.value);
    AlertTarget target = !rule_.container.empty() ? targets.find(rule_.container)
                         : rule_.labels.empty()   ? targets.find(sample.labels, labels, mappings)
                                                  : targets.find(sample.labels, labels);
    if (target.found != AlertTarget::Found::One) {
      if (met && unmatched.size() < most_unmatched) unmatched.insert(std::move(target.text));
      continue;
    }
    Seen& workload = seen[target.key];
    if (met && (!workload.met || further(rule_, sample.value, workload.value)))
      workload = {true, sample.value};
  }
  for (const std::string& text : unmatched)
    if (!unmatched_.contains(text)) evaluation.unmatched.push_back(text);
  unmatched_ = std::move(unmatched);
  for (auto& [key, state] : states_)
    if (!seen.contains(key)) state.met = false;  // unknown: the time of `for` stands still
  for (const auto& [key, workload] : seen) {
    if (workload.met)
      is_met(key, workload.value, now, evaluation.changes);
    else
      is_not_met(key, evaluation.changes);
  }
  return evaluation;
}

void RuleState::is_met(const std::string& key, double value, Instant now, std::vector<RuleChange>& changes) {
  State& state = states_[key];
  if (state.phase == Phase::Idle) state = State{Phase::Pending, false, Duration{0}, now, {}};
  if (state.met) state.held += std::clamp(now - state.last_met, Duration{0}, 2 * interval_);
  state.met = true;
  state.last_met = now;
  const bool begins = state.phase == Phase::Pending && state.held >= rule_.hold_for;
  if (!begins && (state.phase == Phase::Pending || now < state.reported_at + said_again_every)) return;
  state.phase = Phase::Firing;
  state.reported_at = now;
  std::string text = fmt::format("{:.4g} {} {:.4g}", value, to_string(rule_.comparison), rule_.number);
  if (rule_.hold_for > Duration{0}) text += " for " + format_duration(rule_.hold_for);
  changes.push_back({key, true, std::move(text)});
}

void RuleState::is_not_met(const std::string& key, std::vector<RuleChange>& changes) {
  const auto [at, first] = states_.try_emplace(key);
  if (first || at->second.phase == Phase::Firing) changes.push_back({key, false, {}});
  at->second = State{};
}

void RuleState::unknown() {
  for (auto& [key, state] : states_) state.met = false;
}

void RuleState::forget_all_but(const std::set<std::string>& keys) {
  std::erase_if(states_, [&](const auto& each) { return !keys.contains(each.first); });
}

std::size_t RuleState::count(Phase phase) const {
  return static_cast<std::size_t>(std::count_if(
      states_.begin(), states_.end(), [phase](const auto& each) { return each.second.phase == phase; }));
}

}  // namespace healer
