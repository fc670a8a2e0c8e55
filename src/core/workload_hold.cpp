// What keeps a remedy from being done now, although it would be. HEALING.md 5.
//
// The first of these that applies is the one that is named:
//
//   hold             | while                                                     | at most
//   -----------------+-----------------------------------------------------------+---------------------------
//   OperatorPause    | an operator paused it, or all                             | as long as was said
//   Maintenance      | a window is open                                          | the window
//   Unchecked        | healer itself is in doubt, and the incident was probed    | that doubt
//   EngineDown       | the engine cannot be reached, or its first list is not    |
//                    | worked through                                            |
//   OperatorStopping | an operator is stopping it                                | the time a stop has
//   NetworkParent    | the container whose network it shares is down, gone, not  | when that one runs but is
//                    |                                                           | not
//                    | healthy, or was replaced just now                         | well: dependency_hold
//   Dependency       | something it depends on fails                             | dependency_hold
//   MassFailure      | too much is unhealthy at once, and it is no canary's turn |
//   Replica          | another container of its service is in remedy             |
//   Concurrency      | enough are in remedy, or who is due longer is first       |
//
// `healer heal` passes over all but EngineDown, OperatorStopping, Replica and Concurrency: an operator wants
// it now.
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/host_contribution.hpp"
#include "core/maintenance.hpp"
#include "core/workload_controller.hpp"

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
  if (!w_.incident) w_.dependency_hold_until.reset();
  // Of a pause and the order to heal, what was said last holds.
  if (!w_.forced || !w_.forced_in_pause) {
    if (const auto end = pause_end()) {
      const bool all = !w_.paused_until || now_ >= *w_.paused_until;
      Hold hold{HoldKind::Paused, all ? "everything is paused by an operator" : "paused by an operator", {}};
      if (*end != Instant::max()) hold.until = end;
      return hold;
    }
  }
  if (!w_.forced) {
    if (auto found = maintenance_hold()) return found;
    if (auto found = connectivity_hold()) return found;
  }
  if (!host_state_.engine_up) return Hold{HoldKind::EngineDown, "the engine is unreachable", {}};
  // Until then neither all dependencies are known nor what a former process has under way.
  if (!host_state_.synced_once)
    return Hold{HoldKind::EngineDown, "the engine's containers are being listed", {}};
  const Instant stop_over = w_.evidence_at + call_deadline();
  if (w_.evidence.operator_acted() && !w_.evidence.died() && now_ < stop_over)
    return Hold{HoldKind::OperatorStopping, "an operator is stopping it", stop_over};
  if (!w_.forced) {
    if (auto found = network_hold()) return found;
    if (auto found = dependency_hold()) return found;
  }
  return mass_failure_hold();
}

std::optional<Hold> WorkloadController::maintenance_hold() const {
  if (w_.policy->maintenance.empty()) return std::nullopt;
  const std::int64_t wall_ms = wall_time_of(now_ + host_state_.wall_ahead).unix_ms;
  const std::int64_t second = wall_ms / 1000;  // the wall clock is past 1970
  const auto open = open_window(w_.policy->maintenance, second);
  if (!open) return std::nullopt;
  Hold hold{HoldKind::Maintenance, "maintenance window " + open->window->text, {}};
  if (open->until_unix_s) hold.until = now_ + Duration{*open->until_unix_s * 1000 - wall_ms};
  return hold;
}

/// What was seen over a network that healer itself does not trust now.
std::optional<Hold> WorkloadController::connectivity_hold() const {
  const bool over_network = w_.presence == Presence::Running && !uses_engine_health() && !unprobed();
  if (!over_network || w_.network_loss || w_.alert_firing) return std::nullopt;
  if (host_state_.connectivity.failed())
    return Hold{HoldKind::Connectivity, "connectivity check fails: the control target does not answer", {}};
  if (now_ < host_state_.starved_until)
    return Hold{HoldKind::Connectivity, "healer itself ran out of descriptors or memory",
                host_state_.starved_until};
  return std::nullopt;
}

/// A hold for something that may never be healthy: it ends when the workload's lookback does.
std::optional<Hold> WorkloadController::limited(Hold hold) {
  if (!w_.dependency_hold_until) w_.dependency_hold_until = now_ + w_.policy->dependency_hold;
  if (now_ >= *w_.dependency_hold_until) return std::nullopt;
  hold.until = w_.dependency_hold_until;
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
  // The same words from its incident to its remedy: each change of them is a decision on record.
  const bool healed = other.incident && !other.stopped_by_operator && other.presence != Presence::Paused;
  const std::string text = healed ? fmt::format("{} is unhealthy; it is healed first", other.name)
                                  : fmt::format("{} {}; it is waited for", other.name, why(*root));
  return limited({HoldKind::Dependency, text, {}});
}

/// What others are in remedy, or unhealthy, just now.
std::optional<Hold> WorkloadController::mass_failure_hold() const {
  const bool counted = w_.contribution.in_remedy;  // evidence is gathered already: its own place is taken
  const std::size_t others = host_state_.concurrency.in_use() - (counted ? 1 : 0);
  if (!w_.forced && !w_.network_loss && host_state_.mass.room(others) == 0) {
    Hold hold{HoldKind::MassFailure, host_state_.mass.reason(), {}};
    if (host_state_.mass.phase() != MassGuard::Phase::Canary) hold.until = host_state_.mass.deadline();
    return hold;
  }
  if (counted) return std::nullopt;
  const auto* planned = std::get_if<Planned>(&w_.remedy);
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
  w_.forced_in_pause = false;
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
  const auto* planned = std::get_if<Planned>(&w_.remedy);
  const bool held = planned != nullptr && planned->hold && planned->hold->kind == held_for;
  // What is down does not come back by itself, and what cannot be checked has no verdict to wait for.
  if (!held || w_.presence != Presence::Running || unprobed() || w_.network_loss || w_.alert_firing ||
      w_.forced)
    return;
  const std::string text = why + "; its own checks decide now";
  log(LogLevel::Info, fmt::format("{} — {}", w_.name, text));
  decide(Rule::Released, text);
  w_.remedy = Idle{};
  w_.dependency_hold_until.reset();
  if (w_.tracker.passed_once())
    w_.start_period_until = std::min(w_.start_period_until, now_);  // it has started already
  w_.instance_seen_from_start = false;                              // and how long it took shows no longer
  w_.tracker.begin_instance(true);
  w_.health_from = now_;
  if (uses_engine_health()) {
    w_.probe_due = now_ + w_.container.health_interval + w_.container.health_timeout;
  } else if (!w_.probe) {
    w_.probe_due = now_;
  }
}

}  // namespace healer
