// What an exit leads to, once it can be judged, and the time that the engine's restart policy has. HEALING.md
// 3; table in lifecycle.hpp.
#include <algorithm>

#include "core/workload/exit_judgement.hpp"
#include "core/workload/lifecycle.hpp"
#include "core/workload/order_limits.hpp"
#include "core/workload/out.hpp"

namespace healer {
namespace {

using Exits = ExitTable::Input;

/// The time between two looks at what the engine's restart policy has done.
constexpr Duration look_again = 10s;

/// Why it is down, which the engine's restart policy did not change.
Reason not_back(const View& view) {
  const std::optional<ExitKind>& kind = view.workload.lifecycle.exit_kind;
  if (!kind) return reason::NotBackAfterEngine{};
  if (kind == ExitKind::Ours) return reason::LeftDown{true};
  reason::Exited exit = exit_reason(*kind, view);
  exit.not_back = true;
  return exit;
}

}  // namespace

/// The report that explains an exit may come after the exit was judged: from an engine whose stop reports are
/// unreliable, or with the replay after a reconnect.
void LifecycleMachine::reconsider_exit() {
  if (own_.presence != Presence::Exited || own_.judge_exit_at || w_.on_old_instance()) return;
  const bool open = !own_.exit_kind && own_.back_by;  // believed stopped by the engine's end
  const bool blamed = own_.exit_kind == ExitKind::Crash || own_.exit_kind == ExitKind::OutOfMemory;
  if ((open || blamed) && own_.evidence.operator_acted()) apply_exit(ExitKind::Operator);
}

void LifecycleMachine::judge_exit() {
  Exit exit = own_.exit();
  exit.judge_at.reset();
  out_.record_changed();
  const ExitJudgement judged = healer::judge_exit(view_);
  if (std::holds_alternative<RestartsAfterSignal>(judged)) {
    go(Exits::SignalRestarts, exit);
  } else if (std::holds_alternative<DownWithEngine>(judged)) {
    exit.back_by = std::max(now_, host_.synced_at + engine_lookback);
    go(Exits::WithEngine, exit);
    own_.ran_before_engine_loss = false;
    out_.log(LogLevel::Info, fact::DownWithEngine{engine_lookback});
  } else {
    apply_exit(std::get<ExitKind>(judged));
  }
}

void LifecycleMachine::go_judged(ExitKind kind) {
  switch (kind) {
    case ExitKind::Ours:
      go(Exits::Ours, {kind, {}, own_.back_by});
      return;
    case ExitKind::Operator:
    case ExitKind::Completed:
    case ExitKind::JobFailed:
    case ExitKind::Unseen:
      go(Exits::AsWanted, {kind, {}, {}});
      return;
    case ExitKind::Crash:
    case ExitKind::OutOfMemory:
      go(Exits::ByItself, {kind, {}, engine_restarts_it(view_) ? now_ + engine_lookback : own_.back_by});
      return;
  }
}

void LifecycleMachine::apply_exit(ExitKind kind) {
  go_judged(kind);
  out_.record_changed();
  switch (kind) {
    case ExitKind::Ours:
      if (after_our_signal(view_))
        out_.report(finding::EndedBySignal{});
      else if (!w_.remediation.attempt && !own_.stopped_by_operator)  // else the end of the attempt decides
        out_.report(finding::LeftDown{reason::LeftDown{}});
      return;
    case ExitKind::Operator:
      own_.stopped_by_operator = true;
      out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::Stopped});
      out_.report(finding::EndedAsWanted{WantedEnd::StoppedByOperator});
      return;
    case ExitKind::Completed:
      own_.stopped_by_operator = true;
      out_.log(LogLevel::Info, fact::Instance{fact::InstanceChange::Completed});
      out_.report(finding::EndedAsWanted{WantedEnd::Completed});
      return;
    case ExitKind::JobFailed:
      ended_for_good(fact::Exited{fact::ExitCare::JobFailed, exit_reason(kind, view_)},
                     finding::EndedForGood::Why::JobFailed);
      return;
    case ExitKind::Unseen:
      ended_for_good(fact::Instance{fact::InstanceChange::EndedUnseen}, finding::EndedForGood::Why::Unseen);
      return;
    case ExitKind::Crash:
    case ExitKind::OutOfMemory:
      crashed(kind);
      return;
  }
}

void LifecycleMachine::ended_for_good(Fact fact, finding::EndedForGood::Why why) {
  const Reason why_down = exit_reason(*own_.exit_kind, view_);
  own_.stopped_by_operator = true;  // nothing is done until an operator starts it
  out_.log(LogLevel::Warning, std::move(fact));
  out_.report(finding::ExitedByItself{why_down});
  out_.report(finding::EndedAsWanted{WantedEnd::LeftAlone});
  out_.report(finding::EndedForGood{why, why_down});
}

void LifecycleMachine::count_engine_restart(const reason::Exited& exit) {
  own_.crashes.push_back(now_);
  while (own_.crashes.size() > 1 && own_.crashes.front() + w_.policy->retry.budget_window <= now_)
    own_.crashes.erase(own_.crashes.begin());
  fact::Exited exited{fact::ExitCare::LeftToEngine, exit};
  exited.restarts = static_cast<unsigned>(own_.crashes.size());
  exited.window = w_.policy->retry.budget_window;
  out_.log(LogLevel::Warning, exited);
  finding::EngineRestarted restarted{exit, std::nullopt};
  if (own_.crashes.size() >= w_.policy->retry.budget_attempts) {
    reason::Exited loop = exit;
    loop.times = exited.restarts;
    loop.window = exited.window;
    restarted.loop = std::move(loop);
  }
  out_.report(std::move(restarted));
}

/// The engine's restart policy restarts it. An exit with code 0 is how a scheduler ends each of its runs.
void LifecycleMachine::left_to_engine(const reason::Exited& exit) {
  if (exit_code(view_) != 0 || own_.exit_kind == ExitKind::OutOfMemory) {
    count_engine_restart(exit);
    return;
  }
  out_.log(LogLevel::Info, fact::Exited{fact::ExitCare::LeftToEngine, exit});
}

/// Exits are left alone where the owner of the container decides, and outside an incident without heal_exits.
/// True: it was left alone.
bool LifecycleMachine::leave_exited(const Reason& why) {
  const bool owned = !w_.container.owner.name.empty();
  if (!owned && (w_.policy->heal_exits || w_.incident || w_.remediation.attempt)) return false;
  own_.stopped_by_operator = true;
  go(Exits::LeftAlone, {own_.exit_kind, own_.judge_exit_at, {}});
  out_.record_changed();
  const auto care = owned ? fact::ExitCare::LeftToOwner : fact::ExitCare::LeftAlone;
  out_.log(owned ? LogLevel::Info : LogLevel::Warning, fact::Exited{care, why});
  if (owned) out_.report(finding::EndedAsWanted{WantedEnd::LeftToOwner});
  return true;
}

void LifecycleMachine::crashed(ExitKind kind) {
  const reason::Exited why = exit_reason(kind, view_);
  if (engine_restarts_it(view_)) {
    out_.report(finding::ExitedByItself{why});
    left_to_engine(why);
    return;
  }
  if (leave_exited(why)) {
    out_.report(finding::ExitedByItself{why});
    return;
  }
  fact::Exited exited{fact::ExitCare::Remedied, why};
  exited.exit_code = exit_code(view_);
  out_.log(LogLevel::Warning, exited);
  out_.decide(Rule::Crashed, exited);
  out_.report(finding::Down{
      kind == ExitKind::OutOfMemory ? IncidentCause::OutOfMemory : IncidentCause::Crashed, why});
}

void LifecycleMachine::back_due() {
  if (!own_.back_by || now_ < *own_.back_by) return;
  Exit exit = own_.exit();
  exit.back_by = now_ + look_again;
  if (!host_.engine_up) {
    go(Exits::BackDue, exit);
  } else if (own_.presence == Presence::Restarting) {
    out_.inspect();
    go(Exits::BackDue, exit);
  } else if (own_.presence == Presence::Exited) {
    const bool crashed_before = own_.exit_kind.has_value();
    const Reason why = not_back(view_);
    if (leave_exited(why)) return;
    go(Exits::NotBack, {ExitKind::Crash, own_.judge_exit_at, {}});
    out_.log(LogLevel::Warning, fact::Exited{fact::ExitCare::Remedied, why});
    out_.report(
        finding::Down{crashed_before ? IncidentCause::Crashed : IncidentCause::NotBackAfterEngine, why});
  }
}

}  // namespace healer
