#include "api/snapshot_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <string_view>
#include <unordered_set>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer {
namespace {

template <class... Values>
void add(std::string& to, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(to), format, std::forward<Values>(values)...);
}

void head(std::string& to, std::string_view name, std::string_view type, std::string_view help) {
  add(to, "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void single(std::string& to, std::string_view name, std::string_view type, std::string_view help,
            double value) {
  head(to, name, type, help);
  add(to, "{} {}\n", name, value);
}

double seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

// A label's value: valid UTF-8 without control characters, quotes and backslashes escaped.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

constexpr std::string_view label_end = "\"} ";

// The label set of each workload, as text: its name. Two equal sets would make the whole scrape invalid, so
// the second workload of a name also has its key.
std::vector<std::string> workload_labels(const std::vector<WorkloadStatus>& workloads) {
  std::vector<std::string> labels;
  labels.reserve(workloads.size());
  std::unordered_set<std::string_view> seen;
  seen.reserve(workloads.size());
  for (const WorkloadStatus& each : workloads) {
    const bool first = seen.insert(each.name).second;
    std::string value = label_value(first ? each.name : each.name + " (" + each.key + ")");
    labels.push_back(("{workload=\"" + std::move(value)).append(label_end));
  }
  return labels;
}

// Plain appends, because a scrape has fifty thousand of these lines.
void line(std::string& to, std::string_view name, const std::string& labels, unsigned value) {
  const fmt::format_int digits(value);
  to.append(name).append(labels).append(digits.data(), digits.size()) += '\n';
}

void line(std::string& to, std::string_view name, const std::string& labels,
          std::chrono::microseconds duration) {
  to.append(name).append(labels);
  add(to, "{}\n", std::chrono::duration<double>(duration).count());
}

void write_targets(std::string& out, const Snapshot& snapshot) {
  const auto& workloads = snapshot.workloads;
  const std::vector<std::string> labels = workload_labels(workloads);
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          const auto& value_of) {
    head(out, name, type, help);
    for (std::size_t i = 0; i < workloads.size(); ++i)
      if (const auto value = value_of(workloads[i])) line(out, name, labels[i], *value);
  };
  family("healer_target_up", "gauge", "1 when the target is healthy, else 0.",
         [](const WorkloadStatus& each) {
           return std::optional<unsigned>(each.condition == Condition::Healthy ? 1U : 0U);
         });
  head(out, "healer_target_state", "gauge",
       "1 for the state that the target is in; other states are absent.");
  for (std::size_t i = 0; i < workloads.size(); ++i) {
    const std::string_view label(labels[i].data(), labels[i].size() - label_end.size());
    out.append("healer_target_state").append(label).append("\",state=\"");
    out.append(to_string(workloads[i].condition)).append("\"} 1\n");
  }
  family("healer_target_check_duration_seconds", "gauge", "How long the target's newest check took.",
         [](const WorkloadStatus& each) {
           return each.last_check ? std::optional(each.last_duration) : std::nullopt;
         });
  family("healer_target_uptime_seconds", "gauge", "Time since the target's present instance began.",
         [&](const WorkloadStatus& each) {
           std::optional<std::chrono::microseconds> uptime;
           if (each.running_since) uptime = std::max(snapshot.now - *each.running_since, Duration{0});
           return uptime;
         });
  family("healer_target_restarts_total", "counter", "Remedies executed on the target since healer started.",
         [](const WorkloadStatus& each) { return std::optional<unsigned>(each.restarts); });
}

void write_totals(std::string& out, const Snapshot& snapshot) {
  EnumArray<Condition, std::size_t> by_condition{};
  std::size_t open_breakers = 0;
  std::size_t open_incidents = 0;
  std::size_t problems = 0;
  for (const WorkloadStatus& each : snapshot.workloads) {
    ++by_condition[each.condition];
    if (each.remedies.breaker == BreakerState::Open) ++open_breakers;
    if (each.incident) ++open_incidents;
    problems += each.problems.size();
  }
  head(out, "healer_targets", "gauge", "Watched targets by state.");
  for (const Condition condition : enum_values<Condition>())
    add(out, "healer_targets{{state=\"{}\"}} {}\n", to_string(condition), by_condition[condition]);
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    single(out, name, "gauge", help, value);
  };
  gauge("healer_incidents_open", "Incidents that are open.", static_cast<double>(open_incidents));
  gauge("healer_breakers_open", "Workloads whose budget is spent and whose breaker is open.",
        static_cast<double>(open_breakers));
  gauge("healer_label_problems", "Labels that are unknown, do not parse or exceed a limit.",
        static_cast<double>(problems));
  gauge("healer_engine_up", "1 when the container engine answers.", snapshot.engine_up ? 1 : 0);
  gauge("healer_loop_lag_seconds", "The most that the event loop was late within the last period.",
        seconds(snapshot.loop_lag));
  gauge("healer_exec_stuck", "Commands of exec probes that outlived their time-out and have not ended.",
        static_cast<double>(snapshot.stuck_execs));
  gauge("healer_checks_waiting", "Checks that wait for their turn: more are wanted than limits: allows.",
        static_cast<double>(snapshot.waiting_checks));
  gauge("healer_notifications_pending", "Notifications that wait for delivery, counted per channel.",
        static_cast<double>(snapshot.notifications_pending));
}

/// Holds, pauses and the limit of concurrent remedies. HEALING.md 5.
void write_restraint(std::string& out, const Snapshot& snapshot) {
  EnumArray<HoldKind, std::size_t> held{};
  std::size_t paused = 0;
  for (const WorkloadStatus& each : snapshot.workloads) {
    if (each.hold) ++held[each.hold->kind];
    if (each.paused_until || snapshot.host_status.paused_until) ++paused;
  }
  head(out, "healer_targets_held", "gauge", "Unhealthy targets whose remedy is on hold, by hold.");
  for (const HoldKind kind : enum_values<HoldKind>())
    add(out, "healer_targets_held{{reason=\"{}\"}} {}\n", to_string(kind), held[kind]);
  single(out, "healer_paused", "gauge", "Targets that an operator paused.", static_cast<double>(paused));
  single(out, "healer_mass_hold", "gauge", "1 while a mass failure holds remedies.",
         snapshot.host_status.mass.empty() ? 0 : 1);
  single(out, "healer_remedies_in_progress", "gauge", "Targets that are being healed now.",
         static_cast<double>(snapshot.host_status.in_remedy));
  single(out, "healer_remedies_allowed", "gauge", "Targets that may be healed at the same time.",
         static_cast<double>(snapshot.host_status.remedies_allowed));
}

void write_notifications(std::string& out, const Snapshot& snapshot) {
  head(out, "healer_notifications_total", "counter",
       "Notifications by channel and outcome; failed_try counts tries that will be repeated.");
  for (const ChannelStatus& each : snapshot.channels) {
    const std::string name = label_value(each.name);
    const std::pair<const char*, std::uint64_t> outcomes[] = {{"delivered", each.delivered},
                                                              {"refused", each.refused},
                                                              {"expired", each.expired()},
                                                              {"failed_try", each.failed_tries}};
    for (const auto& [outcome, count] : outcomes)
      add(out, "healer_notifications_total{{channel=\"{}\",outcome=\"{}\"}} {}\n", name, outcome, count);
  }
  head(out, "healer_notifications_dropped_total", "counter",
       "Notifications given up for a channel, by reason.");
  for (const ChannelStatus& each : snapshot.channels)
    for (const DropReason reason : enum_values<DropReason>())
      add(out, "healer_notifications_dropped_total{{channel=\"{}\",reason=\"{}\"}} {}\n",
          label_value(each.name), to_string(reason), each.dropped[reason]);
  head(out, "healer_notification_channel_refusing", "gauge",
       "1 while the channel's newest final answer was a refusal (a wrong token, an address that is gone).");
  for (const ChannelStatus& each : snapshot.channels)
    add(out, "healer_notification_channel_refusing{{channel=\"{}\"}} {}\n", label_value(each.name),
        each.refusing ? 1 : 0);
  head(out, "healer_notification_channel_pending", "gauge", "Notifications that wait for this channel.");
  for (const ChannelStatus& each : snapshot.channels)
    add(out, "healer_notification_channel_pending{{channel=\"{}\"}} {}\n", label_value(each.name),
        each.pending);
}

/// Healer's own rules on Prometheus.
void write_rules(std::string& out, const Snapshot& snapshot) {
  if (snapshot.rules.empty()) return;
  const auto family = [&](std::string_view name, std::string_view type, std::string_view help,
                          const auto& value_of) {
    head(out, name, type, help);
    for (const RuleStatus& each : snapshot.rules)
      if (const auto value = value_of(each))
        add(out, "{}{{rule=\"{}\"}} {}\n", name, label_value(each.name), *value);
  };
  family("healer_rule_known", "gauge", "1 when the rule's last evaluation had data, 0 when it is unknown.",
         [](const RuleStatus& each) { return std::optional(each.known ? 1 : 0); });
  family("healer_rule_firing", "gauge", "Targets that the rule fires about.",
         [](const RuleStatus& each) { return std::optional(each.firing); });
  family("healer_rule_last_evaluation_timestamp_seconds", "gauge",
         "When the rule was last evaluated with data, in seconds since 1970.", [](const RuleStatus& each) {
           std::optional<double> at;
           if (each.last_answer) at = static_cast<double>(wall_time_of(*each.last_answer).unix_ms) / 1000;
           return at;
         });
  head(out, "healer_rule_evaluations_total", "counter", "Evaluations of the rule: with data, or unknown.");
  for (const RuleStatus& each : snapshot.rules) {
    const std::string name = label_value(each.name);
    add(out, "healer_rule_evaluations_total{{result=\"known\",rule=\"{}\"}} {}\n", name, each.answers);
    add(out, "healer_rule_evaluations_total{{result=\"unknown\",rule=\"{}\"}} {}\n", name, each.unknowns);
  }
}

}  // namespace

std::string snapshot_metrics(const Snapshot& snapshot) {
  std::string out;
  out.reserve(4096 + snapshot.workloads.size() * 400);
  write_totals(out, snapshot);
  write_restraint(out, snapshot);
  write_notifications(out, snapshot);
  write_rules(out, snapshot);
  write_targets(out, snapshot);
  return out;
}

}  // namespace healer
