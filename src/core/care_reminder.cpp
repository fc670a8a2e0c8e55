// An open incident is told again until somebody acknowledges it. HEALING.md 6.
//
//   incident     | input                                   | next         | what is done
//   -------------+-----------------------------------------+--------------+---------------------------------
//   told         | remind_every since it was told last     | told         | a reminder to whom routes remind
//   told         | escalate_after since a route had it     | told         | the next route is told, once
//   told         | `healer ack`                            | acknowledged | neither from now on
//   acknowledged | its first critical alert: it got worse  | told         | both from now on
//   any          | closed                                  | (none)       | its end goes to all that knew
//
// What quiet hours hold counts from their end: nobody can acknowledge what is not told yet. While people are
// not told of the workload at all (a pause, a mass failure), and while it is frozen, neither is due.
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/care.hpp"

namespace healer {

bool Care::may_repeat() const {
  return w_.incident && w_.incident->announced && !w_.incident->acked_at && w_.policy->alerts &&
         w_.presence != Presence::Absent && w_.presence != Presence::Paused &&
         !world_.policy.channels.empty() && !silenced();
}

/// What an alert of the open incident would be now.
AlertKind Care::repeated_kind() const {
  return w_.incident->gave_up ? AlertKind::Critical : AlertKind::Degraded;
}

Reminding Care::reminder() const {
  Alert as;  // no more than routes ask: this is looked at in each step of one that is ill
  as.kind = repeated_kind();
  as.workload = w_.name;
  as.project = project_of(w_);
  as.route = w_.policy->alert_route;
  return reminding(world_.policy, as, w_.incident->escalations, alert_clock());
}

std::optional<Instant> Care::reminder_due(const Reminding& reminder) const {
  if (reminder.every == Duration{0}) return std::nullopt;
  return w_.incident->told_at.value_or(w_.incident->opened_at) + reminder.every;
}

std::optional<Instant> Care::repeat_deadline() const {
  if (!may_repeat()) return std::nullopt;
  std::optional<Instant> next = reminder_due(reminder());
  for (const Escalation& each : w_.incident->escalations)
    if (!each.done && (!next || each.due < *next)) next = each.due;
  return next;
}

void Care::repeats_due() {
  if (!may_repeat()) return;
  for (std::size_t i = 0; i < w_.incident->escalations.size(); ++i)  // one may lead to the next
    if (Escalation& each = w_.incident->escalations[i]; !each.done && now_ >= each.due) {
      each.done = true;
      escalate(each.route);
    }
  const Reminding again = reminder();
  if (const auto due = reminder_due(again); due && now_ >= *due) {
    log(LogLevel::Info, fmt::format("{} — still ill, and nobody has acknowledged it: a reminder", w_.name));
    repeat("STILL ILL", "", again.destinations, false);
  }
}

void Care::escalate(const std::string& name) {
  const AlertRoute* route = route_named(world_.policy, name);
  if (route == nullptr) {
    log(LogLevel::Warning, fmt::format("{} — there is no route '{}' any more to escalate to", w_.name, name));
    save_incident();
    return;
  }
  const AlertKind kind = repeated_kind();
  const std::string outcome = fmt::format("nobody has acknowledged it: route {} is told", name);
  log(LogLevel::Warning, fmt::format("{} — {}", w_.name, outcome));
  decide(Rule::Escalated, outcome, fmt::format("route={}", name));
  const auto destinations = escalated_to(world_.policy, name, kind, alert_clock());
  plan_escalation(*route, destinations);
  repeat("ESCALATED", "Nobody has acknowledged it. ", destinations, true);
}

void Care::plan_escalation(const AlertRoute& route, const std::vector<Destination>& destinations) {
  if (route.escalate_to.empty() || route.escalate_after <= Duration{0}) return;
  auto& planned = w_.incident->escalations;
  const bool known = std::any_of(planned.begin(), planned.end(),
                                 [&](const Escalation& each) { return each.route == route.escalate_to; });
  if (known) return;
  Instant from = now_;  // when its channels may have it
  for (const Destination& each : destinations)
    if (std::find(route.channels.begin(), route.channels.end(), each.channel) != route.channels.end())
      from = std::max(from, each.not_before);
  planned.push_back({route.escalate_to, from + route.escalate_after, false});
}

void Care::repeat(const char* event, const char* preface, const std::vector<Destination>& destinations,
                  bool escalation) {
  Incident& incident = *w_.incident;
  Alert alert = draft(repeated_kind(), event, {}, incident_key());
  const auto ill_for = std::chrono::duration_cast<std::chrono::seconds>(now_ - incident.ill_since);
  std::string state = incident.gave_up ? "healer has given up on it." : "It is being healed.";
  if (const auto* planned = std::get_if<Planned>(&w_.remedy); planned && planned->hold)
    state = fmt::format("It is left alone for now: {}.", planned->hold->text);
  else if (!incident.gave_up && wanted_remedy() == RemedyKind::None)
    state = planned_text();
  alert.text = fmt::format("{} is still ill, {} after it fell ill: {}. {}{}", w_.name,
                           format_duration(ill_for), incident.cause_text, preface, state);
  alert.advice = fmt::format("Look at `docker logs {0}`. `healer ack {0}` ends the reminders.", w_.name);
  alert.id = AlertId{++world_.last_alert};
  alert.repeat = ++incident.repeats;
  out_.push_back(Count{CountAlertRepeat{alert.kind, escalation}});
  note_told(destinations);
  out_.push_back(RaiseAlert{std::move(alert), destinations});
  save_incident();
}

/// Whoever has an alert of the incident is told of its end; reminders count from the newest.
void Care::note_told(const std::vector<Destination>& destinations) {
  Incident& incident = *w_.incident;
  incident.told_at = now_;
  for (const Destination& each : destinations) {
    incident.told_at = std::max(*incident.told_at, each.not_before);
    if (std::find(incident.told.begin(), incident.told.end(), each.channel) == incident.told.end())
      incident.told.push_back(each.channel);
  }
}

void Care::operator_ack(const std::string& by) {
  if (!w_.incident) return;
  Incident& incident = *w_.incident;
  incident.acked_at = now_;
  incident.acked_by = by;
  std::erase_if(incident.escalations, [](const Escalation& each) { return !each.done; });
  const std::string text = by.empty() ? "acknowledged by an operator" : "acknowledged by " + by;
  log(LogLevel::Info, fmt::format("{} — {}: no reminders, no escalation", w_.name, text));
  decide(Rule::ByOperator, text + ": no reminders, no escalation");
  save_incident();
}

}  // namespace healer
