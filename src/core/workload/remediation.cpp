// From the order to the end of the attempt. HEALING.md 4; table in workload.hpp.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// The engine's default stop timeout.
constexpr Duration engine_stop_timeout = 10s;
/// What the engine may need beyond the stop timeout, also with images on slow disks.
constexpr Duration call_margin = 20s;
/// Limit of a remedy without a stop: a command in the container, a webhook.
constexpr Duration command_limit = 30s;
/// The runtime answers by the order's deadline; this much later the answer counts as lost.
constexpr Duration answer_margin = 10s;
/// What undoing needs, if a recreation fails just before its deadline.
constexpr Duration undo_margin = 30s;
/// A recreation whose answer is lost is resumed at most this often.
constexpr unsigned resumes_allowed = 3;

}  // namespace

bool WorkloadController::remedy_in_hand() const {
  return std::holds_alternative<Acting>(w_.remediation.phase) ||
         std::holds_alternative<Settling>(w_.remediation.phase);
}

bool WorkloadController::on_old_instance() const {
  return our_doing() && w_.remediation.attempt->instance == w_.instance();
}

bool WorkloadController::our_doing() const {
  const auto* verifying = std::get_if<Verifying>(&w_.remediation.phase);
  if (remedy_in_hand()) {
    const auto* acting = std::get_if<Acting>(&w_.remediation.phase);
    return !(acting && (!acting->begun || traits_of(acting->kind).instance == RemedyTraits::Instance::Kept));
  }
  return verifying && verifying->awaiting_instance;
}

bool WorkloadController::after_our_signal() const {
  const bool in_time = w_.remediation.attempt && now_ - w_.remediation.attempt->ordered_at < settle_limit();
  return in_time && w_.remediation.attempt->remedy == RemedyKind::Kill &&
         w_.remediation.attempt->instance == w_.instance() &&
         std::holds_alternative<Verifying>(w_.remediation.phase);
}

bool WorkloadController::recreating() const {
  const bool other_container =
      w_.remediation.attempt && (w_.remediation.attempt->remedy == RemedyKind::Recreate ||
                                 w_.remediation.attempt->remedy == RemedyKind::Replace);
  return other_container && our_doing();
}

Duration WorkloadController::call_deadline() const {
  return w_.policy->stop_timeout.value_or(w_.container.stop_timeout.value_or(engine_stop_timeout)) +
         call_margin;
}

Duration WorkloadController::settle_limit() const {
  return call_deadline() + host_state_.policy.hook_limit;
}

void WorkloadController::act(const Container& facts, const LadderStep& ladder_step) {
  w_.remediation.breaker.count_attempt(now_);
  ++w_.remediation.backoff_level;
  w_.remediation.backoff_changed_at = now_;
  ++w_.incident->attempts;
  w_.incident->ladder_step = std::max(w_.incident->ladder_step, ladder_step.index);
  w_.remediation.forced = false;
  w_.dirty = true;

  Attempt attempt;
  attempt.id = AttemptId{++host_state_.last_attempt};
  attempt.incident = w_.incident->id;
  attempt.workload = w_.key;
  attempt.number = w_.incident->attempts;
  attempt.remedy = ladder_step.step.kind;
  attempt.detail = to_string(ladder_step.step);
  attempt.instance = facts.instance();
  attempt.ordered_at = now_;
  w_.remediation.attempt = attempt;
  w_.remediation.ordered.reset();
  w_.remediation.resumed = 0;
  save_attempt();
  if (!w_.incident->notified && w_.notifications.unnotified_incidents > 0)
    ++w_.notifications.unnotified_attempts;
  if (to_be_notified()) notify_degraded();
  save_incident();

  const bool by_window = w_.policy->window && w_.health.tracker.failures() < w_.policy->failure_threshold;
  const std::string why =
      w_.incident->cause == IncidentCause::ProbeFailed && !by_window
          ? fmt::format("failed {} consecutive health checks", w_.policy->failure_threshold)
          : w_.incident->cause_text;
  const unsigned used = w_.remediation.breaker.attempts_in_window(*w_.policy, now_);
  const std::string what =
      ladder_step.step.kind == RemedyKind::Kill || ladder_step.step.kind == RemedyKind::Exec
          ? " [" + attempt.detail + "]"
          : "";
  log(LogLevel::Warning,
      fmt::format("{} {}{} — {} (attempt {} of {})", traits_of(ladder_step.step.kind).log_verb, w_.name, what,
                  why, used, w_.policy->budget_attempts));
  decide(Rule::Acted, attempt.detail,
         fmt::format("cause={}; step={}; attempt={} of {}; run={}", w_.incident->cause_text,
                     ladder_step.index, used, w_.policy->budget_attempts, attempt.instance.started_at));
  order(ladder_step.step, false);
}

Duration WorkloadController::deadline_of(RemedyKind kind) const {
  switch (traits_of(kind).length) {
    case RemedyTraits::Length::Call:
      break;
    case RemedyTraits::Length::Short:
      return command_limit;
    case RemedyTraits::Length::Recreation:
      return 2 * call_deadline() + command_limit;
  }
  return call_deadline();
}

/// Gives the attempt's order, or a further order of the same attempt.
void WorkloadController::order(const RemedyStep& step, bool resume) {
  ApplyRemedy order;
  order.attempt = w_.remediation.attempt->id;
  order.workload = w_.key;
  order.name = w_.name;
  order.step = step;
  order.container_id = w_.remediation.attempt->instance.container_id;
  order.stop_timeout = w_.policy->stop_timeout;
  order.deadline = deadline_of(step.kind);
  order.number = w_.remediation.attempt->number;
  order.reason = w_.incident ? w_.incident->cause_text : std::string();
  order.incident = w_.remediation.attempt->incident;
  order.resume = resume;
  if (step.kind == RemedyKind::Recreate && w_.remediation.network_loss)
    order.network_parent = w_.remediation.network_loss->parent_id;
  const Duration margin = step.kind == RemedyKind::Recreate ? answer_margin + undo_margin : answer_margin;
  w_.remediation.in_flight =
      InFlight{order.attempt, now_ + order.deadline + margin + host_state_.policy.hook_limit};
  const bool begun = host_state_.policy.hook_limit == Duration{0} || resume;
  w_.remediation.phase = Acting{step.kind, begun};
  // While the hook runs, an end of the instance is not caused by the order.
  if (begun)
    w_.remediation.ordered =
        OrderedInstance{w_.remediation.attempt->instance, w_.remediation.attempt->ordered_at,
                        w_.remediation.attempt->ordered_at, false};
  w_.remediation.remedy_started_ns.reset();
  if (!keeps_instance(step.kind)) stop_probing();
  out_.push_back(std::move(order));
}

void WorkloadController::remedy_finished(const RemedyFinished& finished) {
  if (finished.answer == RemedyAnswer::Begun) {
    auto* waiting = std::get_if<Acting>(&w_.remediation.phase);
    if (!w_.remediation.attempt || w_.remediation.attempt->id != finished.attempt || !waiting) return;
    waiting->begun = true;
    w_.remediation.ordered = OrderedInstance{w_.remediation.attempt->instance, now_, now_, false};
    return;
  }
  if (w_.remediation.in_flight && w_.remediation.in_flight->attempt == finished.attempt)
    w_.remediation.in_flight.reset();
  const auto* acting = std::get_if<Acting>(&w_.remediation.phase);
  if (!w_.remediation.attempt || w_.remediation.attempt->id != finished.attempt || !acting) return;
  const RemedyKind kind = acting->kind;
  switch (finished.answer) {
    case RemedyAnswer::Done:
      order_done(kind, finished.new_container_id);
      return;
    case RemedyAnswer::SkippedDryRun:
      log(LogLevel::Info, fmt::format("{} — dry run: the engine was not called", w_.name));
      w_.remediation.attempt->note = "dry run";
      w_.remediation.ordered.reset();
      verify_same_instance();
      return;
    case RemedyAnswer::Refused:
      log(LogLevel::Error,
          fmt::format("{} — {} failed: {}", w_.name, w_.remediation.attempt->detail, finished.error));
      attempt_failed_then_plan(AttemptState::Failed, finished.error);
      inspect();
      return;
    case RemedyAnswer::Lost:
      order_lost(finished.error);
      return;
    case RemedyAnswer::Begun:
      return;
  }
}

void WorkloadController::order_done(RemedyKind kind, const std::string& new_container_id) {
  ++w_.remediation.restarts;
  if (kind == RemedyKind::Stop) {
    inspect();
    stopped_by_healer();
  } else if (keeps_instance(kind)) {
    verify_same_instance();
    inspect();
  } else if (w_.instance() != w_.remediation.attempt->instance) {
    verify_from(w_.lifecycle.instance_started, false);
  } else {
    verify_from(now_, true);
    if (!new_container_id.empty())
      out_.push_back(Inspect{new_container_id});
    else
      inspect();
  }
}

/// The signal ended the container. After a signal through the engine, its restart policy does nothing.
void WorkloadController::start_after_signal() {
  log(LogLevel::Info, fmt::format("{} — ended by the signal; it is started", w_.name));
  w_.remediation.attempt->state = AttemptState::Ordered;
  save_attempt();
  RemedyStep start;
  start.kind = RemedyKind::Start;
  order(start, false);
}

/// The instance goes on. Its checks begin a new streak, as after a restart.
void WorkloadController::verify_same_instance() {
  verify_from(now_, false);
  w_.health.tracker.begin_instance(true);
  w_.health.alerts_from = now_;
  w_.health.health_from = now_;                   // earlier verdicts of the HEALTHCHECK do not count
  w_.lifecycle.instance_seen_from_start = false;  // no start to measure
  if (w_.lifecycle.presence == Presence::Running && !unprobed())
    w_.health.probe_due = now_ + next_probe_delay(true);
}

void WorkloadController::order_lost(const std::string& error) {
  log(LogLevel::Warning,
      fmt::format("{} — no answer to the order to {} it ({}); inspecting whether it was executed", w_.name,
                  w_.remediation.attempt->detail, error));
  if (w_.remediation.attempt->remedy == RemedyKind::Recreate) {
    if (w_.remediation.resumed++ < resumes_allowed) {
      RemedyStep step;
      step.kind = RemedyKind::Recreate;
      order(step, true);
    } else {
      attempt_failed_then_plan(AttemptState::Failed, error);
      inspect();
    }
    return;
  }
  if (keeps_instance(w_.remediation.attempt->remedy) && w_.lifecycle.presence == Presence::Running) {
    // No inspect shows whether the order was executed: the checks decide.
    w_.remediation.attempt->note = error;
    verify_same_instance();
    return;
  }
  // A slow engine may still execute the order, and a second order would do it twice: wait as long again.
  w_.remediation.phase = Settling{now_ + settle_interval, now_};
  inspect();
}

void WorkloadController::stopped_by_healer() {
  attempt_ended(AttemptState::Recovered, "stopped, as configured");
  w_.lifecycle.exit_kind = ExitKind::Ours;
  w_.lifecycle.stopped_by_operator = true;  // no remedy until an operator starts it
  w_.dirty = true;
  close_incident(IncidentOutcome::StoppedByHealer, "stopped, as healer.remedies says");
}

void WorkloadController::resume_attempt(const Attempt& attempt) {
  w_.remediation.attempt = attempt;
  w_.remediation.ordered = OrderedInstance{attempt.instance, attempt.ordered_at, attempt.ordered_at, false};
  if (!w_.incident) {  // nothing to remedy
    attempt_ended(AttemptState::Cancelled, "its incident is closed");
    return;
  }
  if (attempt.state == AttemptState::Verifying) {
    w_.remediation.phase = Verifying{now_ + w_.policy->verify_limit, false, now_};
    return;
  }
  log(LogLevel::Info, fmt::format("{} — attempt {} was unfinished when healer ended; settled by inspect",
                                  w_.name.empty() ? w_.key : w_.name, attempt.number));
  if (attempt.remedy == RemedyKind::Recreate) {
    RemedyStep step;
    step.kind = RemedyKind::Recreate;
    w_.remediation.resumed = 1;
    order(step, true);
    return;
  }
  if (keeps_instance(attempt.remedy)) {  // never repeated: the checks show whether it helped
    verify_same_instance();
    // The former process's order may still be at work: no other order meanwhile.
    w_.remediation.in_flight = InFlight{attempt.id, now_ + command_limit + answer_margin};
    return;
  }
  // Waits as if the order was given now: ordered_at is wall-clock time, and the clock may be another now.
  w_.remediation.phase = Settling{now_ + settle_interval, now_};
}

void WorkloadController::settle_by(const Container& facts) {
  const auto settling = std::get<Settling>(w_.remediation.phase);
  const bool changed = facts.instance() != w_.remediation.attempt->instance;
  if (w_.remediation.attempt->remedy == RemedyKind::Stop) {
    if (facts.state == ContainerState::Exited) {
      stopped_by_healer();
      return;
    }
  } else if (changed) {
    // If it runs, its checks decide; if it has exited again, the judged exit ends the verification.
    verify_from(w_.lifecycle.instance_started, false);
    return;
  }
  if (now_ < settling.since + settle_limit()) return;  // this inspect may have brought its stop timeout
  // Exited: the order stopped the container and did not start it (engines before 24.0.7 drop a restart with
  // its client); attempt_ended() handles that.
  attempt_failed_then_plan(AttemptState::NotExecuted,
                           changed ? "it was stopped otherwise" : "the order had no effect");
}

/// When the checks of an instance that began at `started` must have given a verdict.
Instant WorkloadController::verified_by(Instant started) const {
  const bool by_engine = uses_engine_health();
  const Duration learned = learned_start_period();
  const Duration start_period = by_engine ? std::max(learned, w_.container.health_start_period) : learned;
  // With a long interval, a verdict may need longer than the limit.
  const Duration pace = by_engine ? w_.container.health_interval + w_.container.health_timeout
                                  : w_.policy->effective_fast_interval() + w_.policy->effective_timeout();
  const Duration limit = std::max(w_.policy->verify_limit, pace * checks_to_decide(*w_.policy));
  return std::max(now_, started + start_period) + limit;
}

void WorkloadController::verify_from(Instant started, bool awaiting_instance) {
  Instant deadline = verified_by(started);
  if (awaits_alert())
    deadline = std::max(deadline, verified_by(std::max(now_, started) + w_.policy->alert_lookback));
  w_.remediation.phase = Verifying{deadline, awaiting_instance, now_ + settle_interval};
  w_.remediation.attempt->state = AttemptState::Verifying;
  save_attempt();
}

void WorkloadController::attempt_ended(AttemptState state, const std::string& note) {
  const bool left_down = w_.lifecycle.presence == Presence::Exited && on_old_instance();
  w_.remediation.attempt->state = state;
  w_.remediation.attempt->ended_at = now_;
  // If the remedy keeps the instance, a later end of the instance is not caused by the order.
  if (w_.remediation.ordered && !keeps_instance(w_.remediation.attempt->remedy))
    w_.remediation.ordered->until = now_;
  if (!note.empty())
    w_.remediation.attempt->note =
        w_.remediation.attempt->note.empty() ? note : w_.remediation.attempt->note + "; " + note;
  save_attempt();
  w_.remediation.refusal.reset();
  if (state == AttemptState::Failed || state == AttemptState::NotExecuted)
    w_.remediation.refusal =
        fmt::format("The last {} was not executed: {}.", w_.remediation.attempt->detail, clip(note, 300));
  out_.push_back(Count{CountRemedy{w_.remediation.attempt->remedy, state}});
  const bool restarted = traits_of(w_.remediation.attempt->remedy).counts_as_restart;
  if (state == AttemptState::Recovered) {
    w_.remediation.breaker.attempt_recovered();
    if (restarted) w_.remediation.ineffective_restarts = 0;
    decide(Rule::Verified, fmt::format("{} recovered it", w_.remediation.attempt->detail),
           fmt::format("attempt={}", w_.remediation.attempt->number));
  } else if (state != AttemptState::Cancelled) {
    w_.remediation.breaker.attempt_failed(*w_.policy, now_);
    if (restarted && state == AttemptState::NotRecovered) ++w_.remediation.ineffective_restarts;
    // Each failed attempt takes the next step; NotExecuted is no failure of the step.
    if (w_.incident && state != AttemptState::NotExecuted) {
      ++w_.incident->ladder_step;
      save_incident();
    }
    decide(Rule::NotRecovered,
           fmt::format("{} did not help{}", w_.remediation.attempt->detail, note.empty() ? "" : ": " + note),
           fmt::format("attempt={}; state={}", w_.remediation.attempt->number, to_string(state)));
    log(LogLevel::Warning, fmt::format("{} — attempt {} did not help{}", w_.name,
                                       w_.remediation.attempt->number, note.empty() ? "" : ": " + note));
  }
  w_.dirty = true;
  w_.remediation.attempt.reset();
  w_.remediation.phase = Idle{};
  if (left_down && state != AttemptState::Recovered && state != AttemptState::Cancelled) {
    // healer's order stopped it, not an operator, also if the exit code looks like a stop.
    w_.lifecycle.judge_exit_at.reset();
    w_.lifecycle.exit_kind = ExitKind::Ours;
    w_.health.tracker.settle(false);
  }
}

void WorkloadController::attempt_failed_then_plan(AttemptState state, const std::string& note) {
  attempt_ended(state, note);
  if (w_.health.tracker.state() == Tracker::State::Unhealthy || w_.health.alert_firing) plan_remedy();
}

/// Neither healthy nor unhealthy within the limit.
void WorkloadController::verification_over() {
  if (w_.unseen()) {  // no check could run
    std::get<Verifying>(w_.remediation.phase).deadline = now_ + look_again;
    return;
  }
  if (unprobed() && w_.lifecycle.presence == Presence::Running && !w_.remediation.network_loss &&
      !awaits_alert()) {
    became_healthy();  // no probe: it stayed up until the limit
    return;
  }
  const bool failing =
      w_.health.last_verdict.outcome == Outcome::Fail || w_.lifecycle.presence != Presence::Running;
  const std::string& said = w_.health.last_verdict.text;
  // After unknown or passing checks, only a new unhealthy verdict leads to another remedy.
  if (failing) w_.health.tracker.settle(false);
  attempt_failed_then_plan(AttemptState::NotRecovered,
                           "neither healthy nor unhealthy in time" + (said.empty() ? "" : ": " + said));
}

}  // namespace healer
