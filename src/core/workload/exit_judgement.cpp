#include "core/workload/exit_judgement.hpp"

#include "core/workload/order_limits.hpp"

namespace healer {
namespace {

/// Whether the container ended during healer's order. Its events may come after the engine's refusal.
bool ended_within_order(const View& view) {
  const Workload& w = view.workload;
  const Rare<OrderedInstance>& ordered = w.remediation.ordered;
  if (!ordered || ordered->instance != w.instance() || !w.container.finished) return false;
  const Instant finished = view.host.instant(*w.container.finished);
  return ordered->from <= finished && finished <= ordered->until;
}

/// The exit happened before the memory of the same engine's process begins, and is no matter of memory.
bool forgotten_by_engine(const View& view) {
  const HostState& host = view.host;
  const Container& facts = view.workload.container;
  const auto& [began, lost_before] = host.engine_memory;
  if (!lost_before || (began && *began >= *lost_before)) return false;
  return !facts.oom_killed && facts.finished && host.instant(*facts.finished) <= *lost_before;
}

/// A job's end is final: others await it, or its restart policy does not bring it back and no check of it has
/// ever passed.
bool is_job(const View& view) {
  const Workload& w = view.workload;
  if (!w.service.empty() && view.host.graph.awaits_jobs(w.service)) return true;
  const RestartPolicy policy = w.container.engine_restarts.policy;
  const bool stays_down = policy == RestartPolicy::No || policy == RestartPolicy::OnFailure;
  return stays_down && !w.health.ever_passed();
}

ExitKind by_facts(const Container& facts) {
  return facts.oom_killed ? ExitKind::OutOfMemory : ExitKind::Crash;
}

/// By the events. This engine may report an operator's stop only as an exit, so an exit code that a stop
/// leaves behind counts as a stop.
ExitKind by_events(const View& view) {
  const Container& facts = view.workload.container;
  const ExitKind kind = view.workload.lifecycle.evidence.judge(facts);
  return kind == ExitKind::Crash && view.host.stop_reports == StopReports::Unreliable
             ? judge_unseen_exit(facts)
             : kind;
}

/// What an exit that nobody else caused means, by what the container is for. HEALING.md 3.
ExitKind as_it_is_meant(ExitKind kind, const View& view) {
  const Workload& w = view.workload;
  if (kind != ExitKind::Crash && kind != ExitKind::OutOfMemory) return kind;
  if (w.lifecycle.presence == Presence::Restarting || !w.container.owner.name.empty()) return kind;
  const bool completed = kind == ExitKind::Crash && exit_code(view) == 0;
  if (completed) {
    if (w.policy->on_exit_0 == ExitZeroUse::Completed) return ExitKind::Completed;
    if (w.policy->on_exit_0 == ExitZeroUse::Restart) return kind;
    if (w.container.engine_restarts.policy == RestartPolicy::OnFailure) return ExitKind::Completed;
  }
  if (engine_restarts(w.container) || !is_job(view)) return kind;
  return completed ? ExitKind::Completed : ExitKind::JobFailed;
}

}  // namespace

int exit_code(const View& view) {
  const Workload& w = view.workload;
  return w.lifecycle.evidence.exit_code().value_or(w.container.exit_code);
}

reason::Exited exit_reason(ExitKind kind, const View& view) {
  reason::Exited exit;
  exit.exit_code = exit_code(view);
  exit.out_of_memory = kind == ExitKind::OutOfMemory;
  if (exit.out_of_memory) exit.memory_limit = view.workload.container.memory_limit_note;
  return exit;
}

bool engine_restarts_it(const View& view) {
  return view.workload.lifecycle.presence == Presence::Restarting || engine_restarts(view.workload.container);
}

ExitJudgement judge_exit(const View& view) {
  const Workload& w = view.workload;
  const Lifecycle& lifecycle = w.lifecycle;
  const bool by_alert = after_our_signal(view) && !lifecycle.evidence.operator_acted();
  const bool explained = lifecycle.evidence.died() || lifecycle.evidence.operator_acted();
  if (lifecycle.presence == Presence::Restarting) {
    if (by_alert) return RestartsAfterSignal{};
    // Only the engine's restart policy leads to this state, never after an operator's stop.
    return by_facts(w.container);
  }
  if (w.on_old_instance() || by_alert || ended_within_order(view)) return ExitKind::Ours;
  // A former process judged the exit with all events and opened the incident.
  if (lifecycle.exit_judged_before && w.incident && !lifecycle.ran_before_engine_loss)
    return as_it_is_meant(by_facts(w.container), view);
  if (!explained && forgotten_by_engine(view)) return ExitKind::Unseen;
  if (lifecycle.ran_before_engine_loss && (lifecycle.exit_judged_before || !explained))
    return DownWithEngine{};
  if (explained) return as_it_is_meant(by_events(view), view);
  // The order failed halfway, after it stopped the container.
  const Rare<OrderedInstance>& ordered = w.remediation.ordered;
  if (ordered && ordered->instance == w.instance() && !ordered->by_former_process) return ExitKind::Ours;
  return as_it_is_meant(judge_unseen_exit(w.container), view);
}

}  // namespace healer
