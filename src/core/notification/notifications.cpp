// When which notification is sent, and its text. HEALING.md 6.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// Whole seconds from 10 s on.
std::string rounded(Duration duration) {
  if (duration < Duration{10s}) return format_duration(std::max(Duration{0}, duration));
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string times(unsigned count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string WorkloadController::incident_key() const {
  // At most 255 bytes (PagerDuty); the incident's number alone makes it unique on this host.
  return fmt::format("healer/{:.60}/{:.120}/{}", host_state_.policy.host_name, w_.key,
                     w_.incident ? w_.incident->id.value : 0);
}

std::string WorkloadController::planned_text() const {
  return traits_of(wanted_remedy()).sentence;
}

/// The first notification of an incident is sent with its first order, because the evidence is saved by then,
/// or as soon as that order has to wait or no order follows.
bool WorkloadController::to_be_notified() const {
  return w_.incident && !w_.incident->notified && w_.notifications.unnotified_incidents == 0 &&
         !notifications_suppressed();
}

void WorkloadController::notify_if_due() {
  if (!to_be_notified()) return;
  const auto* planned = std::get_if<Planned>(&w_.remediation.phase);
  const bool at_once = std::holds_alternative<Gathering>(w_.remediation.phase) ||
                       std::holds_alternative<Checking>(w_.remediation.phase) ||
                       (planned && !planned->hold && planned->due <= now_);
  // A new verdict is awaited: the workload may be healthy already.
  const bool awaited = w_.lifecycle.presence == Presence::Running &&
                       w_.health.tracker.state() != Tracker::State::Unhealthy &&
                       w_.incident->cause != IncidentCause::CrashLoop && !w_.remediation.network_loss &&
                       !w_.health.alert_firing && !w_.remediation.forced;
  if (at_once || awaited) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && !w_.incident->gave_up)
    notify_crash_loop();
  else
    notify_degraded();
  save_incident();
}

void WorkloadController::notify_degraded() {
  w_.incident->notified = true;
  w_.notifications.last_notified = now_;
  w_.dirty = true;
  std::string then = planned_text();
  std::string advice;
  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) {
    if (planned->hold)
      then = fmt::format("It is left alone for now: {}.", planned->hold->text);
    else if (planned->due > now_)
      then = fmt::format("Next is {}, in {}.", to_string(wanted_remedy()), rounded(planned->due - now_));
  }
  if (wanted_remedy() == RemedyKind::None ||
      w_.remediation.ineffective_restarts >= ineffective_restarts_enough)
    advice = look_at_logs();
  if (w_.remediation.ineffective_restarts >= ineffective_restarts_enough)
    then += fmt::format(" The last {} restarts did not help.", w_.remediation.ineffective_restarts);
  notify(NotificationKind::Degraded, "DEGRADED",
         fmt::format("{} is unhealthy: {}. {}", w_.name, w_.incident->cause_text, then), incident_key(),
         advice);
}

/// The engine did not execute the last remedy: operators need not search the workload for that cause.
std::string WorkloadController::refusal_text() const {
  return w_.remediation.refusal ? " " + *w_.remediation.refusal : std::string();
}

std::string WorkloadController::look_at_logs() const {
  const std::string& command = w_.container.advice.logs;
  return command.empty() ? "Look at its logs." : fmt::format("Look at `{}`.", command);
}

/// Advice in notifications that call an operator.
std::string WorkloadController::log_advice() const {
  return fmt::format("{} Then `healer reset {}`.", look_at_logs(), w_.name);
}

void WorkloadController::notify_gave_up() {
  if (notifications_paused()) return;  // notified after the pause, if it is still true
  w_.incident->gave_up = true;
  w_.incident->notified = true;
  w_.notifications.last_notified = now_;
  w_.notifications.unnotified_incidents = 0;
  w_.notifications.unnotified_attempts = 0;
  w_.dirty = true;
  log(LogLevel::Error,
      fmt::format("{} — GAVE UP: {} in {} did not help; no more until {} from now, or `healer reset {}`",
                  w_.name, times(w_.policy->budget_attempts, "attempt"),
                  format_duration(w_.policy->budget_window), rounded(w_.remediation.breaker.until() - now_),
                  w_.name));
  decide(Rule::GaveUp, fmt::format("no attempt for {}", rounded(w_.remediation.breaker.until() - now_)),
         fmt::format("budget={}/{}", w_.policy->budget_attempts, format_duration(w_.policy->budget_window)));
  notify(NotificationKind::Critical, "GAVE UP",
         fmt::format(
             "{} is still unhealthy after {} in {}: {}.{} healer stops trying for {}; an operator is needed.",
             w_.name, times(w_.policy->budget_attempts, "attempt"), format_duration(w_.policy->budget_window),
             failure_text(), refusal_text(), rounded(w_.remediation.breaker.until() - now_)),
         incident_key(), log_advice());
  save_incident();
}

/// The ladder has no step left, or its last step is `none`.
void WorkloadController::notify_ladder_end() {
  if (w_.incident->gave_up || notifications_paused()) return;
  w_.incident->gave_up = true;
  w_.incident->notified = true;
  w_.notifications.last_notified = now_;
  w_.notifications.unnotified_incidents = 0;
  w_.notifications.unnotified_attempts = 0;
  w_.dirty = true;
  const std::string text =
      w_.incident->attempts > 0
          ? fmt::format("every step of its ladder was tried ({})", times(w_.incident->attempts, "attempt"))
          : fmt::format("the last {} restarts did not help, and its ladder has no other step",
                        w_.remediation.ineffective_restarts);
  log(LogLevel::Error, fmt::format("{} — GAVE UP: {}", w_.name, text));
  decide(Rule::GaveUp, text, fmt::format("step={}", w_.incident->ladder_step));
  notify(NotificationKind::Critical, "GAVE UP",
         fmt::format("{} is still unhealthy: {}; {}.{} An operator is needed.", w_.name, failure_text(), text,
                     refusal_text()),
         incident_key(), log_advice());
  save_incident();
}

void WorkloadController::notify_crash_loop() {
  if (notifications_suppressed()) return;
  w_.incident->notified = true;
  w_.incident->gave_up = true;
  w_.notifications.last_notified = now_;
  w_.dirty = true;
  notify(
      NotificationKind::Critical, "CRASH LOOP",
      fmt::format("{} keeps exiting: {}. The engine's restart policy restarts it each time, which does not "
                  "help; an operator is needed.",
                  w_.name, w_.incident->cause_text),
      incident_key(), look_at_logs());
}

void WorkloadController::notify_summary() {
  const std::string what = fmt::format("{} became unhealthy {} and was restarted {} in {}", w_.name,
                                       times(w_.notifications.unnotified_incidents, "time"),
                                       times(w_.notifications.unnotified_attempts, "time"),
                                       rounded(now_ - w_.notifications.unnotified_since));
  w_.notifications.unnotified_incidents = 0;
  w_.notifications.unnotified_attempts = 0;
  w_.notifications.last_notified = now_;
  w_.dirty = true;
  if (w_.incident && !w_.incident->notified) {
    w_.incident->notified = true;
    notify(NotificationKind::Degraded, "DEGRADED",
           fmt::format("{}; it is still unhealthy: {}.", what, failure_text()), incident_key());
    save_incident();
  } else {
    notify(NotificationKind::Info, "SUMMARY", what + "; it is healthy now.",
           fmt::format("healer/{:.60}/{:.120}/summary/{}", host_state_.policy.host_name, w_.key,
                       now_.time_since_epoch().count()));
  }
}

void WorkloadController::notify_unknown() {
  const Verdict& verdict = w_.health.last_verdict;
  log(LogLevel::Warning, fmt::format("{} — could not be checked {} times in a row: {}", w_.name,
                                     w_.health.unknown_streak, verdict.text));
  notify(NotificationKind::Info, "UNKNOWN",
         fmt::format(
             "{} could not be checked {} times in a row: {}. Its health is unknown, and it gets no remedy.",
             w_.name, w_.health.unknown_streak, verdict.text),
         unknown_key());
}

void WorkloadController::notify_known_again(const char* how) {
  log(LogLevel::Info, fmt::format("{} — {}", w_.name, how));
  notify(NotificationKind::Recovered, "KNOWN AGAIN",
         fmt::format("{} could not be checked for {}; {}.", w_.name, rounded(now_ - *w_.health.unknown_since),
                     how),
         unknown_key());
}

std::string WorkloadController::unknown_key() const {
  return fmt::format("healer/{:.60}/{:.120}/unknown/{}", host_state_.policy.host_name, w_.key,
                     w_.health.unknown_since->time_since_epoch().count());
}

Notification WorkloadController::draft(NotificationKind kind, const char* event, std::string text,
                                       const std::string& dedup_key) const {
  Notification notification;
  notification.kind = kind;
  notification.dedup_key = dedup_key;
  notification.event = event;
  notification.text = std::move(text);
  notification.host = host_state_.policy.host_name;
  notification.workload = w_.name;
  notification.image = w_.container.image;
  notification.cause = w_.incident ? w_.incident->cause_text : failure_text();
  notification.attempt = w_.incident ? w_.incident->attempts : 0;
  notification.attempts_allowed = w_.policy->budget_attempts;
  notification.excerpt = w_.remediation.excerpt;
  notification.created_at = now_;
  notification.project = project_of(w_);
  notification.route = w_.policy->notification_route;
  if (w_.incident && dedup_key == incident_key()) {
    notification.incident = w_.incident->id;
    notification.unhealthy_since = w_.incident->unhealthy_since;
  }
  notification.link = link_of(routing_of(host_state_.policy).link, notification);
  return notification;
}

void WorkloadController::notify(NotificationKind kind, const char* event, std::string text,
                                const std::string& dedup_key, std::string advice) {
  if (!w_.policy->notifications) return;
  Notification notification = draft(kind, event, std::move(text), dedup_key);
  notification.id = NotificationId{++host_state_.last_notification};
  notification.advice = std::move(advice);
  Following follows;
  follows.trigger = kind;
  if (notification.incident) {
    const Incident& incident = *w_.incident;
    follows.ends = incident.closed_at.has_value();
    follows.called = incident.gave_up;
    follows.notified_channels = incident.notified_channels;
    if (kind == NotificationKind::Recovered)
      follows.trigger = incident.gave_up ? NotificationKind::Critical : NotificationKind::Degraded;
  } else if (kind == NotificationKind::Recovered) {
    follows.trigger = NotificationKind::Info;  // ends notify_unknown()
  }
  const Routed routed = route_notification(host_state_.policy, notification, follows, notification_clock());
  if (notification.incident) {
    if (kind == NotificationKind::Critical) {  // it is worse than what was acknowledged
      w_.incident->acked_at.reset();
      w_.incident->acked_by.clear();
    }
    note_notified(routed.destinations);
    if (!follows.ends && !w_.incident->acked_at)
      for (const NotificationRoute* route : routed.routes) plan_escalation(*route, routed.destinations);
  }
  out_.push_back(SendNotification{std::move(notification), routed.destinations});
}

}  // namespace healer
