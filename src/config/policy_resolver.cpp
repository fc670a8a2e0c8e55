#include "config/policy_resolver.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "config/setting.hpp"

namespace healer {
namespace {

constexpr std::string_view prefix = "healer.";
/// Marks what the project's own tests made, so that they can remove it; it configures nothing.
constexpr std::string_view test_mark = "healer.test";

bool is_opt_in(std::string_view label) {
  return std::find(std::begin(opt_in_labels), std::end(opt_in_labels), label) != std::end(opt_in_labels);
}

/// Ours, or so near in case ("Healer.Port", "Monitored") that its author meant ours.
bool is_relevant(const std::string& label) {
  if (label == test_mark) return false;
  if (label.size() == std::string_view("monitored").size()) return lower(label) == "monitored";
  return label.size() >= prefix.size() && lower(label.substr(0, prefix.size())) == prefix;
}

/// The sets of labels that are equal have equal keys: lengths keep "ab"+"c" and "a"+"bc" apart.
std::string cache_key(const Labels& labels) {
  std::string key;
  for (const auto& [label, value] : labels) {
    if (!is_relevant(label)) continue;
    for (const std::string* part : {&label, &value}) {
      key += std::to_string(part->size());
      key += ':';
      key += *part;
    }
  }
  return key;
}

LabelProblem problem(const std::string& label, const std::string& value, std::string message,
                     const std::string& nearest) {
  if (!nearest.empty()) message += "; did you mean '" + nearest + "'?";
  return LabelProblem{shown_value(label), shown_value(value), std::move(message)};
}

LabelProblem bad_value(const std::string& label, const std::string& value, const std::string& accepted,
                       const std::string& nearest) {
  return problem(label, value, "'" + shown_value(value) + "' is not valid; accepted: " + accepted, nearest);
}

const Setting<Policy>* setting_of(const std::string& label) {
  for (const Setting<Policy>& setting : workload_settings())
    if (setting.info.label == label) return &setting;
  return nullptr;
}

/// Calls `applied(setting)` for every label that took effect.
template <class Applied>
void apply_labels(const Labels& labels, Policy& policy, std::vector<LabelProblem>& problems,
                  Applied applied) {
  bool opted_in = false;
  bool opted_out = false;
  for (const auto& [label, value] : labels) {
    if (!is_relevant(label)) continue;
    if (is_opt_in(label)) {
      const auto wanted = parse_bool(value);
      if (!wanted)
        problems.push_back(
            bad_value(label, value, "true, yes, 1, on to opt in, false, no, 0, off to opt out", ""));
      else
        (*wanted ? opted_in : opted_out) = true;
      continue;
    }
    const Setting<Policy>* found = setting_of(label);
    if (!found) {
      problems.push_back(problem(label, value, "no such label", suggest_name(NameKind::Label, label)));
      continue;
    }
    const std::string_view text = found->info.is_text ? std::string_view(value) : trim(value);
    if (found->apply(policy, text))
      applied(*found);
    else
      problems.push_back(bad_value(label, value, found->info.accepted, suggest_value(found->info, text)));
  }
  // Opting out wins wherever it is written; two labels that disagree are no invitation to act.
  if (opted_out)
    policy.selection = Selection::OptedOut;
  else if (opted_in)
    policy.selection = Selection::OptedIn;
}

}  // namespace

ResolvedPolicy PolicyResolver::resolve(const Labels& labels) {
  std::string key = cache_key(labels);
  if (const auto found = cache_.find(key); found != cache_.end()) return found->second;
  Policy policy = defaults_;
  ResolvedPolicy resolved;
  apply_labels(labels, policy, resolved.problems, [](const Setting<Policy>&) {});
  resolved.policy = std::make_shared<const Policy>(std::move(policy));
  // Labels this long are nobody's configuration: resolved, but not worth remembering.
  if (key.size() > 8192) return resolved;
  if (cache_.size() >= cache_limit) cache_.clear();
  cache_.emplace(std::move(key), resolved);
  return resolved;
}

Explanation explain(const Settings& settings, const Labels& labels) {
  Explanation explanation;
  for (const EffectiveSetting& effective : settings.effective)
    if (effective.info->scope == Scope::Workload) explanation.settings.push_back(effective);
  Policy policy = settings.defaults;
  apply_labels(labels, policy, explanation.problems, [&](const Setting<Policy>& applied) {
    for (EffectiveSetting& effective : explanation.settings) {
      if (effective.info != &applied.info) continue;
      effective.value = applied.show(policy);
      effective.origin = Origin{Origin::Kind::Label, std::string(applied.info.label)};
    }
  });
  explanation.selection = policy.selection;
  return explanation;
}

}  // namespace healer
