#include "api/status_json.hpp"

#include <boost/json.hpp>

#include "api/json_text.hpp"
#include "base/version.hpp"

namespace healer {

namespace json = boost::json;

json::object hold_json(const HoldStatus& hold) {
  return {{"reason", to_string(hold.kind)}, {"text", safe(hold.text)}, {"until", time_or_null(hold.until)}};
}

json::object host_json(const HostStatus& host) {
  return {{"paused", host.paused_until.has_value()},
          {"paused_until", time_or_null(host.paused_until)},
          {"mass", safe(host.mass)},
          {"remedies_in_progress", host.in_remedy},
          {"remedies_allowed", host.remedies_allowed},
          {"connectivity", safe(host.connectivity)},
          {"connectivity_failed", host.connectivity_failed}};
}

namespace {

json::array alerts_json(const std::vector<FiringAlert>& alerts) {
  json::array all;
  for (const FiringAlert& each : alerts)
    all.push_back({{"source", safe(each.source)},
                   {"name", safe(each.name)},
                   {"text", safe(each.text)},
                   {"act", each.act},
                   {"since", time_or_null(each.since)}});
  return all;
}

json::array rules_json(const std::vector<RuleStatus>& rules) {
  json::array all;
  for (const RuleStatus& each : rules)
    all.push_back({{"name", safe(each.name)},
                   {"query", safe(each.query)},
                   {"known", each.known},
                   {"problem", safe(each.problem)},
                   {"last_answer", time_or_null(each.last_answer)},
                   {"firing", each.firing},
                   {"pending", each.pending},
                   {"unmatched", each.unmatched}});
  return all;
}

/// "guarded" is null before the first contact.
json::object engine_json(const Snapshot& snapshot) {
  const bool known = !snapshot.engine_description.empty();
  return {{"up", snapshot.engine_up},
          {"description", safe(snapshot.engine_description)},
          {"guarded", known ? json::value(snapshot.engine_guarded) : json::value(nullptr)}};
}

}  // namespace

json::object workload_json(const WorkloadStatus& each) {
  json::array problems;
  for (const LabelProblem& problem : each.problems)
    problems.push_back(
        {{"label", safe(problem.label)}, {"value", safe(problem.value)}, {"message", safe(problem.message)}});
  json::array probes;
  for (const WorkloadStatus::Probe& probe : each.probes)
    probes.push_back({{"name", safe(probe.name)},
                      {"probe", safe(probe.text)},
                      {"outcome", to_string(probe.outcome)},
                      {"reason", safe(probe.reason)},
                      {"stuck", probe.stuck}});
  json::array depends_on;
  for (const std::string& name : each.depends_on) depends_on.push_back(safe(name));
  return {{"name", safe(each.name)},
          {"key", safe(each.key)},
          {"container_id", safe(each.container_id)},
          {"image", safe(each.image)},
          {"condition", to_string(each.condition)},
          {"probe", safe(each.probe)},
          {"reason", safe(each.reason)},
          {"failures", each.failures},
          {"failure_threshold", each.failure_threshold},
          {"attempts_in_window", each.remedies.attempts_in_window},
          {"budget", each.remedies.budget},
          {"breaker", to_string(each.remedies.breaker)},
          {"running_since", time_or_null(each.running_since)},
          {"last_check", time_or_null(each.last_check)},
          {"last_duration_ms", static_cast<double>(each.last_duration.count()) / 1000},
          {"next_remedy", time_or_null(each.remedies.next_at)},
          {"incident", each.incident ? json::value(each.incident->value) : json::value(nullptr)},
          {"acked_at", time_or_null(each.acked_at)},
          {"acked_by", safe(each.acked_by)},
          {"restarts", each.restarts},
          {"probes", std::move(probes)},
          {"hold", each.hold ? json::value(hold_json(*each.hold)) : json::value(nullptr)},
          {"paused", each.paused_until.has_value()},
          {"paused_until", time_or_null(each.paused_until)},
          {"depends_on", std::move(depends_on)},
          {"ladder", safe(each.remedies.ladder)},
          {"ladder_step", each.remedies.ladder_step},
          {"unknown_streak", each.unknown_streak},
          {"alerts", alerts_json(each.alerts)},
          {"problems", std::move(problems)}};
}

std::string status_json(const Snapshot& snapshot) {
  json::array channels;
  for (const ChannelStatus& each : snapshot.channels)
    channels.push_back({{"name", safe(each.name)},
                        {"configured", each.configured},
                        {"pending", each.pending},
                        {"set_aside", each.set_aside},
                        {"delivered", each.delivered},
                        {"refusing", each.refusing},
                        {"refused", each.refused},
                        {"dropped", each.expired()},
                        {"failed_tries", each.failed_tries},
                        {"last_error", safe(each.last_error)}});
  const json::object root{
      {"version", version},
      {"host", safe(snapshot.host)},
      {"now", wall_time_of(snapshot.now).unix_ms},
      {"dry_run", snapshot.dry_run},
      {"engine", engine_json(snapshot)},
      {"store", safe(snapshot.store)},
      {"host_status", host_json(snapshot.host_status)},
      {"rules", rules_json(snapshot.rules)},
      {"notifications", {{"pending", snapshot.notifications_pending}, {"channels", std::move(channels)}}}};
  // Workloads are serialized one by one: objects for ten thousand would take tens of megabytes.
  std::string text = json::serialize(root);
  text.back() = ',';
  text += "\"workloads\":[";
  const char* separator = "";
  for (const WorkloadStatus& each : snapshot.workloads) {
    text.append(separator).append(json::serialize(workload_json(each)));
    separator = ",";
  }
  return text += "]}";
}

}  // namespace healer
