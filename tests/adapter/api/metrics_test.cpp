// Tests of /metrics in Prometheus' text format.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "adapter/api/snapshots.hpp"
#include "api/metrics.hpp"
#include "model/forms.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return text.starts_with(line + "\n") || text.find("\n" + line + "\n") != std::string::npos;
}

// What promtool reports about the text; empty when promtool finds no problem.
std::string promtool(const std::string& text) {
  char path[] = "/tmp/healer-metrics-XXXXXX";
  const int descriptor = ::mkstemp(path);
  REQUIRE(descriptor >= 0);
  std::ofstream(path) << text;
  const std::string command = std::string("promtool check metrics < ") + path + " 2>&1; echo \"exit $?\"";
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string said;
  char buffer[4096];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) said.append(buffer, n);
  ::pclose(pipe);
  std::remove(path);
  return said == "exit 0\n" ? "" : said;
}

void count_everything(Metrics& metrics) {
  for (const Outcome outcome : enum_values<Outcome>())
    for (const Cause cause : enum_values<Cause>())
      for (const ProbeKind kind : enum_values<ProbeKind>())
        metrics.count(CountCheck{kind, outcome, cause, std::chrono::microseconds(3000)});
  for (const RemedyKind remedy : enum_values<RemedyKind>())
    for (const AttemptState outcome : enum_values<AttemptState>())
      metrics.count(CountRemedy{remedy, outcome});
  for (const IncidentCause cause : enum_values<IncidentCause>()) metrics.count(CountIncidentOpened{cause});
  for (const IncidentOutcome outcome : enum_values<IncidentOutcome>())
    metrics.count(CountIncidentClosed{outcome, 20s});
  for (const HoldKind kind : enum_values<HoldKind>()) metrics.count(CountHold{kind});
  for (const Cause cause : enum_values<Cause>()) metrics.count(CountUnknownStreak{cause});
  for (const NotificationKind kind : enum_values<NotificationKind>())
    for (const bool escalation : {false, true}) metrics.count(CountNotificationRepeat{kind, escalation});
  for (const std::string_view tag : tags_of<EngineReport>()) {
    EngineReport report;
    with_alternative(report, tag, [](auto&) {});
    metrics.count_event(report);
  }
  metrics.count_store_error();
  metrics.count_skipped("event");
  metrics.set_event_lag(250ms);
}

}  // namespace

TEST_CASE("promtool finds no problem, with nothing counted and with everything") {
  if (std::system("promtool --version >/dev/null 2>&1") != 0) {
    MESSAGE("skipped: promtool (package prometheus) is not installed");
    return;
  }
  Metrics metrics;
  CHECK(promtool(metrics.text(Snapshot{})) == "");
  count_everything(metrics);
  CHECK(promtool(metrics.text(full_snapshot())) == "");
  CHECK_MESSAGE(promtool("no_help 1\nno_help 1\n") != "", "promtool notices what is wrong");
}

TEST_CASE("every family is there once, with HELP and TYPE, and there is no other family") {
  Metrics metrics;
  count_everything(metrics);
  std::istringstream lines(metrics.text(full_snapshot()));
  std::multiset<std::string> families;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("# TYPE ")) families.insert(line.substr(7, line.find(' ', 7) - 7));
  const std::multiset<std::string> expected{"healer_build_info",
                                            "healer_targets",
                                            "healer_checks_total",
                                            "healer_check_duration_seconds",
                                            "healer_target_up",
                                            "healer_target_state",
                                            "healer_target_check_duration_seconds",
                                            "healer_target_uptime_seconds",
                                            "healer_target_restarts_total",
                                            "healer_remedies_total",
                                            "healer_incidents_total",
                                            "healer_incidents_open",
                                            "healer_time_to_heal_seconds",
                                            "healer_engine_up",
                                            "healer_engine_event_lag_seconds",
                                            "healer_exec_stuck",
                                            "healer_checks_waiting",
                                            "healer_notifications_total",
                                            "healer_notifications_dropped_total",
                                            "healer_notification_channel_refusing",
                                            "healer_notifications_pending",
                                            "healer_notification_channel_pending",
                                            "healer_loop_lag_seconds",
                                            "healer_breakers_open",
                                            "healer_label_problems",
                                            "healer_events_total",
                                            "healer_store_errors_total",
                                            "healer_engine_skipped_total",
                                            "healer_holds_total",
                                            "healer_unknown_streaks_total",
                                            "healer_notification_repeats_total",
                                            "healer_targets_held",
                                            "healer_paused",
                                            "healer_mass_hold",
                                            "healer_remedies_in_progress",
                                            "healer_remedies_allowed",
                                            "healer_alerts_total",
                                            "healer_rule_known",
                                            "healer_rule_firing",
                                            "healer_rule_last_evaluation_timestamp_seconds",
                                            "healer_rule_evaluations_total"};
  CHECK(families == expected);
}

TEST_CASE("every value of every enum is counted under its text") {
  Metrics metrics;
  count_everything(metrics);
  const std::string text = metrics.text({});
  const auto has_series = [&text](const std::string& family, const std::string& label, const char* value) {
    CAPTURE(family);
    CAPTURE(value);
    const std::string wanted = fmt::format("{}=\"{}\"", label, value);
    std::istringstream lines(text);
    bool found = false;
    for (std::string line; std::getline(lines, line) && !found;)
      found = line.starts_with(family) && line.find(wanted) != std::string::npos && !line.ends_with(" 0");
    CHECK(found);
  };
  for (const char* value : enum_texts<Outcome>()) has_series("healer_checks_total", "outcome", value);
  for (const char* value : enum_texts<Cause>()) has_series("healer_checks_total", "cause", value);
  for (const char* value : enum_texts<ProbeKind>())
    has_series("healer_check_duration_seconds", "probe", value);
  for (const char* value : enum_texts<RemedyKind>()) has_series("healer_remedies_total", "remedy", value);
  for (const char* value : enum_texts<AttemptState>()) has_series("healer_remedies_total", "outcome", value);
  for (const char* value : enum_texts<IncidentCause>()) has_series("healer_incidents_total", "cause", value);
  for (const char* value : enum_texts<HoldKind>()) has_series("healer_holds_total", "reason", value);
  for (const char* value : enum_texts<Cause>()) has_series("healer_unknown_streaks_total", "cause", value);
  for (const char* value : enum_texts<NotificationKind>())
    has_series("healer_notification_repeats_total", "kind", value);
  for (const std::string_view tag : tags_of<EngineReport>())
    has_series("healer_events_total", "kind", std::string(tag).c_str());
}

TEST_CASE("the values of the snapshot are in the text") {
  Metrics metrics;
  const std::string text = metrics.text(full_snapshot());
  CHECK(has_line(text, "healer_targets{state=\"healthy\"} 1"));
  CHECK(has_line(text, "healer_targets{state=\"given_up\"} 1"));
  CHECK(has_line(text, "healer_targets{state=\"unknown\"} 0"));
  CHECK(has_line(text, "healer_targets{state=\"starting\"} 0"));
  CHECK(has_line(text, "healer_target_up{workload=\"shop-web-1\"} 1"));
  CHECK(has_line(text, "healer_target_state{workload=\"shop-web-1\",state=\"healthy\"} 1"));
  CHECK(has_line(text, "healer_target_check_duration_seconds{workload=\"shop-web-1\"} 0.0015"));
  CHECK(has_line(text, "healer_target_uptime_seconds{workload=\"shop-web-1\"} 90"));
  CHECK(has_line(text, "healer_target_restarts_total{workload=\"shop-web-1\"} 2"));
  // The name with special characters is escaped. Of two workloads with one name, the second shows its key,
  // too.
  CHECK(has_line(text, "healer_target_up{workload=\"odd \\\"name\\\" with \\\\ and   and ? and é {}\"} 0"));
  CHECK(has_line(text, "healer_target_up{workload=\"shop-web-1 (other/web/1)\"} 0"));
  CHECK(text.find("healer_target_uptime_seconds{workload=\"shop-web-1 (other/web/1)\"}") ==
        std::string::npos);
  CHECK(has_line(text, "healer_incidents_open 1"));
  CHECK(has_line(text, "healer_breakers_open 1"));
  CHECK(has_line(text, "healer_label_problems 1"));
  CHECK(has_line(text, "healer_engine_up 1"));
  CHECK(has_line(text, "healer_loop_lag_seconds 0.012"));
  CHECK(has_line(text, "healer_exec_stuck 2"));
  CHECK(has_line(text, "healer_checks_waiting 3"));
  CHECK(has_line(text, "healer_notifications_pending 3"));
  CHECK(has_line(text, "healer_notifications_total{channel=\"slack\",outcome=\"delivered\"} 10"));
  CHECK(has_line(text, "healer_rule_known{rule=\"High \\\"errors\\\"\"} 1"));
  CHECK(has_line(text, "healer_rule_known{rule=\"Queue\"} 0"));
  CHECK(has_line(text, "healer_rule_firing{rule=\"High \\\"errors\\\"\"} 2"));
  CHECK(has_line(text, "healer_rule_evaluations_total{result=\"unknown\",rule=\"Queue\"} 3"));
  CHECK(has_line(text,
                 "healer_rule_last_evaluation_timestamp_seconds{rule=\"High \\\"errors\\\"\"} 1799999995"));
  CHECK(text.find("healer_rule_last_evaluation_timestamp_seconds{rule=\"Queue\"}") == std::string::npos);
  CHECK(has_line(text, "healer_alerts_total{result=\"bad_token\",source=\"alertmanager\"} 0"));
  CHECK(has_line(text, "healer_notifications_total{channel=\"slack\",outcome=\"expired\"} 5"));
  CHECK(has_line(text, "healer_notifications_dropped_total{channel=\"slack\",reason=\"too_old\"} 0"));
  CHECK(has_line(text, "healer_notifications_dropped_total{channel=\"slack\",reason=\"too_many\"} 5"));
  CHECK(has_line(text, "healer_notification_channel_refusing{channel=\"slack\"} 1"));
}

TEST_CASE("counted checks, remedies, incidents and events are in the text") {
  Metrics metrics;
  CHECK(has_line(metrics.text({}), "healer_incidents_total{cause=\"crashed\"} 0"));
  CHECK(metrics.text({}).find("healer_remedies_total{outcome=\"recovered\",remedy=\"restart\"} 0") !=
        std::string::npos);
  for (int i = 0; i < 3; ++i)
    metrics.count(CountCheck{ProbeKind::Http, Outcome::Fail, Cause::Status, std::chrono::microseconds(4000)});
  metrics.count(CountRemedy{RemedyKind::Restart, AttemptState::NotRecovered});
  metrics.count(CountIncidentClosed{IncidentOutcome::Recovered, 20s});
  metrics.count(CountIncidentClosed{IncidentOutcome::StoppedByOperator, 20s});
  metrics.count_event(Ended{});
  metrics.count_store_error();
  metrics.count_skipped("event");
  metrics.set_event_lag(-5s);
  const std::string text = metrics.text({});
  CHECK(has_line(text, "healer_checks_total{cause=\"status\",outcome=\"fail\"} 3"));
  CHECK(has_line(text, "healer_check_duration_seconds_count{probe=\"http\"} 3"));
  CHECK(has_line(text, "healer_check_duration_seconds_bucket{probe=\"http\",le=\"0.0025\"} 0"));
  CHECK(has_line(text, "healer_check_duration_seconds_bucket{probe=\"http\",le=\"0.005\"} 3"));
  CHECK(has_line(text, "healer_remedies_total{outcome=\"not_recovered\",remedy=\"restart\"} 1"));
  CHECK(has_line(text, "healer_time_to_heal_seconds_count 1"));
  CHECK(has_line(text, "healer_events_total{kind=\"ended\"} 1"));
  CHECK(has_line(text, "healer_store_errors_total 1"));
  CHECK(has_line(text, "healer_engine_event_lag_seconds 0"));
}
