#include "api/status_json.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/version.hpp"

namespace healer {
namespace {

namespace json = boost::json;

json::value time_or_null(const std::optional<Instant>& at) {
  if (!at) return nullptr;
  return wall_time_of(*at).unix_ms;
}

// Texts come from containers and people: JSON wants them as valid UTF-8.
json::string safe(const std::string& text) {
  return json::string(printable(text));
}

json::object workload_json(const WorkloadStatus& each) {
  json::array problems;
  for (const LabelProblem& problem : each.problems)
    problems.push_back(
        {{"label", safe(problem.label)}, {"value", safe(problem.value)}, {"message", safe(problem.message)}});
  return {{"name", safe(each.name)},
          {"key", safe(each.key)},
          {"container_id", safe(each.container_id)},
          {"image", safe(each.image)},
          {"condition", to_string(each.condition)},
          {"probe", safe(each.probe)},
          {"reason", safe(each.reason)},
          {"failures", each.failures},
          {"failure_threshold", each.failure_threshold},
          {"attempts_in_window", each.attempts_in_window},
          {"budget", each.budget},
          {"breaker", to_string(each.breaker)},
          {"running_since", time_or_null(each.running_since)},
          {"last_check", time_or_null(each.last_check)},
          {"last_duration_ms", static_cast<double>(each.last_duration.count()) / 1000},
          {"next_action", time_or_null(each.next_action)},
          {"incident", each.incident ? json::value(each.incident->value) : json::value(nullptr)},
          {"restarts", each.restarts},
          {"problems", std::move(problems)}};
}

}  // namespace

std::string status_json(const Snapshot& snapshot) {
  json::array channels;
  for (const ChannelStatus& each : snapshot.channels)
    channels.push_back({{"name", safe(each.name)},
                        {"configured", each.configured},
                        {"pending", each.pending},
                        {"last_error", safe(each.last_error)}});
  const json::object root{
      {"version", version},
      {"host", safe(snapshot.host)},
      {"now", wall_time_of(snapshot.now).unix_ms},
      {"dry_run", snapshot.dry_run},
      {"engine", {{"up", snapshot.engine_up}, {"description", safe(snapshot.engine_description)}}},
      {"store", safe(snapshot.store)},
      {"alerts", {{"pending", snapshot.alerts_pending}, {"channels", std::move(channels)}}}};
  // The workloads one by one: ten thousand at a time would take tens of megabytes as objects.
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
