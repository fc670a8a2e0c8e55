#include "core/host/engine_shutdown.hpp"

#include <algorithm>

namespace healer {
namespace {

/// An engine that shuts down stops its containers just before its event stream ends.
constexpr Duration shutdown_gap = 3s;
constexpr Duration shutdown_window = 30s;

bool may_run(const Workload& workload) {
  // A container between two crash-loop restarts is not running, so an engine's shutdown cannot stop it. While
  // inspects fail, only the reported exit shows that.
  const bool up =
      workload.lifecycle.presence == Presence::Running || workload.lifecycle.presence == Presence::Paused;
  return up && !workload.lifecycle.evidence.died();
}

/// An order of healer may have caused the workload's events. After the engine's answer, while healer verifies
/// the attempt, the events are not healer's.
bool is_ordered_about(const Workload& workload) {
  return workload.remediation.attempt && !std::holds_alternative<Verifying>(workload.remediation.phase);
}

}  // namespace

EngineShutdown::EngineShutdown(const Workloads& workloads, Instant now) : now_(now) {
  workloads.each([this](const Workload& workload) {
    newest_event_ = std::max(newest_event_, workload.lifecycle.evidence.newest());
  });
  std::size_t stopped = 0;
  std::size_t running = 0;
  Instant last{};
  workloads.each([&](const Workload& workload) {
    if (is_ordered_about(workload)) return;
    if (stopped_lately(workload)) {
      ++stopped;
      last = std::max(last, workload.lifecycle.evidence_at);
    } else if (may_run(workload)) {
      ++running;
    }
  });
  shut_down_ = running == 0 && stopped >= 2 && now - last <= shutdown_gap;
}

bool EngineShutdown::stopped(const Workload& workload) const {
  return shut_down_ && !is_ordered_about(workload) && stopped_lately(workload);
}

/// By the events, an operator stopped the workload within the last `shutdown_window`.
bool EngineShutdown::stopped_lately(const Workload& workload) const {
  // The engine's clock is compared too: a stop that arrives late, after a reconnect, is older than it seems.
  const bool together =
      newest_event_ - workload.lifecycle.evidence.newest() < shutdown_window.count() * 1'000'000;
  // An exit soon after a signal of healer counts as healer's; a stop request does not.
  const bool ended = workload.lifecycle.evidence.died() || workload.lifecycle.presence == Presence::Exited;
  const bool there = workload.lifecycle.presence != Presence::Absent || workload.unseen();
  return ended && workload.lifecycle.evidence.operator_acted() && there &&
         workload.lifecycle.presence != Presence::Paused && together &&
         now_ - workload.lifecycle.evidence_at < shutdown_window;
}

}  // namespace healer
