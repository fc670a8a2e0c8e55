// Reminders and escalation of an open incident (table in notifications.hpp). HEALING.md 6.
#include <algorithm>

#include "core/notification/notifications.hpp"
#include "core/workload/out.hpp"
#include "core/workload/pause.hpp"

namespace healer {

bool NotificationMachine::may_repeat() const {
  return w_.incident && own_.incident->notified && !w_.incident->acked_at && w_.policy->notify.enabled &&
         w_.lifecycle.presence != Presence::Absent && w_.lifecycle.presence != Presence::Paused &&
         !host_.policy.channels.empty() && !notifications_suppressed(view_);
}

/// The kind of a notification of the open incident now.
NotificationKind NotificationMachine::repeated_kind() const {
  return own_.incident->gave_up ? NotificationKind::Critical : NotificationKind::Degraded;
}

Reminding NotificationMachine::reminder() const {
  Notification as;  // only what routes match: runs in each step of an open incident
  as.kind = repeated_kind();
  as.workload = w_.name;
  as.project = project_of(w_);
  as.route = w_.policy->notify.route;
  return reminding(host_.policy, as, own_.incident->escalations, clock());
}

std::optional<Instant> NotificationMachine::reminder_due(const Reminding& reminder) const {
  if (reminder.every == Duration{0}) return std::nullopt;
  return own_.incident->notified_at.value_or(w_.incident->opened_at) + reminder.every;
}

std::optional<Instant> NotificationMachine::repeat_deadline() const {
  if (!may_repeat()) return std::nullopt;
  std::optional<Instant> next = reminder_due(reminder());
  for (const Escalation& each : own_.incident->escalations)
    if (!each.done && (!next || each.due < *next)) next = each.due;
  return next;
}

void NotificationMachine::repeats_due() {
  if (!may_repeat()) return;
  for (std::size_t i = 0; i < own_.incident->escalations.size(); ++i)  // by index: escalate() may append
    if (Escalation& each = own_.incident->escalations[i]; !each.done && now_ >= each.due) {
      each.done = true;
      escalate(each.route);
    }
  const Reminding again = reminder();
  if (const auto due = reminder_due(again); due && now_ >= *due) {
    out_.log(LogLevel::Info, fact::Reminded{});
    repeat(Repeated::Reminder, again.destinations);
  }
}

void NotificationMachine::escalate(const std::string& name) {
  const NotificationRoute* route = route_named(host_.policy, name);
  if (route == nullptr) {
    out_.log(LogLevel::Warning, fact::RouteGone{name});
    out_.report(finding::IncidentChanged{});
    return;
  }
  const NotificationKind kind = repeated_kind();
  out_.log(LogLevel::Warning, fact::Escalated{name});
  out_.decide(Rule::Escalated, fact::Escalated{name});
  const auto destinations = escalated_to(host_.policy, name, kind, clock());
  plan_escalation(*route, destinations);
  repeat(Repeated::Escalation, destinations);
}

void NotificationMachine::plan_escalation(const NotificationRoute& route,
                                          const std::vector<Destination>& destinations) {
  if (route.escalate_to.empty() || route.escalate_after <= Duration{0}) return;
  auto& planned = own_.incident->escalations;
  const bool known = std::any_of(planned.begin(), planned.end(),
                                 [&](const Escalation& each) { return each.route == route.escalate_to; });
  if (known) return;
  Instant from = now_;  // when its channels may get the notification
  for (const Destination& each : destinations)
    if (std::find(route.channels.begin(), route.channels.end(), each.channel) != route.channels.end())
      from = std::max(from, each.not_before);
  planned.push_back({route.escalate_to, from + route.escalate_after, false});
}

void NotificationMachine::repeat(Repeated what, const std::vector<Destination>& destinations) {
  const bool escalation = what == Repeated::Escalation;
  go(escalation ? NotifiedTable::Input::Escalation : NotifiedTable::Input::Reminder, own_.state());
  notice::Repeated repeated;
  repeated.reason = w_.incident->reason;
  repeated.escalation = escalation;
  repeated.unhealthy_for = now_ - w_.incident->unhealthy_since;
  repeated.gave_up = own_.incident->gave_up;
  repeated.next_kind = wanted_remedy(view_);
  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) repeated.hold = planned->hold;
  repeated.advice = w_.container.advice;
  Notification notification = draft({repeated_kind(), incident_key(), {}});
  notification.id = NotificationId{++out_.ids().notification};
  notification.repeat = ++own_.incident->repeats;
  out_.add(Count{CountNotificationRepeat{notification.kind, repeated.escalation}});
  note_notified(destinations);
  out_.add(SendNotification{std::move(notification), std::move(repeated), w_.incident->reason, destinations});
  out_.report(finding::IncidentChanged{});
}

/// These channels get the end of the incident, too; the next reminder counts from now or from not_before.
void NotificationMachine::note_notified(const std::vector<Destination>& destinations) {
  NotifiedIncident& incident = *own_.incident;
  incident.notified_at = now_;
  for (const Destination& each : destinations) {
    incident.notified_at = std::max(*incident.notified_at, each.not_before);
    if (std::find(incident.notified_channels.begin(), incident.notified_channels.end(), each.channel) ==
        incident.notified_channels.end())
      incident.notified_channels.push_back(each.channel);
  }
}

}  // namespace healer
