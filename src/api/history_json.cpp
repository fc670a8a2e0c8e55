#include "api/history_json.hpp"

#include <utility>

#include <boost/json.hpp>

#include "api/json_text.hpp"
#include "api/status_json.hpp"
#include "present/decision_text.hpp"
#include "present/reason_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

json::object attempt_json(const Attempt& each) {
  return {{"id", each.id.value},
          {"number", each.number},
          {"remedy", to_string(each.remedy)},
          {"detail", safe(each.detail)},
          {"ordered_at", time_or_null(each.ordered_at)},
          {"state", to_string(each.state)},
          {"note", safe(present::note_text(each))},
          {"ended_at", time_or_null(each.ended_at)}};
}

json::object decision_json(const Decision& each) {
  const present::DecisionText text = present::decision_text(each.fact);
  return {{"at", time_or_null(each.at)},
          {"rule", to_string(each.rule)},
          {"inputs", safe(text.inputs)},
          {"outcome", safe(text.outcome)},
          {"incident", each.incident ? json::value(each.incident.value) : json::value(nullptr)}};
}

json::object incident_object(const Incident& each, const std::vector<Attempt>& attempts) {
  json::array tries;
  for (const Attempt& attempt : attempts) tries.push_back(attempt_json(attempt));
  const bool healthy =
      each.outcome == IncidentOutcome::Recovered || each.outcome == IncidentOutcome::RecoveredAlone;
  json::value time_to_heal = nullptr;
  if (healthy && each.closed_at) time_to_heal = (*each.closed_at - each.unhealthy_since).count();
  return {{"id", each.id.value},
          {"workload", safe(each.workload)},
          {"name", safe(each.name)},
          {"image", safe(each.image)},
          {"cause", to_string(each.cause)},
          {"cause_text", safe(present::reason_text(each.reason))},
          {"unhealthy_since", time_or_null(each.unhealthy_since)},
          {"opened_at", time_or_null(each.opened_at)},
          {"closed_at", time_or_null(each.closed_at)},
          {"outcome", to_string(each.outcome)},
          {"time_to_heal_ms", std::move(time_to_heal)},
          {"gave_up", each.gave_up},
          {"acked_at", time_or_null(each.acked_at)},
          {"acked_by", safe(each.acked_by)},
          {"reminders", each.repeats},
          {"attempts", std::move(tries)}};
}

json::object evidence_json(const Evidence& each) {
  return {{"container_id", safe(each.container_id)}, {"taken_at", time_or_null(each.taken_at)},
          {"state", safe_lines(each.state)},         {"health_log", safe_lines(each.health_log)},
          {"logs", safe_lines(each.logs)},           {"processes", safe_lines(each.processes)},
          {"memory", safe_lines(each.memory)},       {"missing", safe(each.missing)}};
}

json::object notification_json(const PastNotification& each) {
  json::array deliveries;
  for (const Delivery& delivery : each.deliveries)
    deliveries.push_back({{"channel", safe(delivery.channel)},
                          {"state", to_string(delivery.state)},
                          {"tries", delivery.tries},
                          {"last_error", safe(delivery.last_error)}});
  return {{"id", each.notification.id.value},
          {"kind", to_string(each.notification.kind)},
          {"event", safe(each.notification.event)},
          {"text", safe(each.notification.text)},
          {"created_at", time_or_null(each.notification.created_at)},
          {"deliveries", std::move(deliveries)}};
}

template <class Items, class Make>
json::array list_of(const Items& items, Make make) {
  json::array list;
  for (const auto& each : items) list.push_back(make(each));
  return list;
}

}  // namespace

std::string history_json(const std::vector<PastIncident>& past, Instant now) {
  const auto one = [](const PastIncident& each) { return incident_object(each.incident, each.attempts); };
  return json::serialize(json::object{{"now", time_or_null(now)}, {"incidents", list_of(past, one)}});
}

std::string incident_json(const IncidentFile& file, Instant now) {
  return json::serialize(json::object{{"now", time_or_null(now)},
                                      {"incident", incident_object(file.incident, file.attempts)},
                                      {"evidence", list_of(file.evidence, evidence_json)},
                                      {"decisions", list_of(file.decisions, decision_json)},
                                      {"notifications", list_of(file.notifications, notification_json)}});
}

std::string explanation_json(const WorkloadExplanation& explanation, const Snapshot& snapshot) {
  const auto fact = [](const Observation& each) {
    return json::object{{"at", time_or_null(each.at)}, {"text", safe(each.text)}};
  };
  json::value decision = nullptr;
  if (explanation.decision) decision = decision_json(*explanation.decision);
  return json::serialize(json::object{{"now", time_or_null(snapshot.now)},
                                      {"dry_run", snapshot.dry_run},
                                      {"workload", workload_json(explanation.status)},
                                      {"facts", list_of(explanation.facts, fact)},
                                      {"decision", std::move(decision)},
                                      {"next", safe(explanation.next)},
                                      {"holds", list_of(explanation.holds, hold_json)},
                                      {"host_status", host_json(snapshot.host_status)}});
}

}  // namespace healer
