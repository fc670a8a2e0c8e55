// From an incident to the order: step, time, holds, evidence, inspect. HEALING.md 4; table in
// remediation.hpp.
#include <algorithm>
#include <utility>

#include "core/host/look_around.hpp"
#include "core/workload/hold.hpp"
#include "core/workload/out.hpp"
#include "core/workload/pause.hpp"
#include "core/workload/remediation.hpp"
#include "core/workload/timing.hpp"

namespace healer {
namespace {

using Input = RemedyTable::Input;

/// Evidence delays a remedy by at most this.
constexpr Duration evidence_limit = 2s;
/// The wait after a failed inspect.
constexpr Duration look_again = 10s;
/// Without an answer to the inspect after this time, the remedy is planned again.
constexpr Duration inspect_lookback = 10s;

/// A step of the ladder starts another instance: only that gets the network back.
bool remedies_network(const Ladder& ladder) {
  return std::any_of(ladder.steps.begin(), ladder.steps.end(), [](const RemedyStep& step) {
    const RemedyTraits& traits = traits_of(step.kind);
    return traits.instance == RemedyTraits::Instance::Replaced;
  });
}

/// One draw per attempt, however often the attempt is planned again.
double backoff_draw(const View& view) {
  const std::uint64_t attempt = (view.workload.incident->id.value << 16) + view.workload.remediation.attempts;
  return view.host.draws.draw(view.workload.key, Draws::Purpose::Backoff, attempt);
}

/// What holds the due remedy. A limited hold's time runs from the first time that it is found.
std::optional<Hold> hold_of_due(Remediation& own, const View& view) {
  FoundHold found = find_hold(view);
  if (found.limit_began && !own.dependency_hold_until)
    own.dependency_hold_until = view.now + view.workload.policy->dependencies.hold;
  return std::move(found.hold);
}

}  // namespace

std::optional<LadderStep> wanted_step(const View& view) {
  const Workload& w = view.workload;
  if (w.health.network_loss && w.incident && remedies_network(w.ladder)) {
    LadderStep ladder_step;
    ladder_step.index = w.remediation.ladder_step;
    ladder_step.step.kind = w.health.network_loss->remedy;
    return ladder_step;
  }
  return choose_step(w.ladder, w.remediation.ladder_step, w.lifecycle.presence == Presence::Exited,
                     w.remediation.ineffective_restarts);
}

RemedyKind wanted_remedy(const View& view) {
  const auto ladder_step = wanted_step(view);
  return ladder_step ? ladder_step->step.kind : RemedyKind::None;
}

bool Remediation::queued() const {
  return std::holds_alternative<Planned>(phase) || std::holds_alternative<Gathering>(phase) ||
         std::holds_alternative<Checking>(phase);
}

void RemediationMachine::drop_queued(RemedyTable::Input input, Ending why) {
  if (!own_.queued()) return;
  const fact::PlanCancelled cancelled{why, w_.container.state};
  out_.log(LogLevel::Info, cancelled);
  out_.decide(Rule::Cancelled, cancelled);
  go(input, Idle{});
  own_.forced = false;
}

void RemediationMachine::plan() {
  if (!w_.incident || own_.attempt || own_.in_flight || !std::holds_alternative<Idle>(own_.phase)) return;
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

  const auto ladder_step = wanted_step(view_);
  if (!ladder_step) {  // no remedy, only notifications
    const bool tried = own_.ladder_step > 0 || own_.ineffective_restarts >= ineffective_restarts_enough;
    if (tried && !w_.notifications.incident->gave_up) out_.report(finding::LadderEnded{});
    return;
  }
  if (ladder_step->skipped_restarts && ladder_step->index > own_.ladder_step) {
    own_.ladder_step = ladder_step->index;
    const fact::StepSkipped skipped{own_.ineffective_restarts, to_string(ladder_step->step)};
    out_.log(LogLevel::Warning, skipped);
    out_.decide(Rule::SkippedStep, skipped);
    out_.report(finding::IncidentChanged{});
  }

  const BreakerState before = own_.breaker.state();
  const auto permitted = own_.breaker.permit(*w_.policy, now_);
  out_.went<Breaker>({before, Breaker::Input::Permit, own_.breaker.state()});
  if (own_.breaker.state() != before) out_.record_changed();
  if (!permitted) {
    if (!w_.notifications.incident->gave_up) out_.report(finding::BudgetUsedUp{});
    return;
  }
  Instant due = *permitted;
  if (own_.breaker.state() == BreakerState::Closed && !own_.forced) {
    if (const auto last = own_.breaker.last_attempt())
      due = std::max(due, *last + backoff_delay(*w_.policy, own_.backoff_level, backoff_draw(view_)));
  }
  go(Input::Unhealthy, Planned{due, {}});
  if (due <= now_) return;
  const fact::RemedyPlanned next{to_string(ladder_step->step),
                                 due - now_,
                                 own_.breaker.attempts_in_window(*w_.policy, now_) + 1,
                                 w_.policy->retry.budget_attempts,
                                 own_.backoff_level,
                                 ladder_step->index,
                                 own_.breaker.state()};
  out_.log(LogLevel::Info, next);
  out_.decide(Rule::Planned, next);
}

/// The failures may be over, or those of a dependency that was not checked since. True: a check comes before
/// the remedy.
bool RemediationMachine::looks_around() {
  auto& planned = std::get<Planned>(own_.phase);
  if (planned.looks_until && now_ >= *planned.looks_until) return false;
  std::vector<std::string> unchecked = to_check_first(view_);
  if (unchecked.empty()) return false;
  if (planned.looks_until) return true;
  if (planned.hold) out_.decide(Rule::Released, fact::HoldOver{*std::exchange(planned.hold, std::nullopt)});
  planned.looks_until = now_ + look_limit(view_, unchecked);
  stay(Input::LooksAround);
  out_.report(finding::LooksAround{std::move(unchecked)});
  return true;
}

/// The planned remedy is due.
void RemediationMachine::planned_due() {
  auto& planned = std::get<Planned>(own_.phase);
  std::optional<Hold> found = hold_of_due(own_, view_);
  if (found && found->kind == HoldKind::OperatorInside) {
    // No event tells when the command ends.
    if (!own_.inside_since) own_.inside_since = now_;
    const bool looked = planned.hold && planned.hold->kind == found->kind && planned.hold->until > now_;
    if (looked)
      found->until = planned.hold->until;
    else
      out_.inspect();
  } else if (w_.container.operator_command.empty()) {
    own_.inside_since.reset();
  }
  if (found) {
    if (!planned.hold || !same_cause(*planned.hold, *found)) {
      out_.log(LogLevel::Info, fact::RemedyHeld{*found});
      out_.decide(Rule::Held, fact::RemedyHeld{*found});
      if (!planned.hold || planned.hold->kind != found->kind) out_.add(Count{CountHold{found->kind}});
    }
    planned.hold = std::move(found);
    planned.looks_until.reset();
    stay(Input::Held);
    if (planned.hold->kind == HoldKind::Alert) out_.report(finding::HeldByAlert{});
    return;
  }
  if (looks_around()) return;
  if (planned.hold) out_.decide(Rule::Released, fact::HoldOver{*planned.hold});
  if (w_.policy->evidence && host_.capabilities.has(Capability::Evidence)) {
    go(Input::Due, Gathering{now_ + evidence_limit});
    out_.add(CaptureEvidence{w_.key, w_.incident->id, w_.container.id, evidence_limit});
  } else {
    look_before_acting(Input::Due);
  }
}

void RemediationMachine::evidence_captured(const EvidenceCaptured& captured) {
  if (!captured.missing.empty()) out_.log(LogLevel::Info, fact::EvidenceIncomplete{captured.missing});
  if (std::holds_alternative<Gathering>(own_.phase)) look_before_acting(Input::EvidenceTaken);
}

void RemediationMachine::look_before_acting(RemedyTable::Input input) {
  go(input, Checking{now_ + inspect_lookback});
  out_.inspect();
}

void RemediationMachine::check_then_act() {
  const Container& facts = w_.container;
  const auto ladder_step = wanted_step(view_);
  const bool exited = facts.state == ContainerState::Exited || facts.state == ContainerState::Dead;
  const bool as_decided =
      w_.incident && ladder_step &&
      (w_.lifecycle.presence == Presence::Exited ? exited : facts.state == ContainerState::Running);
  // A start waits until the exit is judged, because an operator may have stopped the container.
  const bool exit_open = w_.lifecycle.presence == Presence::Exited &&
                         (w_.lifecycle.judge_exit_at || w_.lifecycle.stopped_by_operator);
  const bool wanted = w_.health.tracker.state() == Tracker::State::Unhealthy || own_.forced ||
                      w_.health.network_loss || w_.alerts.acting;
  if (!as_decided || exit_open || !wanted) {
    drop_queued(Input::OtherState, Ending::OtherState);
    return;
  }
  if (auto found = hold_of_due(own_, view_)) {
    const Instant later = found->until.value_or(now_ + w_.policy->effective_fast_interval());
    if (found->kind == HoldKind::EngineDown) {
      go(Input::EngineDown, Planned{later, {}});
    } else if (found->kind == HoldKind::OperatorStopping) {
      go(Input::OperatorStops, Planned{later, {}});
    } else {
      go(Input::Held, Planned{now_, {}});
      planned_due();
    }
    return;
  }
  // A check passed meanwhile: the next results decide whether a remedy is needed.
  if (w_.health.tracker.passes() > 0 && w_.lifecycle.presence == Presence::Running && !own_.forced &&
      !w_.health.network_loss && !w_.alerts.acting) {
    go(Input::PassedMeanwhile, Planned{now_ + w_.policy->effective_fast_interval(), {}});
    return;
  }

  own_.breaker.count_attempt(now_);
  ++own_.backoff_level;
  own_.backoff_changed_at = now_;
  ++own_.attempts;
  own_.ladder_step = std::max(own_.ladder_step, ladder_step->index);
  own_.forced = false;
  out_.record_changed();

  Attempt attempt;
  attempt.id = AttemptId{++out_.ids().attempt};
  attempt.incident = w_.incident->id;
  attempt.workload = w_.key;
  attempt.number = own_.attempts;
  attempt.remedy = ladder_step->step.kind;
  attempt.detail = to_string(ladder_step->step);
  attempt.instance = w_.instance();
  attempt.ordered_at = now_;
  own_.attempt = attempt;
  own_.ordered.reset();
  own_.resumed = 0;
  out_.add(Persist{attempt});
  out_.report(finding::AttemptBegan{*ladder_step});
}

void RemediationMachine::reset() {
  out_.went<Breaker>(own_.breaker.reset());
  own_.reset_at = now_;
  own_.backoff_level = 0;
  own_.backoff_changed_at = now_;
  own_.ineffective_restarts = 0;
  own_.ladder_step = 0;
  out_.record_changed();
  if (std::holds_alternative<Planned>(own_.phase)) go(Input::Reset, Idle{});
}

void RemediationMachine::force() {
  go(Input::Heal, Idle{});
  own_.forced = true;
  own_.forced_after_pauses = pauses_set(view_);
}

void RemediationMachine::incident_opened(IncidentCause cause) {
  switch (cause) {
    case IncidentCause::ProbeFailed:
    case IncidentCause::EngineUnhealthy:
    case IncidentCause::Crashed:
    case IncidentCause::OutOfMemory:
    case IncidentCause::NotBackAfterEngine:
      own_.backoff_level = decayed_level(*w_.policy, own_.backoff_level, now_ - own_.backoff_changed_at);
      own_.backoff_changed_at = now_;
      out_.record_changed();
      return;
    case IncidentCause::CrashLoop:
    case IncidentCause::ByOperator:
    case IncidentCause::NetworkLost:
    case IncidentCause::DependencyRestarted:
    case IncidentCause::AlertFiring:
      return;
  }
}

void RemediationMachine::incident_closed() {
  own_.attempts = 0;
  own_.ladder_step = 0;
  own_.dependency_hold_until.reset();
  own_.backoff_changed_at = now_;  // the backoff decays from now on
  out_.record_changed();
}

void RemediationMachine::cause_gone(HoldKind held_for, const std::string& healthy_again) {
  const auto* planned = std::get_if<Planned>(&own_.phase);
  const bool held = planned != nullptr && planned->hold && planned->hold->kind == held_for;
  // A container that is down does not come back by itself; a workload without a probe gets no new verdict.
  if (!held || w_.lifecycle.presence != Presence::Running || w_.health.unprobed() || w_.health.network_loss ||
      w_.alerts.acting || own_.forced)
    return;
  const fact::HoldCauseGone gone{healthy_again};
  out_.log(LogLevel::Info, gone);
  out_.decide(Rule::Released, gone);
  go(Input::CauseGone, Idle{});
  own_.dependency_hold_until.reset();
  out_.report(finding::HoldCauseGone{});
}

void RemediationMachine::inspect_failed(const Error& error) {
  if (!std::holds_alternative<Checking>(own_.phase)) return;
  out_.log(LogLevel::Warning, fact::InspectFailed{error.message});
  go(Input::InspectFailed, Planned{now_ + std::min(w_.policy->effective_fast_interval(), look_again), {}});
}

HealRefusal why_not_heal(const Workload& workload) {
  if (workload.remediation.attempt || workload.remediation.in_flight) return HealRefusal::RemedyUnderWay;
  if (workload.lifecycle.stopped_by_operator) return HealRefusal::Stopped;
  if (workload.lifecycle.judge_exit_at) return HealRefusal::ExitOpen;
  if (workload.lifecycle.presence == Presence::Paused) return HealRefusal::Paused;
  if (workload.lifecycle.presence != Presence::Running && workload.lifecycle.presence != Presence::Exited)
    return HealRefusal::NoContainer;
  if (!workload.container.owner.name.empty() && !choose_step(workload.ladder, 0, false, 0))
    return HealRefusal::Owned;
  if (!choose_step(workload.ladder, 0, workload.lifecycle.presence == Presence::Exited, 0))
    return HealRefusal::NothingToDo;
  return HealRefusal::None;
}

}  // namespace healer
