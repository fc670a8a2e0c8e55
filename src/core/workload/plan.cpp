// From an incident to the order: step, time, holds, evidence, inspect. HEALING.md 4; table in workload.hpp.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// Evidence delays a remedy by at most this.
constexpr Duration evidence_limit = 2s;
/// Without an answer to the inspect after this time, the remedy is planned again.
constexpr Duration inspect_lookback = 10s;

}  // namespace

std::optional<LadderStep> WorkloadController::wanted_step() const {
  if (w_.remediation.network_loss && w_.incident && remedies_network()) {
    LadderStep ladder_step;
    ladder_step.index = w_.incident->ladder_step;
    ladder_step.step.kind = w_.remediation.network_loss->remedy;
    return ladder_step;
  }
  return choose_step(w_.remediation.ladder, w_.incident ? w_.incident->ladder_step : 0,
                     w_.lifecycle.presence == Presence::Exited, w_.remediation.ineffective_restarts);
}

RemedyKind WorkloadController::wanted_remedy() const {
  const auto ladder_step = wanted_step();
  return ladder_step ? ladder_step->step.kind : RemedyKind::None;
}

bool WorkloadController::queued() const {
  return std::holds_alternative<Planned>(w_.remediation.phase) ||
         std::holds_alternative<Gathering>(w_.remediation.phase) ||
         std::holds_alternative<Checking>(w_.remediation.phase);
}

void WorkloadController::drop_queued(const std::string& why) {
  if (!queued()) return;
  log(LogLevel::Info, fmt::format("{} — planned remedy cancelled: {}", w_.name, why));
  decide(Rule::Cancelled, "the planned remedy is cancelled: " + why);
  w_.remediation.phase = Idle{};
  w_.remediation.forced = false;
}

void WorkloadController::plan_remedy() {
  if (!w_.incident || w_.remediation.attempt || w_.remediation.in_flight ||
      !std::holds_alternative<Idle>(w_.remediation.phase))
    return;
  const ContainerState state = w_.container.state;
  const bool up = w_.lifecycle.presence == Presence::Running && state == ContainerState::Running;
  const bool down = w_.lifecycle.presence == Presence::Exited &&
                    (state == ContainerState::Exited || state == ContainerState::Dead) &&
                    !w_.lifecycle.stopped_by_operator;
  if (!up && !down) return;
  // In a crash loop the engine's policy restarts it; healer remedies an unhealthy instance that stays up.
  if (w_.incident->cause == IncidentCause::CrashLoop && up &&
      now_ - w_.lifecycle.instance_started < crash_loop_calm)
    return;
  if (w_.lifecycle.back_by || w_.lifecycle.judge_exit_at)
    return;  // the engine restarts it, or the exit is not judged yet

  const auto ladder_step = wanted_step();
  if (!ladder_step) {  // no remedy, only notifications
    if (w_.incident->ladder_step > 0 || w_.remediation.ineffective_restarts >= ineffective_restarts_enough)
      notify_ladder_end();
    return;
  }
  if (ladder_step->skipped_restarts && ladder_step->index > w_.incident->ladder_step) {
    w_.incident->ladder_step = ladder_step->index;
    const std::string text = fmt::format("the last {} restarts did not help; next is {}",
                                         w_.remediation.ineffective_restarts, to_string(ladder_step->step));
    log(LogLevel::Warning, fmt::format("{} — {}", w_.name, text));
    decide(Rule::SkippedStep, text,
           fmt::format("ineffective_restarts={}", w_.remediation.ineffective_restarts));
    save_incident();
  }

  const BreakerState before = w_.remediation.breaker.state();
  const auto permitted = w_.remediation.breaker.permit(*w_.policy, now_);
  if (w_.remediation.breaker.state() != before) w_.dirty = true;
  if (!permitted) {
    if (!w_.incident->gave_up) notify_gave_up();
    return;
  }
  Instant due = *permitted;
  if (w_.remediation.breaker.state() == BreakerState::Closed && !w_.remediation.forced) {
    if (const auto last = w_.remediation.breaker.last_attempt())
      due = std::max(due, *last + backoff_delay(*w_.policy, w_.remediation.backoff_level, backoff_draw()));
  }
  w_.remediation.phase = Planned{due, {}};
  if (due <= now_) return;
  const unsigned attempt = w_.remediation.breaker.attempts_in_window(*w_.policy, now_) + 1;
  log(LogLevel::Info,
      fmt::format("{} — next {} in {} (attempt {} of {})", w_.name, to_string(ladder_step->step),
                  format_duration(due - now_), attempt, w_.policy->budget_attempts));
  decide(Rule::Planned, fmt::format("{} in {}", to_string(ladder_step->step), format_duration(due - now_)),
         fmt::format("attempt={} of {}; backoff_level={}; step={}; breaker={}", attempt,
                     w_.policy->budget_attempts, w_.remediation.backoff_level, ladder_step->index,
                     to_string(w_.remediation.breaker.state())));
}

/// One draw per attempt, however often the attempt is planned again.
double WorkloadController::backoff_draw() const {
  const std::uint64_t attempt = (w_.incident->id.value << 16) + w_.incident->attempts;
  return host_state_.draws.draw(w_.key, Draws::Purpose::Backoff, attempt);
}

/// The planned remedy is due.
void WorkloadController::planned_due() {
  auto& planned = std::get<Planned>(w_.remediation.phase);
  std::optional<Hold> found = hold();
  if (found) {
    if (!planned.hold || planned.hold->kind != found->kind || planned.hold->text != found->text) {
      log(LogLevel::Info, fmt::format("{} — held: {}", w_.name, found->text));
      decide(Rule::Held, found->text, fmt::format("hold={}", to_string(found->kind)));
      if (!planned.hold || planned.hold->kind != found->kind) out_.push_back(Count{CountHold{found->kind}});
    }
    planned.hold = std::move(found);
    return;
  }
  if (planned.hold) decide(Rule::Released, "no longer held: " + planned.hold->text);
  gather_then_check();
}

void WorkloadController::gather_then_check() {
  if (!w_.policy->evidence || !host_state_.capabilities.has(Capability::Evidence)) {
    look_before_acting();
    return;
  }
  w_.remediation.phase = Gathering{now_ + evidence_limit};
  out_.push_back(CaptureEvidence{w_.key, w_.incident->id, w_.container.id, evidence_limit});
}

void WorkloadController::evidence_captured(const EvidenceCaptured& captured) {
  if (!w_.incident || w_.incident->id != captured.incident) return;  // that incident is closed
  w_.remediation.excerpt = captured.excerpt;
  if (!captured.missing.empty())
    log(LogLevel::Info, fmt::format("{} — evidence is incomplete: {}", w_.name, captured.missing));
  if (std::holds_alternative<Gathering>(w_.remediation.phase)) look_before_acting();
}

void WorkloadController::look_before_acting() {
  w_.remediation.phase = Checking{now_ + inspect_lookback};
  inspect();
}

void WorkloadController::check_then_act() {
  const Container& facts = w_.container;
  const auto ladder_step = wanted_step();
  const bool exited = facts.state == ContainerState::Exited || facts.state == ContainerState::Dead;
  const bool as_decided =
      w_.incident && ladder_step &&
      (w_.lifecycle.presence == Presence::Exited ? exited : facts.state == ContainerState::Running);
  // A start waits until the exit is judged, because an operator may have stopped the container.
  const bool exit_open = w_.lifecycle.presence == Presence::Exited &&
                         (w_.lifecycle.judge_exit_at || w_.lifecycle.stopped_by_operator);
  const bool wanted = w_.health.tracker.state() == Tracker::State::Unhealthy || w_.remediation.forced ||
                      w_.remediation.network_loss || w_.health.alert_firing;
  if (!as_decided || exit_open || !wanted) {
    drop_queued(fmt::format("it is {} now", to_string(facts.state)));
    return;
  }
  if (auto found = hold()) {
    const bool waits = found->kind == HoldKind::EngineDown || found->kind == HoldKind::OperatorStopping;
    w_.remediation.phase =
        Planned{waits ? found->until.value_or(now_ + w_.policy->effective_fast_interval()) : now_, {}};
    if (!waits) planned_due();
    return;
  }
  // A check passed meanwhile: the next results decide whether a remedy is needed.
  if (w_.health.tracker.passes() > 0 && w_.lifecycle.presence == Presence::Running &&
      !w_.remediation.forced && !w_.remediation.network_loss && !w_.health.alert_firing) {
    w_.remediation.phase = Planned{now_ + w_.policy->effective_fast_interval(), {}};
    return;
  }
  act(facts, *ladder_step);
}

void WorkloadController::operator_reset() {
  w_.remediation.breaker.reset();
  w_.remediation.reset_at = now_;
  w_.remediation.backoff_level = 0;
  w_.remediation.backoff_changed_at = now_;
  w_.remediation.ineffective_restarts = 0;
  w_.lifecycle.crashes.clear();
  w_.dirty = true;
  if (w_.incident) {
    w_.incident->gave_up = false;
    w_.incident->ladder_step = 0;
    save_incident();
  }
  if (std::holds_alternative<Planned>(w_.remediation.phase)) w_.remediation.phase = Idle{};
  log(LogLevel::Info, fmt::format("{} — reset by an operator: breaker closed, backoff forgotten", w_.name));
  decide(Rule::ByOperator, "reset: breaker closed, backoff forgotten");
  if (w_.health.tracker.state() == Tracker::State::Unhealthy) plan_remedy();
}

std::string why_not_heal(const Workload& workload) {
  if (workload.remediation.attempt || workload.remediation.in_flight) return "a remedy is under way already";
  if (workload.lifecycle.stopped_by_operator) return "it was stopped; start it instead";
  if (workload.lifecycle.judge_exit_at)
    return "it has just exited, and the cause is not known yet; try again in a few seconds";
  if (workload.lifecycle.presence == Presence::Paused) return "it is paused; unpause it instead";
  if (workload.lifecycle.presence != Presence::Running && workload.lifecycle.presence != Presence::Exited)
    return "there is no container that could be healed now";
  if (!choose_step(workload.remediation.ladder, 0, workload.lifecycle.presence == Presence::Exited, 0))
    return "its ladder has nothing to do";
  return {};
}

void WorkloadController::operator_heal() {
  if (const std::string why_not = why_not_heal(w_); !why_not.empty()) {
    log(LogLevel::Warning, fmt::format("{} — an operator requested a remedy: {}", w_.name, why_not));
    return;
  }
  operator_reset();
  w_.remediation.phase = Idle{};
  w_.remediation.forced = true;
  w_.remediation.forced_in_pause = pause_end().has_value();
  w_.lifecycle.back_by.reset();
  w_.health.tracker.settle(false);
  if (!w_.incident) open_incident(IncidentCause::ByOperator, "an operator requested it");
  decide(Rule::ByOperator, "heal: the next remedy is done now");
  plan_remedy();
}

}  // namespace healer
