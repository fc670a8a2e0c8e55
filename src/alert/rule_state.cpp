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

std::vector<AlertTarget> RuleState::targets_of(const Samples& samples, const AlertTargets& targets,
                                               std::span<const std::string> names,
                                               std::span<const AlertMapping> mappings,
                                               const AlertPlaces& places) const {
  std::vector<AlertTarget> all;
  all.reserve(samples.all.size());
  for (const Sample& sample : samples.all)
    all.push_back(!rule_.container.empty() ? targets.find(rule_.container)
                  : rule_.labels.empty()   ? targets.find(sample.labels, names, mappings, places)
                                           : targets.find(sample.labels, rule_.labels, {}, places));
  if (places.any || !rule_.container.empty()) return all;
  std::vector<PlacedAlert> placed;
  for (std::size_t i = 0; i < all.size(); ++i)
    placed.push_back({rule_.name, place_of(samples.all[i].labels), all[i].key, &all[i]});
  refuse_several_places(placed);
  return all;
}

std::optional<bool> RuleState::is_met_by(const std::string& key, const Samples& samples,
                                         const AlertTargets& targets, std::span<const std::string> names,
                                         std::span<const AlertMapping> mappings,
                                         const AlertPlaces& places) const {
  const std::vector<AlertTarget> about = targets_of(samples, targets, names, mappings, places);
  std::optional<bool> met;
  for (std::size_t i = 0; i < about.size(); ++i)
    if (about[i].found == AlertTarget::Found::One && about[i].key == key)
      met = met.value_or(false) || meets(rule_, samples.all[i].value);
  return met;
}

RuleEvaluation RuleState::evaluate(const Samples& samples, const AlertTargets& targets,
                                   std::span<const std::string> names, std::span<const AlertMapping> mappings,
                                   Instant now, const AlertPlaces& places) {
  struct Seen {
    bool met = false;
    double value = 0;
  };
  RuleEvaluation evaluation;
  std::map<std::string, Seen> seen;
  std::set<std::string> unmatched;
  std::vector<AlertTarget> about = targets_of(samples, targets, names, mappings, places);
  for (std::size_t i = 0; i < about.size(); ++i) {
    const Sample& sample = samples.all[i];
    AlertTarget& target = about[i];
    const bool met = meets(rule_, sample.value);
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
