// What is due now, and when the next wake-up must come. Deadlines are state, and a wake-up only checks them,
// so an extra wake-up is harmless.
#include <algorithm>

#include <fmt/format.h>

#include "core/workload/controller.hpp"

namespace healer {
void WorkloadController::run_due() {
  pause_due();
  network_due();
  alerts_due();
  checks_due();
  exit_due();
  verdict_due();
  remedy_due();

  const bool calm =
      w_.lifecycle.presence == Presence::Running && now_ - w_.lifecycle.instance_started >= crash_loop_calm;
  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop && calm && !w_.remediation.attempt &&
      !queued() && !awaits_alert() && (w_.health.tracker.state() == Tracker::State::Healthy || unprobed()))
    close_incident(w_.incident->attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone,
                   {});

  if (const auto end = calm_at(); end && now_ >= *end) became_healthy();

  if (w_.notifications.unnotified_incidents > 0 &&
      now_ >= w_.notifications.last_notified + w_.policy->notification_cooldown &&
      !notifications_suppressed())
    notify_summary();

  if (w_.lifecycle.forget_at && now_ >= *w_.lifecycle.forget_at && w_.incident)
    close_incident(IncidentOutcome::Removed, "the container was removed");

  notify_if_due();
  repeats_due();
}

/// When a workload without a probe counts as healthy after an exit or `healer heal`: it stayed up until then.
std::optional<Instant> WorkloadController::calm_at() const {
  if (!w_.incident || w_.remediation.attempt || queued() || w_.lifecycle.presence != Presence::Running ||
      !unprobed() || w_.remediation.network_loss || awaits_alert())
    return std::nullopt;
  switch (w_.incident->cause) {
    case IncidentCause::Crashed:
    case IncidentCause::OutOfMemory:
    case IncidentCause::NotBackAfterEngine:
    case IncidentCause::ByOperator:
      return w_.lifecycle.instance_started + w_.policy->verify_limit;
    default:
      return std::nullopt;
  }
}

void WorkloadController::checks_due() {
  if (w_.health.probe && now_ >= w_.health.probe->give_up) probe_overdue();
  if (w_.lifecycle.presence != Presence::Running) return;
  if (w_.health.probe_due && now_ >= *w_.health.probe_due && !w_.health.probe && !unprobed()) start_probe();
  // An order that changed nothing may have ended the checks: a running workload is checked.
  if (!w_.health.probe && !w_.health.probe_due && !on_old_instance()) schedule_probe();
  if (w_.health.unhealthy_in_start_period && now_ >= w_.health.start_period_until && host_state_.engine_up) {
    w_.health.unhealthy_in_start_period = false;  // if this has no effect, the next inspect decides
    engine_health(EngineHealth::Unhealthy, w_.container.health_output);  // reported only once
  }
}

void WorkloadController::exit_due() {
  if (w_.lifecycle.look_again_at && now_ >= *w_.lifecycle.look_again_at && host_state_.engine_up) {
    w_.lifecycle.look_again_at.reset();
    inspect();
  }
  if (w_.lifecycle.judge_exit_at && now_ >= *w_.lifecycle.judge_exit_at && may_judge()) judge_exit();
  if (!w_.lifecycle.back_by || now_ < *w_.lifecycle.back_by) return;
  w_.lifecycle.back_by.reset();
  if (!host_state_.engine_up) {
    w_.lifecycle.back_by = now_ + look_again;
  } else if (w_.lifecycle.presence == Presence::Restarting) {
    inspect();
    w_.lifecycle.back_by = now_ + look_again;
  } else if (w_.lifecycle.presence == Presence::Exited) {
    const bool crashed_before = w_.lifecycle.exit_kind.has_value();
    const std::string text = crashed_before
                                 ? w_.health.last_verdict.text + ", and the engine did not bring it back"
                                 : std::string("not back after the engine's return");
    if (leave_exited(text)) return;
    w_.health.tracker.settle(false);
    w_.lifecycle.exit_kind = ExitKind::Crash;
    w_.health.last_verdict = Verdict{Outcome::Fail, Cause::None, text};
    log(LogLevel::Warning, fmt::format("{} — {}", w_.name, text));
    became_unhealthy(crashed_before ? IncidentCause::Crashed : IncidentCause::NotBackAfterEngine, text);
  }
}

void WorkloadController::verdict_due() {
  if (const auto* verifying = std::get_if<Verifying>(&w_.remediation.phase);
      verifying && !verifying->awaiting_instance) {
    // The verdict, or an operator's pause, may come before the engine's answer.
    if (w_.lifecycle.presence == Presence::Paused)
      drop_everything(AttemptState::Cancelled, "paused by an operator");
    else if (w_.health.tracker.state() == Tracker::State::Healthy && !awaits_alert())
      became_healthy();
    else if (w_.health.tracker.state() == Tracker::State::Unhealthy)
      attempt_failed_then_plan(AttemptState::NotRecovered, w_.health.last_verdict.text);
    else if (w_.health.alert_firing)
      attempt_failed_then_plan(AttemptState::NotRecovered, failure_text());
  }
  // The workload became healthy while an order was open: the end of the order closes the incident.
  if (w_.incident && !w_.remediation.attempt && w_.lifecycle.presence == Presence::Running &&
      (w_.health.tracker.state() == Tracker::State::Healthy ||
       (unprobed() && w_.incident->cause == IncidentCause::AlertFiring)))
    became_healthy();
}

void WorkloadController::remedy_due() {
  if (w_.remediation.in_flight && now_ >= w_.remediation.in_flight->until) {
    w_.remediation.in_flight.reset();
    if (std::holds_alternative<Acting>(w_.remediation.phase)) order_lost("the runtime never said");
  }
  if (w_.remediation.breaker.advance(now_)) {
    w_.dirty = true;
    log(LogLevel::Info, fmt::format("{} — breaker half-open: one try is allowed", w_.name));
  }
  // plan_remedy() itself checks everything that prevents a plan, so it is called in every step.
  if (w_.incident && (w_.health.tracker.state() == Tracker::State::Unhealthy || w_.remediation.network_loss ||
                      w_.health.alert_firing))
    plan_remedy();

  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) {
    if (now_ >= planned->due) planned_due();
  } else if (const auto* gathering = std::get_if<Gathering>(&w_.remediation.phase)) {
    if (now_ >= gathering->until) look_before_acting();
  } else if (const auto* checking = std::get_if<Checking>(&w_.remediation.phase)) {
    if (now_ >= checking->give_up)
      w_.remediation.phase = Planned{now_ + std::min(w_.policy->effective_fast_interval(), look_again), {}};
  } else if (auto* settling = std::get_if<Settling>(&w_.remediation.phase)) {
    if (now_ >= settling->next_look) {
      settling->next_look = now_ + settle_interval;
      if (host_state_.engine_up) inspect();
    }
  } else if (auto* verifying = std::get_if<Verifying>(&w_.remediation.phase)) {
    if (now_ >= verifying->deadline) {
      verification_over();
    } else if (verifying->awaiting_instance && now_ >= verifying->next_look) {
      verifying->next_look = now_ + settle_interval;
      if (host_state_.engine_up) inspect();
    }
  }
}

std::optional<Instant> WorkloadController::next_deadline() const {
  std::optional<Instant> next;
  const auto at = [&next](std::optional<Instant> candidate) {
    if (candidate && (!next || *candidate < *next)) next = candidate;
  };
  if (w_.health.probe) at(w_.health.probe->give_up);
  if (w_.lifecycle.presence == Presence::Running && !w_.health.probe && !unprobed()) at(w_.health.probe_due);
  if (w_.remediation.in_flight) at(w_.remediation.in_flight->until);
  if (w_.health.unhealthy_in_start_period && w_.lifecycle.presence == Presence::Running &&
      host_state_.engine_up)
    at(w_.health.start_period_until);
  if (may_judge()) at(w_.lifecycle.judge_exit_at);
  at(w_.lifecycle.back_by);
  if (w_.lifecycle.presence == Presence::Running) at(alert_deadline());
  if (host_state_.engine_up) at(w_.lifecycle.look_again_at);
  if (const auto* planned = std::get_if<Planned>(&w_.remediation.phase)) {
    if (!planned->hold)
      at(planned->due);
    else if (planned->hold->until)  // else the supervisor releases the hold
      at(std::max(*planned->hold->until, now_ + Duration{1}));
  }
  if (const auto* gathering = std::get_if<Gathering>(&w_.remediation.phase)) at(gathering->until);
  if (const auto* checking = std::get_if<Checking>(&w_.remediation.phase)) at(checking->give_up);
  if (const auto* settling = std::get_if<Settling>(&w_.remediation.phase)) at(settling->next_look);
  if (const auto* verifying = std::get_if<Verifying>(&w_.remediation.phase)) {
    at(verifying->deadline);
    if (verifying->awaiting_instance) at(verifying->next_look);
  }
  if (w_.remediation.breaker.state() == BreakerState::Open) at(w_.remediation.breaker.until());
  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop &&
      w_.lifecycle.presence == Presence::Running && now_ - w_.lifecycle.instance_started < crash_loop_calm)
    at(w_.lifecycle.instance_started + crash_loop_calm);
  at(calm_at());
  at(repeat_deadline());
  if (w_.notifications.unnotified_incidents > 0 && !notifications_suppressed())
    at(w_.notifications.last_notified + w_.policy->notification_cooldown);
  if (w_.paused_until && *w_.paused_until != Instant::max()) at(w_.paused_until);
  if (!w_.network_parent_id.empty() && in_start_period())
    at(w_.health.start_period_until);  // until then a lost network is ignored
  if (!w_.remediation.in_flight && now_ < w_.lifecycle.forget_at)
    at(w_.lifecycle.forget_at);  // not forgotten before the engine's answer
  return next;
}

void WorkloadController::finish() {
  if (w_.dirty) {
    out_.push_back(Persist{w_.record()});
    w_.dirty = false;
  }
  const std::optional<Instant> next = next_deadline();
  if (next && next != w_.wake_at) out_.push_back(Wake{w_.key, std::max(*next, now_)});
  w_.wake_at = next;
}

}  // namespace healer
