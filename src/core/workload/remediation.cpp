// From the order to the end of the attempt. HEALING.md 4; table in remediation.hpp.
#include <algorithm>
#include <utility>

#include "base/earliest.hpp"
#include "core/host/host_contribution.hpp"
#include "core/workload/command_result.hpp"
#include "core/workload/order_limits.hpp"
#include "core/workload/out.hpp"
#include "core/workload/remediation.hpp"

namespace healer {
namespace {

using Then = finding::AttemptEnded::Then;
using Why = finding::OrderDecided::Why;
using Input = RemedyTable::Input;

/// How often healer inspects for the effect of an order without an answer.
constexpr Duration settle_interval = 1s;
/// The wait after a failed inspect.
constexpr Duration look_again = 10s;
/// A recreation whose answer is lost is resumed at most this often.
constexpr unsigned resumes_allowed = 3;

Input input_of(Why why) {
  switch (why) {
    case Why::AsDecided:
      return Input::AsDecided;
    case Why::AnswerLost:
      return Input::AnswerLost;
    case Why::Resumed:
      return Input::Resumed;
    case Why::EndedBySignal:
      return Input::EndedBySignal;
  }
  return Input::AsDecided;
}

/// An attempt may have had an error before its end.
void add_to(AttemptNote& note, const AttemptNote& end) {
  if (!note.error.empty() && !end.error.empty()) note.error += "; ";
  note.error += end.error;
  note.ending = end.ending;
  note.reason = end.reason;
}

}  // namespace

RemediationMachine::RemediationMachine(Remediation& own, const View& view, Out& out)
    : own_(own), view_(view), w_(view.workload), host_(view.host), now_(view.now), out_(out) {}

void RemediationMachine::go(RemedyTable::Input input, RemedyPhase next) {
  const RemedyTable::State from = state_of(own_.phase);
  own_.phase = std::move(next);
  out_.went<RemedyTable>({from, input, state_of(own_.phase)});
}

void RemediationMachine::stay(RemedyTable::Input input) {
  const RemedyTable::State state = state_of(own_.phase);
  out_.went<RemedyTable>({state, input, state});
}

bool Remediation::our_doing() const {
  if (const auto* acting = std::get_if<Acting>(&phase))
    return acting->begun && traits_of(acting->kind).instance != RemedyTraits::Instance::Kept;
  const auto* verifying = std::get_if<Verifying>(&phase);
  return std::holds_alternative<Settling>(phase) || (verifying && verifying->awaiting_instance);
}

bool Remediation::recreating() const {
  const bool other_container =
      attempt && (attempt->remedy == RemedyKind::Recreate || attempt->remedy == RemedyKind::Replace);
  return other_container && our_doing();
}

bool Remediation::explains(const EngineEvent& event) const {
  return our_doing() && !(remedy_started_ns && event.unix_nanoseconds >= *remedy_started_ns);
}

void RemediationMachine::decide_order(const LadderStep& ladder_step) {
  const bool by_window = w_.policy->window && w_.health.tracker.failures() < w_.policy->failure_threshold;
  fact::AttemptOrdered ordered;
  ordered.kind = ladder_step.step.kind;
  ordered.remedy = own_.attempt->detail;
  ordered.reason = w_.incident->reason;
  if (w_.incident->cause == IncidentCause::ProbeFailed && !by_window)
    ordered.failed_checks = w_.policy->failure_threshold;
  ordered.attempt = own_.breaker.attempts_in_window(*w_.policy, now_);
  ordered.budget = w_.policy->retry.budget_attempts;
  ordered.ladder_step = ladder_step.index;
  ordered.started_at = own_.attempt->instance.started_at;
  out_.log(LogLevel::Warning, ordered);
  out_.decide(Rule::Acted, ordered);
  out_.report(finding::OrderDecided{ladder_step.step, Why::AsDecided});
}

void RemediationMachine::give_order(const finding::OrderDecided& decided) {
  const RemedyStep& step = decided.step;
  ApplyRemedy order;
  order.attempt = own_.attempt->id;
  order.workload = w_.key;
  order.name = w_.name;
  order.step = step;
  order.container_id = own_.attempt->instance.container_id;
  order.stop_timeout = w_.policy->stop_timeout;
  order.deadline = deadline_of(step.kind, w_);
  order.number = own_.attempt->number;
  if (w_.incident) order.reason = w_.incident->reason;
  order.incident = own_.attempt->incident;
  order.resume = step.kind == RemedyKind::Recreate && decided.why != Why::AsDecided;
  if (step.kind == RemedyKind::Recreate && w_.health.network_loss)
    order.network_parent = w_.health.network_loss->parent_id;
  own_.in_flight = InFlight{order.attempt, now_ + answer_limit(step.kind, view_)};
  const bool begun = host_.policy.hook_limit == Duration{0} || order.resume;
  go(input_of(decided.why), Acting{step.kind, begun});
  // While the hook runs, an end of the instance is not caused by the order.
  if (begun)
    own_.ordered =
        OrderedInstance{own_.attempt->instance, own_.attempt->ordered_at, own_.attempt->ordered_at, false};
  own_.remedy_started_ns.reset();
  out_.add(std::move(order));
}

void RemediationMachine::finished(const RemedyFinished& finished) {
  if (finished.answer == RemedyAnswer::Begun) {
    auto* waiting = std::get_if<Acting>(&own_.phase);
    if (!own_.attempt || own_.attempt->id != finished.attempt || !waiting) return;
    waiting->begun = true;
    stay(Input::Begun);
    own_.ordered = OrderedInstance{own_.attempt->instance, now_, now_, false};
    return;
  }
  if (own_.in_flight && own_.in_flight->attempt == finished.attempt) own_.in_flight.reset();
  const auto* acting = std::get_if<Acting>(&own_.phase);
  if (!own_.attempt || own_.attempt->id != finished.attempt || !acting) return;
  const RemedyKind kind = acting->kind;
  switch (finished.answer) {
    case RemedyAnswer::Done:
      order_done(kind, finished.new_container_id);
      return;
    case RemedyAnswer::SkippedDryRun:
      out_.log(LogLevel::Info, fact::DryRun{});
      own_.attempt->dry_run = true;
      own_.ordered.reset();
      verify(Input::DryRun, Verified::SameInstance);
      return;
    case RemedyAnswer::Refused:
      if (says_disk_full(finished.error)) out_.report(finding::DiskFull{});
      out_.log(LogLevel::Error, fact::OrderRefused{own_.attempt->detail, finished.error});
      attempt_ended(Input::Refused, AttemptState::Failed, {finished.error, Ending::None, {}},
                    Then::PlanAndInspect);
      return;
    case RemedyAnswer::Lost:
      order_lost(finished.error);
      return;
    case RemedyAnswer::Begun:
      return;
  }
}

void RemediationMachine::order_done(RemedyKind kind, const std::string& new_container_id) {
  ++own_.restarts;
  if (kind == RemedyKind::Stop) {
    out_.inspect();
    attempt_ended(Input::Done, AttemptState::Recovered, {{}, Ending::Stopped, {}}, Then::Stopped);
  } else if (keeps_instance(kind)) {
    verify(Input::Done, Verified::SameInstance);
    out_.inspect();
  } else if (w_.instance() != own_.attempt->instance) {
    verify(Input::Done, Verified::NewInstance);
  } else {
    verify(Input::Done, Verified::AwaitedInstance);
    if (!new_container_id.empty())
      out_.add(Inspect{new_container_id});
    else
      out_.inspect();
  }
}

/// After a signal through the engine, its restart policy does nothing.
void RemediationMachine::ended_by_signal() {
  out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::EndedBySignal});
  own_.attempt->state = AttemptState::Ordered;
  out_.add(Persist{*own_.attempt});
  RemedyStep start;
  start.kind = RemedyKind::Start;
  out_.report(finding::OrderDecided{start, Why::EndedBySignal});
}

void RemediationMachine::order_lost(const std::string& error) {
  out_.log(LogLevel::Warning, fact::AnswerLost{own_.attempt->detail, error});
  if (own_.attempt->remedy == RemedyKind::Recreate) {
    if (own_.resumed++ < resumes_allowed) {
      RemedyStep step;
      step.kind = RemedyKind::Recreate;
      out_.report(finding::OrderDecided{step, Why::AnswerLost});
    } else {
      attempt_ended(Input::AnswerLost, AttemptState::Failed,
                    {error, error.empty() ? Ending::NoAnswer : Ending::None, {}}, Then::PlanAndInspect);
    }
    return;
  }
  if (keeps_instance(own_.attempt->remedy) && w_.lifecycle.presence == Presence::Running) {
    // No inspect shows whether the order was executed: the checks decide.
    own_.attempt->note.error = error;
    verify(Input::AnswerLost, Verified::SameInstance);
    return;
  }
  // A slow engine may still execute the order, and a second order would do it twice: wait as long again.
  go(Input::AnswerLost, Settling{now_ + settle_interval, now_});
  out_.inspect();
}

void RemediationMachine::resume(const Attempt& attempt) {
  own_.attempt = attempt;
  own_.ordered = OrderedInstance{attempt.instance, attempt.ordered_at, attempt.ordered_at, false};
  if (!w_.incident) {  // nothing to remedy
    attempt_ended(Input::Resumed, AttemptState::Cancelled, {{}, Ending::IncidentOver, {}});
    return;
  }
  if (attempt.state == AttemptState::Verifying) {
    go(Input::Resumed, Verifying{now_ + w_.policy->retry.verify_limit, false, now_});
    return;
  }
  out_.log(LogLevel::Info, fact::AttemptResumed{attempt.number});
  if (attempt.remedy == RemedyKind::Recreate) {
    RemedyStep step;
    step.kind = RemedyKind::Recreate;
    own_.resumed = 1;
    out_.report(finding::OrderDecided{step, Why::Resumed});
    return;
  }
  if (keeps_instance(attempt.remedy)) {  // never repeated: the checks show whether it helped
    verify(Input::Resumed, Verified::SameInstance);
    // The former process's order may still be at work: no other order meanwhile.
    own_.in_flight = InFlight{attempt.id, now_ + command_limit + answer_margin};
    return;
  }
  // Waits as if the order was given now: ordered_at is wall-clock time, and the clock may be another now.
  go(Input::Resumed, Settling{now_ + settle_interval, now_});
}

void RemediationMachine::settle() {
  const Container& facts = w_.container;
  const auto settling = std::get<Settling>(own_.phase);
  const bool changed = facts.instance() != own_.attempt->instance;
  if (own_.attempt->remedy == RemedyKind::Stop) {
    if (facts.state == ContainerState::Exited) {
      attempt_ended(Input::Exited, AttemptState::Recovered, {{}, Ending::Stopped, {}}, Then::Stopped);
      return;
    }
  } else if (changed) {
    // If it runs, its checks decide; if it has exited again, the judged exit ends the verification.
    verify(Input::InstanceChanged, Verified::NewInstance);
    return;
  }
  if (now_ < settling.since + settle_limit(view_)) return;  // this inspect may have brought its stop timeout
  // Exited: the order stopped the container and did not start it (engines before 24.0.7 drop a restart with
  // its client); attempt_ended() handles that.
  attempt_ended(Input::OutOfTime, AttemptState::NotExecuted,
                {{}, changed ? Ending::StoppedOtherwise : Ending::NoEffect, {}}, Then::Plan);
}

void RemediationMachine::verify(RemedyTable::Input input, Verified what) {
  const Instant started = what == Verified::NewInstance ? w_.lifecycle.instance_started : now_;
  Instant deadline = verified_by(started, view_);
  if (w_.alerts.awaited())
    deadline = std::max(deadline, verified_by(std::max(now_, started) + w_.policy->alerts.lookback, view_));
  go(input, Verifying{deadline, what == Verified::AwaitedInstance, now_ + settle_interval});
  own_.attempt->state = AttemptState::Verifying;
  out_.add(Persist{*own_.attempt});
  if (what == Verified::SameInstance) out_.report(finding::InstanceKept{});
}

void RemediationMachine::attempt_ended(RemedyTable::Input input, AttemptState state, const AttemptNote& note,
                                       Then then, bool failing) {
  const bool left_down = w_.lifecycle.presence == Presence::Exited && w_.on_old_instance();
  own_.attempt->state = state;
  own_.attempt->ended_at = now_;
  // If the remedy keeps the instance, a later end of the instance is not caused by the order.
  if (own_.ordered && !keeps_instance(own_.attempt->remedy)) own_.ordered->until = now_;
  add_to(own_.attempt->note, note);
  out_.add(Persist{*own_.attempt});
  own_.refusal.reset();
  if (state == AttemptState::Failed || state == AttemptState::NotExecuted)
    own_.refusal = notice::Refusal{own_.attempt->detail, note};
  out_.add(Count{CountRemedy{own_.attempt->remedy, state}});
  const bool restarted = traits_of(own_.attempt->remedy).counts_as_restart;
  const fact::AttemptEnded ended{own_.attempt->number, own_.attempt->detail, state, note};
  if (state == AttemptState::Recovered) {
    out_.went<Breaker>(own_.breaker.attempt_recovered());
    if (restarted) own_.ineffective_restarts = 0;
    out_.decide(Rule::Verified, ended);
  } else if (state != AttemptState::Cancelled) {
    const unsigned in_vain = own_.ladder_step + (state != AttemptState::NotExecuted ? 1 : 0);
    out_.went<Breaker>(own_.breaker.attempt_failed(*w_.policy, now_, in_vain));
    if (restarted && state == AttemptState::NotRecovered) ++own_.ineffective_restarts;
    // Each failed attempt takes the next step; NotExecuted is no failure of the step.
    if (w_.incident && state != AttemptState::NotExecuted) {
      ++own_.ladder_step;
      out_.report(finding::IncidentChanged{});
    }
    out_.decide(Rule::NotRecovered, ended);
    out_.log(LogLevel::Warning, ended);
  }
  out_.record_changed();
  own_.attempt.reset();
  go(input, Idle{});
  const bool failed = state != AttemptState::Recovered && state != AttemptState::Cancelled;
  out_.report(finding::AttemptEnded{state, left_down && failed, failing, then});
}

void RemediationMachine::verification_failed(RemedyTable::Input input, const Reason& why) {
  if (!std::holds_alternative<Verifying>(own_.phase)) return;
  // What the engine has restarted needs a new verdict first.
  const Then then = input == Input::EngineRestarted ? Then::Nothing : Then::Plan;
  attempt_ended(input, AttemptState::NotRecovered, {{}, Ending::None, why}, then);
}

void RemediationMachine::healthy() {
  drop_queued(Input::Healthy, Ending::HealthyAgain);
  if (std::holds_alternative<Verifying>(own_.phase))
    attempt_ended(Input::Healthy, AttemptState::Recovered, {});
}

/// Neither healthy nor unhealthy within the limit.
void RemediationMachine::verification_over() {
  if (w_.unseen()) {  // no check could run
    std::get<Verifying>(own_.phase).deadline = now_ + look_again;
    stay(Input::OutOfTime);
    return;
  }
  const Health& health = w_.health;
  const bool running = w_.lifecycle.presence == Presence::Running;
  if (health.unjudged() && running && !health.network_loss && !w_.alerts.awaited()) {
    out_.report(finding::StayedUp{});
    return;
  }
  // After unknown or passing checks, only a new unhealthy verdict leads to another remedy.
  const bool failing = health.last_verdict.outcome == Outcome::Fail || !running;
  attempt_ended(Input::OutOfTime, AttemptState::NotRecovered,
                {{}, Ending::OutOfTime, health.last_verdict.reason}, Then::Plan, failing);
}

void RemediationMachine::instance_began(const finding::InstanceBegan& began) {
  const bool awaited =
      std::holds_alternative<Settling>(own_.phase) || std::holds_alternative<Verifying>(own_.phase);
  if (own_.attempt && own_.attempt->instance != w_.instance() && awaited)
    verify(Input::InstanceBegins, Verified::NewInstance);
  if (!own_.queued()) return;
  // The verdict was about another instance: a new instance needs a new verdict.
  if (began.same) {
    go(Input::InstanceBegins, Idle{});
    own_.forced = false;
  } else {
    drop_queued(Input::InstanceBegins, Ending::RunsAnew);
  }
}

void RemediationMachine::exited_again() {
  if (auto* verifying = std::get_if<Verifying>(&own_.phase)) verifying->awaiting_instance = false;
}

void RemediationMachine::started(const EngineEvent& event) {
  const WallTime when{event.unix_nanoseconds / 1000000};
  if (own_.our_doing() && !own_.remedy_started_ns && host_.instant(when) >= own_.attempt->ordered_at)
    own_.remedy_started_ns = event.unix_nanoseconds;
}

void RemediationMachine::drop(RemedyTable::Input input, Ending why) {
  drop_queued(input, why);
  if (own_.attempt) attempt_ended(input, AttemptState::Cancelled, {{}, why, {}});
}

void RemediationMachine::paused_by_operator() {
  // While an order is under way, healer waits for its answer: the order may still have had an effect.
  if (std::holds_alternative<Acting>(own_.phase) || std::holds_alternative<Idle>(own_.phase)) return;
  drop(Input::Paused, Ending::PausedByOperator);
}

void RemediationMachine::successor_awaited() {
  if (std::holds_alternative<Settling>(own_.phase))
    verify(Input::SuccessorAwaited, Verified::AwaitedInstance);
}

/// From now on the checks decide, in the same time as without an alert. A remedy that only the alert asked
/// for is not needed any more, even before a check has passed.
void RemediationMachine::alert_over() {
  if (w_.lifecycle.presence == Presence::Running && !w_.alerts.awaited() && !w_.health.unhealthy() &&
      !w_.health.network_loss && !own_.forced)
    drop_queued(Input::Healthy, Ending::AlertOver);
  auto* verifying = std::get_if<Verifying>(&own_.phase);
  if (verifying == nullptr || w_.alerts.awaited()) return;
  verifying->deadline = std::min(verifying->deadline, verified_by(w_.lifecycle.instance_started, view_));
}

void RemediationMachine::inspected() {
  if (std::holds_alternative<Checking>(own_.phase))
    check_then_act();
  else if (std::holds_alternative<Settling>(own_.phase))
    settle();
}

void RemediationMachine::answer_due() {
  if (!own_.in_flight || now_ < own_.in_flight->until) return;
  own_.in_flight.reset();
  if (std::holds_alternative<Acting>(own_.phase)) order_lost({});
}

void RemediationMachine::due() {
  if (const auto row = own_.breaker.advance(now_)) {
    out_.went<Breaker>(*row);
    out_.record_changed();
    out_.log(LogLevel::Info, fact::BreakerHalfOpen{});
  }
  // plan() itself checks everything that prevents a plan, so it is called in every step.
  if (w_.incident && (w_.health.unhealthy() || w_.health.network_loss || w_.alerts.acting)) plan();

  if (const auto* planned = std::get_if<Planned>(&own_.phase)) {
    if (now_ >= planned->due) planned_due();
  } else if (const auto* gathering = std::get_if<Gathering>(&own_.phase)) {
    if (now_ >= gathering->until) look_before_acting(Input::OutOfTime);
  } else if (const auto* checking = std::get_if<Checking>(&own_.phase)) {
    if (now_ >= checking->give_up)
      go(Input::OutOfTime, Planned{now_ + std::min(w_.policy->effective_fast_interval(), look_again), {}});
  } else if (auto* settling = std::get_if<Settling>(&own_.phase)) {
    if (now_ >= settling->next_look) {
      settling->next_look = now_ + settle_interval;
      if (host_.engine_up) out_.inspect();
    }
  } else if (auto* verifying = std::get_if<Verifying>(&own_.phase)) {
    if (now_ >= verifying->deadline) {
      verification_over();
    } else if (verifying->awaiting_instance && now_ >= verifying->next_look) {
      verifying->next_look = now_ + settle_interval;
      if (host_.engine_up) out_.inspect();
    }
  }
}

std::optional<Instant> RemediationMachine::deadline() const {
  Earliest next;
  if (own_.in_flight) next.at(own_.in_flight->until);
  if (const auto* planned = std::get_if<Planned>(&own_.phase)) {
    if (!planned->hold)
      next.at(planned->looks_until ? std::max(*planned->looks_until, now_ + Duration{1}) : planned->due);
    else if (planned->hold->until)  // else the host releases the hold
      next.at(std::max(*planned->hold->until, now_ + Duration{1}));
  }
  if (const auto* gathering = std::get_if<Gathering>(&own_.phase)) next.at(gathering->until);
  if (const auto* checking = std::get_if<Checking>(&own_.phase)) next.at(checking->give_up);
  if (const auto* settling = std::get_if<Settling>(&own_.phase)) next.at(settling->next_look);
  if (const auto* verifying = std::get_if<Verifying>(&own_.phase)) {
    next.at(verifying->deadline);
    if (const auto until = slot_until(w_, host_.policy); until && now_ < *until) next.at(*until);
    if (verifying->awaiting_instance) next.at(verifying->next_look);
  }
  if (own_.breaker.state() == BreakerState::Open) next.at(own_.breaker.until());
  return next.when();
}

}  // namespace healer
