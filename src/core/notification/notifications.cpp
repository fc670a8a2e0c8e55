#include "core/notification/notifications.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/earliest.hpp"
#include "core/notification/draft.hpp"
#include "core/workload/alert_permit.hpp"
#include "core/workload/hold.hpp"
#include "core/workload/out.hpp"
#include "core/workload/pause.hpp"

namespace healer {

namespace {

constexpr Duration maintenance_notified_after = 10min;

/// A notification with something that an operator must know about this workload is never grouped.
bool is_ordinary(const notice::Degraded& degraded) {
  const bool waits_its_turn = !degraded.hold || degraded.hold->kind == HoldKind::Concurrency ||
                              degraded.hold->kind == HoldKind::Replica;
  return waits_its_turn && degraded.next_kind != RemedyKind::None && degraded.owner.empty() &&
         !degraded.unconfirmed && degraded.ineffective_restarts == 0;
}

using State = NotifiedTable::State;
using Input = NotifiedTable::Input;

/// An application that says itself that it is in maintenance is not notified for a while.
bool quiet_maintenance(const View& view) {
  const auto* planned = std::get_if<Planned>(&view.workload.remediation.phase);
  const Rare<Verdict>& failure = view.workload.health.counted_failure;
  return planned != nullptr && planned->hold && planned->hold->kind == HoldKind::Busy && failure &&
         failure->in_maintenance && view.now < view.workload.incident->opened_at + maintenance_notified_after;
}

/// It waits for a workload that is unhealthy, too. That one's notification names it, and it is notified only
/// if it stays unhealthy when that one is healthy again.
bool notified_with_root(const View& view) {
  if (view.workload.remediation.attempts > 0 || view.workload.incident->cause == IncidentCause::CrashLoop)
    return false;
  const Workload* root = failing_root(view);
  if (root == nullptr || !root->policy->notify.enabled) return false;
  return root->incident ? !root->lifecycle.stopped_by_operator && root->lifecycle.presence != Presence::Paused
                        : root->health.tracker.failures() > 0;
}

std::vector<std::string> dependents(const View& view) {
  std::vector<std::string> names;
  for (const std::string& key : view.host.graph.ripple(view.workload.key))
    if (const Workload* dependent = view.host.find(key)) names.push_back(dependent->name);
  return names;
}

std::optional<notice::Refusal> refusal(const View& view) {
  if (!view.workload.remediation.refusal) return std::nullopt;
  return *view.workload.remediation.refusal;
}

std::string unknown_key(const View& view, Instant since) {
  return fmt::format("healer/{:.60}/{:.120}/unknown/{}", view.host.policy.host_name, view.workload.key,
                     since.time_since_epoch().count());
}

}  // namespace

void Notifications::go(NotifiedTable::Input input, NotifiedTable::State next, Out& out) {
  const State from = state();
  if (next == State::None) incident.reset();
  if (next == State::Unnotified) incident = NotifiedIncident{};
  if (incident) {
    incident->notified = next != State::Unnotified;
    incident->gave_up = next == State::Critical;
  }
  out.went<NotifiedTable>({from, input, next});
}

NotificationMachine::NotificationMachine(Notifications& own, const View& view, Out& out)
    : own_(own),
      view_(view),
      w_(view.workload),
      host_(view.host),
      now_(view.now),
      out_(out),
      reminders_(own, view, out) {}

/// The first notification of an incident is sent with its first order, because the evidence is saved by then,
/// or as soon as that order has to wait or no order follows.
bool NotificationMachine::to_be_notified() const {
  return w_.incident && !own_.incident->notified && own_.unnotified_incidents == 0 &&
         !notifications_suppressed(view_);
}

void NotificationMachine::first_due() {
  if (!to_be_notified()) return;
  const auto* planned = std::get_if<Planned>(&w_.remediation.phase);
  const bool asking = planned && planned->hold && planned->hold->kind == HoldKind::Alert &&
                      alert_permit(view_).state == AlertPermit::State::Asking;
  const bool at_once = std::holds_alternative<Gathering>(w_.remediation.phase) ||
                       std::holds_alternative<Checking>(w_.remediation.phase) || asking ||
                       (planned && !planned->hold && planned->due <= now_);
  // A new verdict is awaited: the workload may be healthy already.
  const bool awaited = w_.lifecycle.presence == Presence::Running && !w_.health.unhealthy() &&
                       w_.incident->cause != IncidentCause::CrashLoop && !w_.health.network_loss &&
                       !w_.alerts.acting && !w_.remediation.forced;
  if (at_once || awaited || quiet_maintenance(view_) || notified_with_root(view_)) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && !own_.incident->gave_up)
    notify_crash_loop();
  else
    notify_degraded(Input::Due);
  out_.report(finding::IncidentChanged{});
}

void NotificationMachine::notify_degraded(NotifiedTable::Input input) {
  own_.go(input, State::Notified, out_);
  own_.last_notified = now_;
  out_.record_changed();
  const auto ladder_step = wanted_step(view_);
  notice::Degraded degraded;
  degraded.reason = w_.incident->reason;
  if (caused_by_alert(view_)) degraded.unconfirmed = unconfirmed(view_);
  degraded.dependents = dependents(view_);
  degraded.advice = w_.container.advice;
  degraded.owner = w_.container.owner.name;
  if (ladder_step) {
    degraded.next_kind = ladder_step->step.kind;
    degraded.next = to_string(ladder_step->step);
  }
  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) {
    degraded.hold = planned->hold;
    degraded.wait = std::max(Duration{0}, planned->due - now_);
  }
  if (w_.remediation.ineffective_restarts >= ineffective_restarts_enough)
    degraded.ineffective_restarts = w_.remediation.ineffective_restarts;
  const Company company = is_ordinary(degraded) ? Company::Grouped : Company::Alone;
  notify({NotificationKind::Degraded, incident_key(view_), std::move(degraded), {}, company});
}

void NotificationMachine::give_up(NotifiedTable::Input input) {
  own_.go(input, State::Critical, out_);
  own_.last_notified = now_;
  own_.unnotified_incidents = 0;
  own_.unnotified_attempts = 0;
  out_.record_changed();
}

void NotificationMachine::budget_used_up() {
  if (notifications_paused(view_)) return;  // notified after the pause, if it is still true
  give_up(Input::BudgetUsedUp);
  const Remediation& remediation = w_.remediation;
  const RetryPolicy& retry = w_.policy->retry;
  const Duration wait = remediation.breaker.until() - now_;
  fact::BudgetUsedUp used{retry.budget_attempts, retry.budget_window, wait};
  if (remediation.breaker.attempts_in_window(*w_.policy, now_) < retry.budget_attempts &&
      remediation.attempts > 0) {
    used.budget = remediation.attempts;  // in a row, further apart than the window
    used.window = std::chrono::ceil<std::chrono::minutes>(now_ - w_.incident->opened_at);
  }
  out_.log(LogLevel::Error, used);
  out_.decide(Rule::GaveUp, used);
  notify({NotificationKind::Critical, incident_key(view_),
          notice::BudgetUsedUp{w_.failure(), used.budget, used.window, wait, refusal(view_),
                               w_.container.advice}});
  out_.report(finding::IncidentChanged{});
}

/// The ladder has no step left, or its last step is `none`.
void NotificationMachine::ladder_ended() {
  if (notifications_paused(view_)) return;
  give_up(Input::LadderEnded);
  const fact::LadderEnded ended{w_.remediation.attempts, w_.remediation.ineffective_restarts,
                                w_.remediation.ladder_step};
  out_.log(LogLevel::Error, ended);
  out_.decide(Rule::GaveUp, ended);
  notify({NotificationKind::Critical, incident_key(view_),
          notice::LadderEnded{w_.failure(), ended.attempts, ended.ineffective_restarts, refusal(view_),
                              w_.container.advice}});
  out_.report(finding::IncidentChanged{});
}

void NotificationMachine::alert_outlasts() {
  if (own_.incident->gave_up || notifications_paused(view_)) return;
  give_up(Input::AlertOutlasts);
  const fact::AlertOutlasts outlasts{w_.alerts.acted()};
  out_.log(LogLevel::Error, outlasts);
  out_.decide(Rule::GaveUp, outlasts);
  notify({NotificationKind::Critical, incident_key(view_),
          notice::AlertOutlasts{outlasts.alerts, w_.remediation.attempts, w_.container.advice}});
  out_.report(finding::IncidentChanged{});
}

void NotificationMachine::notify_crash_loop() {
  if (notifications_suppressed(view_)) return;
  own_.go(Input::CrashLoop, State::Critical, out_);
  own_.last_notified = now_;
  out_.record_changed();
  notify({NotificationKind::Critical, incident_key(view_),
          notice::CrashLoop{w_.incident->reason, w_.container.advice}});
}

void NotificationMachine::incident_opened(IncidentCause cause) {
  own_.go(Input::Opens, State::Unnotified, out_);
  if (cause == IncidentCause::CrashLoop) {
    notify_crash_loop();
  } else if (cause != IncidentCause::ByOperator && own_.last_notified != Instant{} &&
             now_ - own_.last_notified < w_.policy->notify.cooldown && !notified_with_root(view_)) {
    // Within the cooldown: what happens until its end is notified as one summary.
    if (own_.unnotified_incidents++ == 0) own_.unnotified_since = now_;
    out_.record_changed();
  }  // else notified with the order, or as soon as the order has to wait: first_due()
}

void NotificationMachine::attempt_began() {
  if (!own_.incident->notified && own_.unnotified_incidents > 0) ++own_.unnotified_attempts;
  if (to_be_notified()) notify_degraded(Input::AttemptBegins);
}

void NotificationMachine::incident_closed(IncidentOutcome outcome, WantedEnd why) {
  const bool stopped = outcome == IncidentOutcome::StoppedByHealer;
  if (!stopped && !own_.incident->notified) return;
  if (!stopped && !own_.incident->gave_up && !own_.incident->group_key.empty()) return;
  NotificationKind kind = NotificationKind::Info;
  if (outcome == IncidentOutcome::Recovered || outcome == IncidentOutcome::RecoveredAlone)
    kind = NotificationKind::Recovered;
  else if (stopped && !own_.incident->gave_up)  // one critical notification per incident
    kind = NotificationKind::Critical;
  notify({kind, incident_key(view_),
          notice::IncidentClosed{outcome, w_.remediation.attempts, now_ - w_.incident->unhealthy_since, why,
                                 w_.incident->reason, w_.container.advice}});
}

void NotificationMachine::incident_released() {
  own_.go(Input::Ends, State::None, out_);
  own_.excerpt.clear();
}

void NotificationMachine::acknowledged() {
  std::erase_if(own_.incident->escalations, [](const Escalation& each) { return !each.done; });
}

void NotificationMachine::evidence_captured(const std::string& excerpt) {
  own_.excerpt = excerpt;
}

void NotificationMachine::reset() {
  if (own_.state() == State::Critical) own_.go(Input::Reset, State::Notified, out_);
}

void NotificationMachine::summary_due() {
  if (own_.unnotified_incidents == 0 || now_ < own_.last_notified + w_.policy->notify.cooldown ||
      notifications_suppressed(view_))
    return;
  notice::Summary summary{own_.unnotified_incidents, own_.unnotified_attempts, now_ - own_.unnotified_since,
                          std::nullopt};
  own_.unnotified_incidents = 0;
  own_.unnotified_attempts = 0;
  own_.last_notified = now_;
  out_.record_changed();
  if (w_.incident && !own_.incident->notified) {
    own_.go(Input::CooldownOver, State::Notified, out_);
    summary.reason = w_.failure();
    notify({NotificationKind::Degraded, incident_key(view_), std::move(summary)});
    out_.report(finding::IncidentChanged{});
  } else {
    notify({NotificationKind::Info,
            fmt::format("healer/{:.60}/{:.120}/summary/{}", host_.policy.host_name, w_.key,
                        now_.time_since_epoch().count()),
            std::move(summary)});
  }
}

void NotificationMachine::due() {
  first_due();
  reminders_.due();
}

std::optional<Instant> NotificationMachine::deadline() const {
  Earliest next;
  next.at(reminders_.deadline());
  if (w_.incident && !own_.incident->notified && quiet_maintenance(view_))
    next.at(w_.incident->opened_at + maintenance_notified_after);
  if (own_.unnotified_incidents > 0 && !notifications_suppressed(view_))
    next.at(own_.last_notified + w_.policy->notify.cooldown);
  return next.when();
}

void NotificationMachine::alert_fires(const FiringAlert& alert) {
  if (notifications_paused(view_)) return;
  notify({NotificationKind::Info,
          // A new key each time: a later firing is a new notification.
          fmt::format("healer/{:.60}/{:.100}/alert/{:.60}/{}", host_.policy.host_name, w_.key, alert.id,
                      now_.time_since_epoch().count()),
          notice::AlertFires{alert}});
}

void NotificationMachine::unknown_for_long() {
  const Health& health = w_.health;
  out_.log(LogLevel::Warning, fact::Unknown{health.unknown_streak, health.last_verdict.reason});
  notify({NotificationKind::Info, unknown_key(view_, *health.unknown_since),
          notice::Unknown{health.unknown_streak, health.last_verdict.reason}});
}

void NotificationMachine::unproven(const Reason& tried) {
  out_.log(LogLevel::Warning, fact::NeverPassed{tried});
  notify({NotificationKind::Degraded,
          fmt::format("healer/{:.60}/{:.120}/unproven/{}", host_.policy.host_name, w_.key,
                      now_.time_since_epoch().count()),
          notice::Unproven{tried}, tried});
}

void NotificationMachine::ended_for_good(const finding::EndedForGood& ended) {
  if (notifications_paused(view_)) return;
  const bool job = ended.why == finding::EndedForGood::Why::JobFailed;
  notify({job ? NotificationKind::Critical : NotificationKind::Degraded,
          fmt::format("healer/{:.60}/{:.120}/ended/{}", host_.policy.host_name, w_.key,
                      now_.time_since_epoch().count()),
          job ? Notice{notice::JobFailed{ended.reason, w_.container.advice}}
              : Notice{notice::EndedUnseen{ended.reason, w_.container.advice}},
          ended.reason});
}

void NotificationMachine::known_again(const finding::KnownAgain& known) {
  out_.log(LogLevel::Info, fact::KnownAgain{known.how});
  notify({NotificationKind::Recovered, unknown_key(view_, known.since),
          notice::KnownAgain{now_ - known.since, known.how}, known.cause});
}

void NotificationMachine::notify(Message message) {
  if (!w_.policy->notify.enabled) return;
  const NotificationKind kind = message.kind;
  Notification notification = draft(view_, kind, std::move(message.dedup_key));
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
  const Routed routed = route_notification(host_.policy, notification, follows, clock_of(view_));
  if (notification.incident) {
    reminders_.notified(routed.destinations);
    const bool worse = kind == NotificationKind::Critical && w_.incident->acked_at;
    if (worse) out_.report(finding::WorseThanAcknowledged{});
    if (!follows.ends && (worse || !w_.incident->acked_at))
      for (const NotificationRoute* route : routed.routes)
        reminders_.plan_escalation(*route, routed.destinations);
  }
  if (message.company == Company::Grouped) {
    own_.incident->group_key = host_.groups.joined_by(routed.destinations, host_, now_);
    if (!own_.incident->group_key.empty()) return;
  }
  Reason cause = w_.incident ? w_.incident->reason : message.cause ? *std::move(message.cause) : w_.failure();
  out_.add(SendNotification{std::move(notification), std::move(message.notice), std::move(cause),
                            routed.destinations});
}

}  // namespace healer
