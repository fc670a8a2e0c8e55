#include "core/notification/notifications.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/earliest.hpp"
#include "core/notification/text.hpp"
#include "core/workload/out.hpp"
#include "core/workload/pause.hpp"

namespace healer {

NotificationMachine::NotificationMachine(Notifications& own, const View& view, Out& out)
    : own_(own), w_(view.workload), host_(view.host), now_(view.now), out_(out) {}

NotificationClock NotificationMachine::clock() const {
  return {now_, host_.wall_ahead};
}

std::string NotificationMachine::incident_key() const {
  // At most 255 bytes (PagerDuty); the incident's number alone makes it unique on this host.
  return fmt::format("healer/{:.60}/{:.120}/{}", host_.policy.host_name, w_.key,
                     w_.incident ? w_.incident->id.value : 0);
}

std::string NotificationMachine::planned_text() const {
  return traits_of(wanted_remedy({w_, host_, now_})).sentence;
}

/// The first notification of an incident is sent with its first order, because the evidence is saved by then,
/// or as soon as that order has to wait or no order follows.
bool NotificationMachine::to_be_notified() const {
  return w_.incident && !own_.incident->notified && own_.unnotified_incidents == 0 &&
         !notifications_suppressed({w_, host_, now_});
}

void NotificationMachine::first_due() {
  if (!to_be_notified()) return;
  const auto* planned = std::get_if<Planned>(&w_.remediation.phase);
  const bool at_once = std::holds_alternative<Gathering>(w_.remediation.phase) ||
                       std::holds_alternative<Checking>(w_.remediation.phase) ||
                       (planned && !planned->hold && planned->due <= now_);
  // A new verdict is awaited: the workload may be healthy already.
  const bool awaited = w_.lifecycle.presence == Presence::Running && !w_.health.unhealthy() &&
                       w_.incident->cause != IncidentCause::CrashLoop && !w_.health.network_loss &&
                       !w_.health.alert_firing && !w_.remediation.forced;
  if (at_once || awaited) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && !own_.incident->gave_up)
    notify_crash_loop();
  else
    notify_degraded();
  out_.report(finding::IncidentChanged{});
}

void NotificationMachine::notify_degraded() {
  own_.incident->notified = true;
  own_.last_notified = now_;
  out_.record_changed();
  const RemedyKind wanted = wanted_remedy({w_, host_, now_});
  const unsigned ineffective = w_.remediation.ineffective_restarts;
  std::string then = planned_text();
  std::string advice;
  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) {
    if (planned->hold)
      then = fmt::format("It is left alone for now: {}.", planned->hold->text);
    else if (planned->due > now_)
      then = fmt::format("Next is {}, in {}.", to_string(wanted), rounded(planned->due - now_));
  }
  if (wanted == RemedyKind::None || ineffective >= ineffective_restarts_enough) advice = look_at_logs();
  if (ineffective >= ineffective_restarts_enough)
    then += fmt::format(" The last {} restarts did not help.", ineffective);
  notify({NotificationKind::Degraded, "DEGRADED",
          fmt::format("{} is unhealthy: {}. {}", w_.name, w_.incident->cause_text, then), incident_key(),
          advice});
}

/// The engine did not execute the last remedy: operators need not search the workload for that cause.
std::string NotificationMachine::refusal_text() const {
  return w_.remediation.refusal ? " " + *w_.remediation.refusal : std::string();
}

std::string NotificationMachine::look_at_logs() const {
  const std::string& command = w_.container.advice.logs;
  return command.empty() ? "Look at its logs." : fmt::format("Look at `{}`.", command);
}

/// Advice in notifications that call an operator.
std::string NotificationMachine::log_advice() const {
  return fmt::format("{} Then `healer reset {}`.", look_at_logs(), w_.name);
}

void NotificationMachine::give_up() {
  own_.incident->gave_up = true;
  own_.incident->notified = true;
  own_.last_notified = now_;
  own_.unnotified_incidents = 0;
  own_.unnotified_attempts = 0;
  out_.record_changed();
}

void NotificationMachine::budget_used_up() {
  if (notifications_paused({w_, host_, now_})) return;  // notified after the pause, if it is still true
  give_up();
  const std::string attempts = times(w_.policy->budget_attempts, "attempt");
  const std::string window = format_duration(w_.policy->budget_window);
  const std::string wait = rounded(w_.remediation.breaker.until() - now_);
  out_.log(LogLevel::Error,
           fmt::format("{} — GAVE UP: {} in {} did not help; no more until {} from now, or `healer reset {}`",
                       w_.name, attempts, window, wait, w_.name));
  out_.decide(Rule::GaveUp, "no attempt for " + wait,
              fmt::format("budget={}/{}", w_.policy->budget_attempts, window));
  notify(
      {NotificationKind::Critical, "GAVE UP",
       fmt::format("{} is still unhealthy after {} in {}: {}.{} healer stops trying for {}; an operator is "
                   "needed.",
                   w_.name, attempts, window, w_.health.failure_text(), refusal_text(), wait),
       incident_key(), log_advice()});
  out_.report(finding::IncidentChanged{});
}

/// The ladder has no step left, or its last step is `none`.
void NotificationMachine::ladder_ended() {
  if (notifications_paused({w_, host_, now_})) return;
  give_up();
  const std::string text =
      w_.remediation.attempts > 0
          ? fmt::format("every step of its ladder was tried ({})", times(w_.remediation.attempts, "attempt"))
          : fmt::format("the last {} restarts did not help, and its ladder has no other step",
                        w_.remediation.ineffective_restarts);
  out_.log(LogLevel::Error, fmt::format("{} — GAVE UP: {}", w_.name, text));
  out_.decide(Rule::GaveUp, text, fmt::format("step={}", w_.remediation.ladder_step));
  notify({NotificationKind::Critical, "GAVE UP",
          fmt::format("{} is still unhealthy: {}; {}.{} An operator is needed.", w_.name,
                      w_.health.failure_text(), text, refusal_text()),
          incident_key(), log_advice()});
  out_.report(finding::IncidentChanged{});
}

void NotificationMachine::notify_crash_loop() {
  if (notifications_suppressed({w_, host_, now_})) return;
  own_.incident->notified = true;
  own_.incident->gave_up = true;
  own_.last_notified = now_;
  out_.record_changed();
  notify({NotificationKind::Critical, "CRASH LOOP",
          fmt::format("{} keeps exiting: {}. The engine's restart policy restarts it each time, which does "
                      "not help; an operator is needed.",
                      w_.name, w_.incident->cause_text),
          incident_key(), look_at_logs()});
}

void NotificationMachine::incident_opened(IncidentCause cause) {
  own_.incident = NotifiedIncident{};
  if (cause == IncidentCause::CrashLoop) {
    notify_crash_loop();
  } else if (cause != IncidentCause::ByOperator && own_.last_notified != Instant{} &&
             now_ - own_.last_notified < w_.policy->notification_cooldown) {
    // Within the cooldown: what happens until its end is notified as one summary.
    if (own_.unnotified_incidents++ == 0) own_.unnotified_since = now_;
    out_.record_changed();
  }  // else notified with the order, or as soon as the order has to wait: first_due()
}

void NotificationMachine::attempt_began() {
  if (!own_.incident->notified && own_.unnotified_incidents > 0) ++own_.unnotified_attempts;
  if (to_be_notified()) notify_degraded();
}

void NotificationMachine::incident_closed(IncidentOutcome outcome, const std::string& why) {
  if (outcome == IncidentOutcome::StoppedByHealer) {
    const std::string& start = w_.container.advice.start;
    // One critical notification per incident: this one is info if healer gave up before.
    notify(
        {own_.incident->gave_up ? NotificationKind::Info : NotificationKind::Critical, "STOPPED",
         fmt::format("{} was unhealthy ({}) and is stopped now: {}.", w_.name, w_.incident->cause_text, why),
         incident_key(),
         look_at_logs() + (start.empty() ? "" : fmt::format(" `{}` starts it again.", start))});
    return;
  }
  if (!own_.incident->notified) return;
  const std::string lasted = rounded(now_ - w_.incident->unhealthy_since);
  const bool healthy = outcome == IncidentOutcome::Recovered || outcome == IncidentOutcome::RecoveredAlone;
  std::string text;
  if (outcome == IncidentOutcome::Recovered)
    text = fmt::format("{} is healthy again after {}, {} after it became unhealthy.", w_.name,
                       times(w_.remediation.attempts, "remedy attempt"), lasted);
  else if (outcome == IncidentOutcome::RecoveredAlone)
    text = fmt::format("{} is healthy again by itself, {} after it became unhealthy.", w_.name, lasted);
  else
    text = fmt::format("The incident of {} is closed: {}.", w_.name, why);
  notify({healthy ? NotificationKind::Recovered : NotificationKind::Info, healthy ? "RECOVERED" : "CLOSED",
          text, incident_key()});
}

void NotificationMachine::incident_released() {
  own_.incident.reset();
  own_.excerpt.clear();
}

void NotificationMachine::acknowledged() {
  std::erase_if(own_.incident->escalations, [](const Escalation& each) { return !each.done; });
}

void NotificationMachine::evidence_captured(const std::string& excerpt) {
  own_.excerpt = excerpt;
}

void NotificationMachine::reset() {
  if (own_.incident) own_.incident->gave_up = false;
}

void NotificationMachine::summary_due() {
  if (own_.unnotified_incidents == 0 || now_ < own_.last_notified + w_.policy->notification_cooldown ||
      notifications_suppressed({w_, host_, now_}))
    return;
  const std::string what = fmt::format(
      "{} became unhealthy {} and was restarted {} in {}", w_.name, times(own_.unnotified_incidents, "time"),
      times(own_.unnotified_attempts, "time"), rounded(now_ - own_.unnotified_since));
  own_.unnotified_incidents = 0;
  own_.unnotified_attempts = 0;
  own_.last_notified = now_;
  out_.record_changed();
  if (w_.incident && !own_.incident->notified) {
    own_.incident->notified = true;
    notify({NotificationKind::Degraded, "DEGRADED",
            fmt::format("{}; it is still unhealthy: {}.", what, w_.health.failure_text()), incident_key()});
    out_.report(finding::IncidentChanged{});
  } else {
    notify({NotificationKind::Info, "SUMMARY", what + "; it is healthy now.",
            fmt::format("healer/{:.60}/{:.120}/summary/{}", host_.policy.host_name, w_.key,
                        now_.time_since_epoch().count())});
  }
}

void NotificationMachine::due() {
  first_due();
  repeats_due();
}

std::optional<Instant> NotificationMachine::deadline() const {
  Earliest next;
  next.at(repeat_deadline());
  if (own_.unnotified_incidents > 0 && !notifications_suppressed({w_, host_, now_}))
    next.at(own_.last_notified + w_.policy->notification_cooldown);
  return next.when();
}

void NotificationMachine::alert_fires(const FiringAlert& alert) {
  if (notifications_paused({w_, host_, now_})) return;
  notify({NotificationKind::Info, "ALERT",
          fmt::format("{}: {} ({}). Nothing is done about it.", w_.name, alert_line(alert), alert.source),
          // A new key each time: a later firing is a new notification.
          fmt::format("healer/{:.60}/{:.100}/alert/{:.60}/{}", host_.policy.host_name, w_.key, alert.id,
                      now_.time_since_epoch().count())});
}

void NotificationMachine::unknown_for_long() {
  const Health& health = w_.health;
  const std::string what = fmt::format("could not be checked {} times in a row: {}", health.unknown_streak,
                                       health.last_verdict.text);
  out_.log(LogLevel::Warning, fmt::format("{} — {}", w_.name, what));
  notify({NotificationKind::Info, "UNKNOWN",
          fmt::format("{} {}. Its health is unknown, and it gets no remedy.", w_.name, what),
          unknown_key(*health.unknown_since)});
}

void NotificationMachine::known_again(const finding::KnownAgain& known) {
  out_.log(LogLevel::Info, fmt::format("{} — {}", w_.name, known.how));
  notify({NotificationKind::Recovered,
          "KNOWN AGAIN",
          fmt::format("{} could not be checked for {}; {}.", w_.name, rounded(now_ - known.since), known.how),
          unknown_key(known.since),
          {},
          known.cause});
}

std::string NotificationMachine::unknown_key(Instant since) const {
  return fmt::format("healer/{:.60}/{:.120}/unknown/{}", host_.policy.host_name, w_.key,
                     since.time_since_epoch().count());
}

Notification NotificationMachine::draft(Message message) const {
  Notification notification;
  notification.kind = message.kind;
  notification.dedup_key = std::move(message.dedup_key);
  notification.event = message.event;
  notification.text = std::move(message.text);
  notification.host = host_.policy.host_name;
  notification.workload = w_.name;
  notification.image = w_.container.image;
  notification.cause = w_.incident     ? w_.incident->cause_text
                       : message.cause ? *message.cause
                                       : w_.health.failure_text();
  notification.attempt = w_.remediation.attempts;
  notification.attempts_allowed = w_.policy->budget_attempts;
  notification.excerpt = own_.excerpt;
  notification.created_at = now_;
  notification.project = project_of(w_);
  notification.route = w_.policy->notification_route;
  notification.advice = std::move(message.advice);
  if (w_.incident && notification.dedup_key == incident_key()) {
    notification.incident = w_.incident->id;
    notification.unhealthy_since = w_.incident->unhealthy_since;
  }
  notification.link = link_of(routing_of(host_.policy).link, notification);
  return notification;
}

void NotificationMachine::notify(Message message) {
  if (!w_.policy->notifications) return;
  const NotificationKind kind = message.kind;
  Notification notification = draft(std::move(message));
  notification.id = NotificationId{++out_.ids().notification};
  Following follows;
  follows.trigger = kind;
  if (notification.incident) {
    follows.ends = w_.incident->closed_at.has_value();
    follows.called = own_.incident->gave_up;
    follows.notified_channels = own_.incident->notified_channels;
    if (kind == NotificationKind::Recovered)
      follows.trigger = own_.incident->gave_up ? NotificationKind::Critical : NotificationKind::Degraded;
  } else if (kind == NotificationKind::Recovered) {
    follows.trigger = NotificationKind::Info;  // ends unknown_for_long()
  }
  const Routed routed = route_notification(host_.policy, notification, follows, clock());
  if (notification.incident) {
    note_notified(routed.destinations);
    const bool worse = kind == NotificationKind::Critical && w_.incident->acked_at;
    if (worse) out_.report(finding::WorseThanAcknowledged{});
    if (!follows.ends && (worse || !w_.incident->acked_at))
      for (const NotificationRoute* route : routed.routes) plan_escalation(*route, routed.destinations);
  }
  out_.add(SendNotification{std::move(notification), routed.destinations});
}

}  // namespace healer
