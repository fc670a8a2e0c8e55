// Holds: why a due remedy waits. HEALING.md 5.
//
// The first of these that applies is the hold:
//
//   hold             | while                                                    | at most
//   -----------------+----------------------------------------------------------+----------------------------
//   Paused           | an operator paused the workload, or all                  | the length of the pause
//   Maintenance      | a maintenance window is open                             | the window
//   Connectivity     | the connectivity check fails, or healer has no           | (descriptors, memory: 5 s)
//                    | descriptors or memory left; only for a running workload  |
//                    | that healer checks itself, not for a lost network or an  |
//                    | alert that counts                                        |
//   EngineDown       | the engine is down, or its first list is not processed   |
//                    | yet                                                      |
//   OperatorStopping | an operator is stopping the container                    | stop timeout + 20 s
//   NetworkParent    | the container whose network it shares is gone or does    |
//                    | not run                                                  |
//   NetworkParent    | that container runs, but is not ready                    | dependency_hold
//   NetworkParent    | that container was restarted or replaced just now        | 10 s
//   Dependency       | a workload that it depends on is not ready               | dependency_hold
//   MassFailure      | too many workloads are unhealthy at once, and no further |
//                    | canary is allowed                                        |
//   Replica          | another replica of its service is in remedy              |
//   Concurrency      | as many as allowed are in remedy, or the free slots      |
//                    | belong to remedies that are due longer                   |
//
// `healer heal` passes over Maintenance, Connectivity, NetworkParent, Dependency and MassFailure, and over a
// pause that began before it. A remedy for a lost network passes over MassFailure.
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/host/host_contribution.hpp"
#include "core/host/maintenance.hpp"
#include "core/workload/controller.hpp"

namespace healer {

std::optional<Instant> WorkloadController::pause_end() const {
  std::optional<Instant> end;
  for (const auto& until : {w_.paused_until, host_state_.host.paused_until})
    if (until && now_ < *until && (!end || *until > *end)) end = until;
  return end;
}

bool WorkloadController::notifications_paused() const {
  return pause_end().has_value();
}

bool WorkloadController::notifications_suppressed() const {
  return notifications_paused() || (host_state_.mass.on() && !cause_is_elsewhere(w_));
}

std::optional<Hold> WorkloadController::hold() {
  if (!w_.incident) w_.remediation.dependency_hold_until.reset();
  // The newest command of the operator counts: `healer pause` or `healer heal`.
  if (!w_.remediation.forced || !w_.remediation.forced_in_pause) {
    if (const auto end = pause_end()) {
      const bool all = !w_.paused_until || now_ >= *w_.paused_until;
      Hold hold{HoldKind::Paused, all ? "everything is paused by an operator" : "paused by an operator", {}};
      if (*end != Instant::max()) hold.until = end;
      return hold;
    }
  }
  if (!w_.remediation.forced) {
    if (auto found = maintenance_hold()) return found;
    if (auto found = connectivity_hold()) return found;
  }
  if (!host_state_.engine_up) return Hold{HoldKind::EngineDown, "the engine is unreachable", {}};
  // Before that, dependencies and a former process's unfinished attempts may be unknown.
  if (!host_state_.synced_once)
    return Hold{HoldKind::EngineDown, "the engine's containers are being listed", {}};
  const Instant stop_over = w_.lifecycle.evidence_at + call_deadline();
  if (w_.lifecycle.evidence.operator_acted() && !w_.lifecycle.evidence.died() && now_ < stop_over)
    return Hold{HoldKind::OperatorStopping, "an operator is stopping it", stop_over};
  if (!w_.remediation.forced) {
    if (auto found = network_hold()) return found;
    if (auto found = dependency_hold()) return found;
  }
  return mass_failure_hold();
}

std::optional<Hold> WorkloadController::maintenance_hold() const {
  if (w_.policy->maintenance.empty()) return std::nullopt;
  const std::int64_t wall_ms = wall_time_of(now_ + host_state_.wall_ahead).unix_ms;
  const std::int64_t second = wall_ms / 1000;  // positive: the wall clock is past 1970
  const auto open = open_window(w_.policy->maintenance, second);
  if (!open) return std::nullopt;
  Hold hold{HoldKind::Maintenance, "maintenance window " + open->window->text, {}};
  if (open->until_unix_s) hold.until = now_ + Duration{*open->until_unix_s * 1000 - wall_ms};
  return hold;
}

/// For an incident whose checks used healer's network or resources, which fail now.
std::optional<Hold> WorkloadController::connectivity_hold() const {
  const bool over_network =
      w_.lifecycle.presence == Presence::Running && !uses_engine_health() && !unprobed();
  if (!over_network || w_.remediation.network_loss || w_.health.alert_firing) return std::nullopt;
  if (host_state_.connectivity.failed())
    return Hold{HoldKind::Connectivity, "connectivity check fails: the control target does not answer", {}};
  if (now_ < host_state_.starved_until)
    return Hold{HoldKind::Connectivity, "healer itself ran out of descriptors or memory",
                host_state_.starved_until};
  return std::nullopt;
}

/// Limits a hold whose cause may never end: to dependency_hold after the incident's first such hold.
std::optional<Hold> WorkloadController::limited(Hold hold) {
  if (!w_.remediation.dependency_hold_until)
    w_.remediation.dependency_hold_until = now_ + w_.policy->dependency_hold;
  if (now_ >= *w_.remediation.dependency_hold_until) return std::nullopt;
  hold.until = w_.remediation.dependency_hold_until;
  return hold;
}

std::optional<Hold> WorkloadController::dependency_hold() {
  const auto why = [this](const std::string& key) -> const char* {
    const Workload* other = host_state_.find(key);
    return other != nullptr ? not_ready_reason(*other, now_) : nullptr;
  };
  const auto root =
      host_state_.graph.failing_root(w_.key, [&](const std::string& key) { return why(key) != nullptr; });
  if (!root) return std::nullopt;
  const Workload& other = *host_state_.find(*root);
  // The text stays the same from the incident to the remedy, because each change is stored as a decision.
  const bool healed =
      other.incident && !other.lifecycle.stopped_by_operator && other.lifecycle.presence != Presence::Paused;
  const std::string text = healed ? fmt::format("{} is unhealthy; it is healed first", other.name)
                                  : fmt::format("{} {}; it is waited for", other.name, why(*root));
  return limited({HoldKind::Dependency, text, {}});
}

/// The limits that depend on all workloads: mass failure, replica, concurrency.
std::optional<Hold> WorkloadController::mass_failure_hold() const {
  const bool counted = w_.contribution.in_remedy;  // from Gathering on it has its own slot
  const std::size_t others = host_state_.concurrency.in_use() - (counted ? 1 : 0);
  if (!w_.remediation.forced && !w_.remediation.network_loss && host_state_.mass.room(others) == 0) {
    Hold hold{HoldKind::MassFailure, host_state_.mass.reason(), {}};
    if (host_state_.mass.phase() != MassGuard::Phase::Canary) hold.until = host_state_.mass.deadline();
    return hold;
  }
  if (counted) return std::nullopt;
  const auto* planned = std::get_if<Planned>(&w_.remediation.phase);
  switch (host_state_.concurrency.ask(w_.key, w_.service, planned != nullptr ? planned->due : now_)) {
    case ConcurrencyLimiter::Answer::Free:
      return std::nullopt;
    case ConcurrencyLimiter::Answer::ReplicaBusy:
      return Hold{HoldKind::Replica, "another container of its service is being healed", {}};
    case ConcurrencyLimiter::Answer::Busy:
      return Hold{HoldKind::Concurrency, "as many as may be healed at a time are being healed", {}};
  }
  return std::nullopt;
}

void WorkloadController::operator_pause(std::optional<Duration> length) {
  w_.paused_until = length ? now_ + *length : Instant::max();
  w_.remediation.forced_in_pause = false;
  w_.dirty = true;
  const std::string text = length ? "for " + format_duration(*length) : "until resumed";
  log(LogLevel::Info,
      fmt::format("{} — paused by an operator {}: watched, but nothing is done", w_.name, text));
  decide(Rule::ByOperator, "paused " + text);
}

void WorkloadController::operator_resume() {
  if (!w_.paused_until) return;
  w_.paused_until.reset();
  w_.dirty = true;
  log(LogLevel::Info, fmt::format("{} — resumed by an operator", w_.name));
  decide(Rule::ByOperator, "resumed");
}

void WorkloadController::pause_due() {
  if (!w_.paused_until || now_ < *w_.paused_until) return;
  w_.paused_until.reset();
  w_.dirty = true;
  log(LogLevel::Info, fmt::format("{} — the operator's pause is over", w_.name));
  decide(Rule::ByOperator, "the pause is over");
}

void WorkloadController::cause_gone(HoldKind held_for, const std::string& why) {
  const auto* planned = std::get_if<Planned>(&w_.remediation.phase);
  const bool held = planned != nullptr && planned->hold && planned->hold->kind == held_for;
  // A container that is down does not come back by itself; a workload without a probe gets no new verdict.
  if (!held || w_.lifecycle.presence != Presence::Running || unprobed() || w_.remediation.network_loss ||
      w_.health.alert_firing || w_.remediation.forced)
    return;
  const std::string text = why + "; its own checks decide now";
  log(LogLevel::Info, fmt::format("{} — {}", w_.name, text));
  decide(Rule::Released, text);
  w_.remediation.phase = Idle{};
  w_.remediation.dependency_hold_until.reset();
  if (w_.health.tracker.passed_once())
    w_.health.start_period_until = std::min(w_.health.start_period_until, now_);  // the start was over before
  w_.lifecycle.instance_seen_from_start = false;  // its length cannot be measured now
  w_.health.tracker.begin_instance(true);
  w_.health.health_from = now_;
  if (uses_engine_health()) {
    w_.health.probe_due = now_ + w_.container.health_interval + w_.container.health_timeout;
  } else if (!w_.health.probe) {
    w_.health.probe_due = now_;
  }
}

}  // namespace healer
