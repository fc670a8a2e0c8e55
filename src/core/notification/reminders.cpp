#include "core/notification/reminders.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/notification/draft.hpp"
#include "core/notification/notifications.hpp"
#include "core/workload/out.hpp"
#include "core/workload/pause.hpp"

namespace healer {

namespace {

/// The kind of a notification of the open incident now.
NotificationKind repeated_kind(const Notifications& own) {
  return own.incident->gave_up ? NotificationKind::Critical : NotificationKind::Degraded;
}

}  // namespace

bool Reminders::may_repeat() const {
  const Workload& w = view_.workload;
  return w.incident && own_.incident->notified && !w.incident->acked_at && w.policy->notify.enabled &&
         w.lifecycle.presence != Presence::Absent && w.lifecycle.presence != Presence::Paused &&
         !view_.host.policy.channels.empty() && !notifications_suppressed(view_);
}

Reminding Reminders::reminder() const {
  const Workload& w = view_.workload;
  Notification as;  // only what routes match: runs in each step of an open incident
  as.kind = repeated_kind(own_);
  as.workload = w.name;
  as.project = project_of(w);
  as.route = w.policy->notify.route;
  return reminding(view_.host.policy, as, own_.incident->escalations, clock_of(view_));
}

std::optional<Instant> Reminders::reminder_due(const Reminding& reminder) const {
  if (reminder.every == Duration{0}) return std::nullopt;
  return own_.incident->notified_at.value_or(view_.workload.incident->opened_at) + reminder.every;
}

std::optional<Instant> Reminders::deadline() const {
  if (!may_repeat()) return std::nullopt;
  std::optional<Instant> next = reminder_due(reminder());
  for (const Escalation& each : own_.incident->escalations)
    if (!each.done && (!next || each.due < *next)) next = each.due;
  return next;
}

void Reminders::due() {
  if (!may_repeat()) return;
  for (std::size_t i = 0; i < own_.incident->escalations.size(); ++i)  // by index: escalate() may append
    if (Escalation& each = own_.incident->escalations[i]; !each.done && view_.now >= each.due) {
      each.done = true;
      escalate(each.route);
    }
  const Reminding again = reminder();
  if (const auto due = reminder_due(again); due && view_.now >= *due) {
    out_.log(LogLevel::Info, fact::Reminded{});
    repeat(Repeated::Reminder, again.destinations);
  }
}

void Reminders::escalate(const std::string& name) {
  const NotificationRoute* route = route_named(view_.host.policy, name);
  if (route == nullptr) {
    out_.log(LogLevel::Warning, fact::RouteGone{name});
    out_.report(finding::IncidentChanged{});
    return;
  }
  const NotificationKind kind = repeated_kind(own_);
  out_.log(LogLevel::Warning, fact::Escalated{name});
  out_.decide(Rule::Escalated, fact::Escalated{name});
  const auto destinations = escalated_to(view_.host.policy, name, kind, clock_of(view_));
  plan_escalation(*route, destinations);
  repeat(Repeated::Escalation, destinations);
}

void Reminders::plan_escalation(const NotificationRoute& route,
                                const std::vector<Destination>& destinations) {
  if (route.escalate_to.empty() || route.escalate_after <= Duration{0}) return;
  auto& planned = own_.incident->escalations;
  const bool known = std::any_of(planned.begin(), planned.end(),
                                 [&](const Escalation& each) { return each.route == route.escalate_to; });
  if (known) return;
  Instant from = view_.now;  // when its channels may get the notification
  for (const Destination& each : destinations)
    if (std::find(route.channels.begin(), route.channels.end(), each.channel) != route.channels.end())
      from = std::max(from, each.not_before);
  planned.push_back({route.escalate_to, from + route.escalate_after, false});
}

void Reminders::repeat(Repeated what, const std::vector<Destination>& destinations) {
  const bool escalation = what == Repeated::Escalation;
  own_.go(escalation ? NotifiedTable::Input::Escalation : NotifiedTable::Input::Reminder, own_.state(), out_);
  notice::Repeated repeated;
  repeated.reason = view_.workload.incident->reason;
  repeated.escalation = escalation;
  repeated.unhealthy_for = view_.now - view_.workload.incident->unhealthy_since;
  repeated.gave_up = own_.incident->gave_up;
  repeated.next_kind = wanted_remedy(view_);
  if (const auto* planned = std::get_if<Planned>(&view_.workload.remediation.phase))
    repeated.hold = planned->hold;
  repeated.advice = view_.workload.container.advice;
  Notification notification = draft(view_, repeated_kind(own_), incident_key(view_));
  notification.id = NotificationId{++out_.ids().notification};
  notification.repeat = ++own_.incident->repeats;
  out_.add(Count{CountNotificationRepeat{notification.kind, repeated.escalation}});
  notified(destinations);
  out_.add(SendNotification{std::move(notification), std::move(repeated), view_.workload.incident->reason,
                            destinations});
  out_.report(finding::IncidentChanged{});
}

void Reminders::notified(const std::vector<Destination>& destinations) {
  NotifiedIncident& incident = *own_.incident;
  incident.notified_at = view_.now;
  for (const Destination& each : destinations) {
    incident.notified_at = std::max(*incident.notified_at, each.not_before);
    if (std::find(incident.notified_channels.begin(), incident.notified_channels.end(), each.channel) ==
        incident.notified_channels.end())
      incident.notified_channels.push_back(each.channel);
  }
}

}  // namespace healer
