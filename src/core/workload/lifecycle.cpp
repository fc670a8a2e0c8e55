#include "core/workload/lifecycle.hpp"

#include <algorithm>
#include <utility>

#include "base/earliest.hpp"
#include "core/workload/exit_judgement.hpp"
#include "core/workload/order_limits.hpp"
#include "core/workload/out.hpp"

namespace healer {
namespace {

using Presences = PresenceTable::Input;
using Exits = ExitTable::Input;

/// Events that explain an exit arrive within this time; then the exit is judged without them.
constexpr Duration event_lookback = 2s;
/// A workload that returns within this time after its removal is a deployment.
constexpr Duration deployment_lookback = 2min;
/// The wait after a failed inspect.
constexpr Duration look_again = 10s;
/// The exit of a container that has exited when healer first sees it is judged only if the start is this
/// recent: healer received its events, but did not watch it yet. An older one is left alone.
constexpr Duration fresh_start = 60s;

std::int64_t nanoseconds(WallTime at) {
  return at.unix_ms * 1000000;
}

/// While the engine is down, or its first list not processed, events that explain an exit may still come.
bool may_judge(const HostState& host) {
  return host.synced_once && host.engine_up;
}

}  // namespace

void Lifecycle::clock_set_back() {
  if (!judge_exit_at) evidence = {};
}

void Lifecycle::know_before_inspect(ExitEvidence reports, Instant at) {
  evidence = std::move(reports);
  evidence_at = at;
}

LifecycleMachine::LifecycleMachine(Lifecycle& own, const View& view, Out& out)
    : own_(own), view_(view), w_(view.workload), host_(view.host), now_(view.now), out_(out) {}

void LifecycleMachine::go(PresenceTable::Input input, Presence next) {
  const Presence from = std::exchange(own_.presence, next);
  out_.went<PresenceTable>({from, input, next});
}

void LifecycleMachine::go(ExitTable::Input input, const Exit& next) {
  if (next == own_.exit()) return;
  const ExitTable::State from = own_.exit().state();
  own_.exit_kind = next.kind;
  own_.judge_exit_at = next.judge_at;
  own_.back_by = next.back_by;
  out_.went<ExitTable>({from, input, next.state()});
}

void LifecycleMachine::inspected(const InstanceId& before) {
  own_.forget_at.reset();
  own_.look_again_at.reset();
  const bool same = before == w_.instance();
  switch (w_.container.state) {
    case ContainerState::Running:
      if (same && own_.presence == Presence::Paused)
        out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::Unpaused});
      // Of a restart only the end may have been reported: the presence is not Running then.
      if (!same || own_.presence != Presence::Running) begin_instance(same);
      return;
    case ContainerState::Paused:
      enter_paused();
      return;
    case ContainerState::Restarting:
      if (own_.presence == Presence::Restarting) return;
      out_.report(finding::StoppedRunning{});
      go(Presences::Restarts, Presence::Restarting);
      out_.record_changed();
      judge_exit();
      return;
    case ContainerState::Exited:
    case ContainerState::Dead:
    case ContainerState::Created:
      if (!same && w_.container.started) own_.evidence.forget_before(nanoseconds(*w_.container.started));
      enter_exited(before);
      return;
    case ContainerState::Removing:
      return;  // its destroy event follows
  }
}

void LifecycleMachine::begin_instance(bool same) {
  const Container& facts = w_.container;
  const bool first_sight = own_.presence == Presence::Absent;
  const bool unpaused = own_.presence == Presence::Paused && same;
  go(Presences::Runs, Presence::Running);
  // Events of the new instance itself stay, even if they came before its facts.
  if (facts.started)
    own_.evidence.forget_before(nanoseconds(*facts.started));
  else
    own_.evidence.forget_seen();
  go(Exits::Runs, {});
  own_.ran_before_engine_loss = false;
  own_.exit_judged_before = false;
  if (own_.stopped_by_operator) out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::StartedAgain});
  own_.stopped_by_operator = false;
  // The engine's clock may differ from healer's; a start in the future would lengthen the start period.
  own_.instance_started = facts.started ? std::min(now_, host_.instant(*facts.started)) : now_;
  if (!same) own_.began_unclean = std::exchange(own_.ended_unclean, std::nullopt);
  out_.record_changed();
  out_.report(finding::InstanceBegan{same, unpaused, first_sight && !host_.synced_once});
}

void LifecycleMachine::enter_paused() {
  if (own_.presence != Presence::Paused) {
    out_.report(finding::StoppedRunning{});
    go(Presences::IsPaused, Presence::Paused);
    go(Exits::IsPaused, {});
    own_.stopped_by_operator = false;
    out_.record_changed();
    out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::Paused});
  }
  out_.report(finding::PausedByOperator{});
}

void LifecycleMachine::enter_exited(const InstanceId& before) {
  const Container& facts = w_.container;
  const bool never_ran = facts.state == ContainerState::Created;
  const bool first_sight = own_.presence == Presence::Absent;
  // It started and exited again before the inspect: the newer instance is judged.
  const bool anew = !first_sight && !never_ran && before != facts.instance();
  if (own_.presence == Presence::Exited && !anew) {
    if (own_.judge_exit_at && own_.evidence.died() && host_.stop_reports == StopReports::Reliable)
      judge_exit();
    return;
  }
  const bool was_up = anew || own_.presence == Presence::Running || own_.presence == Presence::Restarting ||
                      own_.presence == Presence::Paused;
  out_.report(finding::StoppedRunning{});
  go(anew ? Presences::ExitedAnew : Presences::HasExited, Presence::Exited);
  go(Exits::HasExited, {{}, own_.judge_exit_at, own_.back_by});
  out_.record_changed();
  own_.ended_unclean = is_unclean(facts.exit_code) || facts.oom_killed;

  // An operator's stop holds for that container only: a deployment's new container may have crashed.
  const bool still_stopped = own_.stopped_by_operator &&
                             (first_sight ? before.container_id == facts.id : before == facts.instance());
  if (never_ran || still_stopped) {
    own_.stopped_by_operator = true;
    go(Exits::AsWanted, {ExitKind::Operator, own_.judge_exit_at, own_.back_by});
    out_.report(finding::EndedAsWanted{WantedEnd::FoundStopped});
    return;
  }
  const bool just_started = host_.synced_once && facts.instance() != before && facts.started &&
                            now_ - host_.instant(*facts.started) < fresh_start;
  const bool ran_before = own_.ran_when_restored || own_.ran_before_engine_loss;
  if (first_sight && !w_.incident && !ran_before && !just_started) {
    // healer never saw it running, so an operator may want it stopped.
    out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::DownAtFirstSight});
    own_.stopped_by_operator = true;
    go(Exits::AsWanted, {ExitKind::Operator, own_.judge_exit_at, own_.back_by});
    return;
  }
  own_.stopped_by_operator = false;
  if (before.container_id != facts.id) own_.ran_before_engine_loss = false;  // its predecessor ran
  own_.exit_judged_before = first_sight && !own_.ran_when_restored && before == facts.instance();
  if (was_up && own_.evidence.died() && host_.stop_reports == StopReports::Reliable) {
    judge_exit();
    return;
  }
  // The inspect was faster than the events, or healer did not run: wait for the events.
  go(Exits::FewReports, {{}, now_ + event_lookback, own_.back_by});
}

bool is_about_earlier_instance(const EngineEvent& event, const View& view) {
  const Workload& w = view.workload;
  // A start in the future: the clock was set back since, so no event counts as older than it.
  const bool known_start = w.lifecycle.presence != Presence::Absent && w.container.started &&
                           view.host.instant(*w.container.started) <= view.now + 1min;
  return known_start && WallTime{event.unix_nanoseconds / 1000000} < *w.container.started;
}

void LifecycleMachine::reported(const EngineEvent& event) {
  if (const auto* stop = std::get_if<StopRequested>(&event.report))
    stop_requested(*stop, event);
  else if (const auto* ended = std::get_if<Ended>(&event.report))
    this->ended(*ended, event);
  else if (std::holds_alternative<Started>(event.report))
    started(event);
  else if (std::holds_alternative<Changed>(event.report))
    out_.inspect();
}

void LifecycleMachine::stop_requested(const StopRequested& report, const EngineEvent& event) {
  if (report.form == StopForm::Restart) out_.inspect();
  if (is_about_earlier_instance(event, view_) || w_.remediation.explains(event)) return;
  if (report.form == StopForm::Signal && after_our_signal(view_)) return;
  observe(event);
  reconsider_exit();
}

void LifecycleMachine::ended(const Ended& report, const EngineEvent& event) {
  if (is_about_earlier_instance(event, view_)) return;
  own_.ended_unclean = is_unclean(report.exit_code);
  if (!w_.remediation.explains(event) && !after_our_signal(view_)) {
    observe(event);
    reconsider_exit();
  }
  out_.inspect();
}

void LifecycleMachine::started(const EngineEvent& event) {
  if (w_.reported_stopped()) out_.record_changed();
  own_.evidence.note_start(event.unix_nanoseconds);
  if (w_.unseen()) {
    own_.ran_when_restored = true;
    own_.ran_before_engine_loss = false;
    own_.stopped_by_operator = false;
    out_.record_changed();
  }
  out_.inspect();
}

void LifecycleMachine::observe(const EngineEvent& event) {
  if (own_.evidence.observe(event)) own_.evidence_at = std::min(now_, host_.happened(event.unix_nanoseconds));
  if (w_.reported_stopped()) out_.record_changed();
}

void LifecycleMachine::took_over() {
  if (!own_.evidence.died() || own_.presence == Presence::Exited || w_.on_old_instance()) return;
  if (own_.evidence.operator_acted())
    out_.report(finding::EndedAsWanted{WantedEnd::RestartedByOperator});
  else if (own_.presence == Presence::Running)
    // The restart policy was faster than the inspect: healer never saw the state exited.
    left_to_engine(exit_reason(ExitKind::Crash, view_));
}

void LifecycleMachine::leave_engine(PresenceTable::Input how) {
  go(how, Presence::Absent);
  own_.ran_when_restored = false;
  own_.look_again_at.reset();
  go(Exits::Left, {own_.exit_kind, {}, {}});
  out_.record_changed();
}

void LifecycleMachine::container_gone() {
  if (own_.presence == Presence::Absent && own_.forget_at) return;
  if (w_.remediation.recreating()) {
    // A successor follows: the engine's answer names it, or an orchestrator starts it.
    out_.report(finding::SuccessorAwaited{});
    return;
  }
  leave_engine(Presences::Gone);
  own_.forget_at = now_ + deployment_lookback;
  own_.removed = true;
  out_.report(finding::Gone{finding::Gone::Why::Removed});
}

void LifecycleMachine::lives_on() {
  own_.removed = false;
}

void LifecycleMachine::opted_out() {
  leave_engine(Presences::OptedOut);
  own_.forget_at = now_;
  own_.removed = false;
  out_.report(finding::Gone{finding::Gone::Why::OptedOut});
}

void LifecycleMachine::not_inspected_yet() {
  own_.look_again_at = now_ + look_again;
}

void LifecycleMachine::engine_lost(bool fell_with_it) {
  const bool up = own_.presence == Presence::Running || own_.presence == Presence::Restarting ||
                  own_.presence == Presence::Paused ||
                  (w_.unseen() && own_.ran_when_restored && !own_.evidence.died());
  if (up || own_.back_by) {
    own_.ran_before_engine_loss = true;
    out_.record_changed();
  }
  if (!fell_with_it) return;
  // The engine's shutdown stopped it: events of that stop, also repeated, explain no exit. HEALING.md 3.
  own_.ran_before_engine_loss = true;
  own_.stopped_by_operator = false;
  go(Exits::FellWithEngine, {{}, {}, own_.back_by});
  own_.evidence.forget_seen();
  out_.record_changed();
}

void LifecycleMachine::synced() {
  if (w_.unseen()) return;
  if (own_.ran_before_engine_loss) out_.record_changed();
  if (own_.presence != Presence::Exited) {
    own_.ran_before_engine_loss = false;  // it outlived the loss, or its policy restarts it
  } else if (own_.judge_exit_at) {
    go(Exits::Synced, {own_.exit_kind, now_ + event_lookback, own_.back_by});
  } else if (own_.ran_before_engine_loss && own_.back_by) {
    // No restart while the engine was down.
    go(Exits::Synced, {own_.exit_kind, {}, std::max(*own_.back_by, now_ + engine_lookback)});
    own_.ran_before_engine_loss = false;
  } else if (own_.ran_before_engine_loss && !own_.exit_kind) {
    go(Exits::Synced, {{}, now_ + event_lookback, {}});
  }
}

void LifecycleMachine::left_down() {
  // healer's order stopped it, not an operator, also if the exit code looks like a stop.
  go(Exits::LeftDown, {ExitKind::Ours, {}, own_.back_by});
}

void LifecycleMachine::stopped_by_remedy() {
  go(Exits::StoppedByRemedy, {ExitKind::Ours, own_.judge_exit_at, own_.back_by});
  own_.stopped_by_operator = true;
  out_.record_changed();
}

void LifecycleMachine::reset() {
  own_.crashes.clear();
}

void LifecycleMachine::heal() {
  go(Exits::Heal, {own_.exit_kind, own_.judge_exit_at, {}});
}

void LifecycleMachine::due() {
  if (own_.look_again_at && now_ >= *own_.look_again_at && host_.engine_up) {
    own_.look_again_at.reset();
    out_.inspect();
  }
  if (own_.judge_exit_at && now_ >= *own_.judge_exit_at && may_judge(host_)) judge_exit();
}

std::optional<Instant> LifecycleMachine::deadline() const {
  Earliest next;
  if (may_judge(host_)) next.at(own_.judge_exit_at);
  next.at(own_.back_by);
  if (host_.engine_up) next.at(own_.look_again_at);
  // Not forgotten before the engine's answer.
  if (!w_.remediation.in_flight && now_ < own_.forget_at) next.at(own_.forget_at);
  return next.when();
}

}  // namespace healer
