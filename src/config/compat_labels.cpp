// Other tools' labels.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/compat.hpp"

namespace healer {
namespace {

constexpr std::string_view opt_out_label = "autoheal";  // opts out in every mode
constexpr std::string_view stop_timeout_label = "autoheal.stop.timeout";
constexpr std::string_view remedy_label = "autoheal.action";
constexpr std::string_view notify_label = "autoheal.notify";
constexpr std::string_view monitor_label = "autoheal.monitor.enable";
constexpr std::string_view restart_label = "autoheal.restart.enable";
constexpr std::string_view no_restart_label = "autoheal.restart.exclude";
constexpr std::string_view deunhealth_label = "deunhealth.restart.on.unhealthy";
constexpr std::string_view linked_label = "deunhealth.restart.with.unhealthy.container";

constexpr std::string_view autoheal_labels[] = {opt_out_label,   stop_timeout_label, remedy_label,
                                                notify_label,    monitor_label,      restart_label,
                                                no_restart_label};
constexpr std::string_view deunhealth_labels[] = {deunhealth_label, linked_label};

template <class List>
bool is_among(const List& list, std::string_view label) {
  return std::find(std::begin(list), std::end(list), label) != std::end(list);
}

LabelProblem problem(std::string_view label, std::string_view value, std::string message) {
  return LabelProblem{std::string(label), shown_value(value), std::move(message)};
}

}  // namespace

const Setting<Policy>& workload_setting(std::string_view key) {
  const auto& table = workload_settings();
  return *std::find_if(table.begin(), table.end(),
                       [&](const auto& setting) { return setting.info.key == key; });
}

bool CompatLabels::reads(std::string_view label) const {
  if (compat_.autoheal && (label == compat_.opt_in_label || is_among(autoheal_labels, label))) return true;
  return compat_.deunhealth && is_among(deunhealth_labels, label);
}

void CompatLabels::read(const std::map<std::string, std::string>& labels, Policy& policy,
                        std::vector<LabelProblem>& problems) {
  for (const auto& [label, value] : labels) {
    if (compat_.autoheal) read_autoheal(label, value, policy, problems);
    if (compat_.deunhealth) read_deunhealth(label, value, policy, problems);
  }
  if (compat_.autoheal && compat_.watch_all) opted_in_ = true;
}

void CompatLabels::opt(const std::string& label, bool in) {
  (in ? opted_in_ : opted_out_) = true;
  if (in && opted_in_by_.empty()) opted_in_by_ = label;
}

void CompatLabels::set(std::string_view key, const std::string& label, std::string_view shown,
                       std::string_view text, Policy& policy, std::vector<LabelProblem>& problems) {
  const Setting<Policy>& setting = workload_setting(key);
  if (setting.apply(policy, text))
    applied_.emplace_back(&setting, label);
  else
    problems.push_back(
        problem(label, shown,
                fmt::format("'{}' is not valid; accepted: {}", shown_value(shown), setting.info.accepted)));
}

void CompatLabels::read_autoheal(const std::string& label, const std::string& value, Policy& policy,
                                 std::vector<LabelProblem>& problems) {
  const auto truth = parse_bool(value);
  const auto not_boolean = [&]() {
    problems.push_back(
        problem(label, value, fmt::format("'{}' is not valid; accepted: true or false", shown_value(value))));
  };
  // The value must match exactly, as in the engine's label filter.
  if (label == compat_.opt_in_label && value == compat_.opt_in_value)
    opt(label, true);
  else if (label == opt_out_label && truth && !*truth)
    opt(label, false);
  else if (label == opt_out_label && compat_.opt_in_label == label && compat_.opt_in_value == "true")
    problems.push_back(problem(
        label, value,
        fmt::format("'{}' does not opt in; accepted: true, in these letters, or false", shown_value(value))));

  if (label == stop_timeout_label) {
    set("stop_timeout", label, value, trim(value), policy, problems);
  } else if (label == remedy_label) {
    const std::string remedy = lower(trim(value));
    if (remedy == "none")
      opt(label, false);
    else if (remedy == "restart" || remedy == "stop" || remedy == "notify")
      set("remedies", label, value, remedy == "notify" ? "none" : remedy, policy, problems);
    else
      problems.push_back(problem(
          label, value,
          fmt::format("'{}' is not valid; accepted: restart, stop, notify or none", shown_value(value))));
  } else if (label == notify_label) {
    if (truth)
      policy.notify.enabled = *truth;
    else
      not_boolean();
  } else if (label == monitor_label) {
    if (truth)
      opt(label, *truth);
    else
      not_boolean();
  } else if (label == restart_label || label == no_restart_label) {
    if (!truth)
      not_boolean();
    else if (*truth == (label == no_restart_label))
      set("remedies", label, value, "none", policy, problems);
  }
}

void CompatLabels::read_deunhealth(const std::string& label, const std::string& value, Policy& policy,
                                   std::vector<LabelProblem>& problems) {
  if (label == deunhealth_label) {
    const auto truth = parse_bool(value);
    if (value == "true" || (truth && !*truth))
      opt(label, value == "true");
    else
      problems.push_back(
          problem(label, value,
                  fmt::format("'{}' does not opt in; accepted: true, in these letters, or false",
                              shown_value(value))));
  } else if (label == linked_label) {
    std::string_view name = trim(value);
    if (name.starts_with('/')) name.remove_prefix(1);
    set("depends_on", label, value, name, policy, problems);
    if (!applied_.empty() && applied_.back().second == label) opt(label, true);
  }
}

}  // namespace healer
