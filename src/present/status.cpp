// The core's state for operators: status of workloads and of the host.
#include "present/status.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "present/reason_text.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

Condition condition_of(const Workload& w, bool engine_up) {
  switch (w.lifecycle.presence) {
    case Presence::Paused:
      return Condition::Paused;
    case Presence::Absent:
      return w.unseen() ? Condition::Unknown : Condition::Stopped;
    case Presence::Exited:
    case Presence::Restarting:
      if (w.lifecycle.exit_kind == ExitKind::Completed) return Condition::Completed;
      if (w.lifecycle.stopped_by_operator) return Condition::Stopped;
      if (w.remediation.breaker.state() == BreakerState::Open && w.incident) return Condition::GivenUp;
      if (!std::holds_alternative<Idle>(w.remediation.phase) &&
          !std::holds_alternative<Planned>(w.remediation.phase))
        return Condition::Healing;
      return Condition::Crashed;
    case Presence::Running:
      break;
  }
  if (w.remediation.attempt) return Condition::Healing;
  if (w.incident && w.notifications.incident->gave_up &&
      (w.health.tracker.state() == Tracker::State::Unhealthy || w.alerts.acting))
    return Condition::GivenUp;
  if (w.health.tracker.state() == Tracker::State::Unhealthy || w.alerts.acting) return Condition::Unhealthy;
  if (w.health.unprobed()) return Condition::Unreachable;
  if (w.health.unknown_streak > 0 || !engine_up) return Condition::Unknown;
  if (w.health.tracker.state() == Tracker::State::Fresh)
    return w.health.tracker.failures() > 0 ? Condition::Suspect : Condition::Starting;
  return w.health.tracker.failures() > 0 ? Condition::Suspect : Condition::Healthy;
}

std::string reason_of(const Workload& w, Instant now) {
  const bool by_alert = w.alerts.acting && w.health.tracker.state() != Tracker::State::Unhealthy;
  const std::string unhealthy =
      by_alert ? alert_lines(w.alerts.acted()) : reason_text(w.health.last_verdict.reason);
  if (w.unseen()) return "the engine lists it, but inspect fails; it is inspected again";
  if (w.lifecycle.exit_kind == ExitKind::Completed) return "completed with exit code 0";
  if (w.lifecycle.exit_kind == ExitKind::JobFailed)
    return unhealthy + "; a job is not run again; left alone until an operator starts it";
  if (w.lifecycle.exit_kind == ExitKind::Unseen)
    return unhealthy + "; nobody saw why, so it is left alone until an operator starts it";
  if (w.lifecycle.stopped_by_operator) return "stopped; left alone until an operator starts it";
  if (w.lifecycle.presence == Presence::Paused) return "paused by an operator";
  if (w.health.last_verdict.cause == Cause::Unproven)
    return fmt::format("never passed, so not acted on (healer.path, healer.port, healer.probe): {}",
                       unhealthy);
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase); planned && planned->hold)
    return fmt::format("{}; held: {}", unhealthy, hold_text(*planned->hold));
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase); planned && planned->due > now)
    return fmt::format(
        "{}; next attempt in {}", unhealthy,
        format_duration(std::chrono::duration_cast<std::chrono::seconds>(planned->due - now + 999ms)));
  if (w.remediation.attempt && std::holds_alternative<Verifying>(w.remediation.phase))
    return fmt::format("attempt {} is being verified", w.remediation.attempt->number);
  if (w.remediation.attempt) return fmt::format("attempt {} is under way", w.remediation.attempt->number);
  if (w.remediation.breaker.state() == BreakerState::Open && w.incident)
    return fmt::format("{}; breaker open, one try in {}", unhealthy,
                       format_duration(std::chrono::duration_cast<std::chrono::seconds>(
                           w.remediation.breaker.until() - now + 999ms)));
  return unhealthy;
}

WorkloadStatus::Probe status_of_probe(const WorkloadProbe& probe) {
  WorkloadStatus::Probe status;
  status.name = probe.name;
  status.text = probe.resolution.text;
  if (const auto* unreachable = std::get_if<Unreachable>(&probe.resolution.how)) {
    status.reason = unreachable->reason;
  } else if (probe.verdict) {
    status.outcome = probe.verdict->outcome;
    status.reason = reason_text(probe.verdict->reason);
    status.stuck = probe.verdict->cause == Cause::StillOpen;
  } else {
    status.reason = "not answered yet";
  }
  return status;
}

WorkloadStatus status_of_one(const Workload& w, Instant now, bool engine_up) {
  WorkloadStatus status;
  status.key = w.key;
  status.name = w.name;
  status.container_id = w.container.id;
  status.image = w.container.image;
  status.condition = condition_of(w, engine_up);
  status.probe = w.health.probes.text();
  status.reason = reason_of(w, now);
  status.failures = w.health.tracker.failures();
  status.failure_threshold = w.policy->failure_threshold;
  status.remedies.attempts_in_window = w.remediation.breaker.attempts_in_window(*w.policy, now);
  status.remedies.budget = w.policy->retry.budget_attempts;
  status.remedies.breaker = w.remediation.breaker.state();
  if (w.lifecycle.presence == Presence::Running) status.running_since = w.lifecycle.instance_started;
  status.last_check = w.health.last_check;
  status.last_duration = w.health.last_duration;
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase))
    status.remedies.next_at = planned->due;
  if (w.incident) {
    status.incident = w.incident->id;
    status.acked_at = w.incident->acked_at;
    status.acked_by = w.incident->acked_by;
  }
  status.restarts = w.remediation.restarts;
  status.unknown_streak = w.health.unknown_streak;
  if (w.health.probes.selected.size() > 1)
    for (const WorkloadProbe& probe : w.health.probes.selected)
      status.probes.push_back(status_of_probe(probe));
  status.problems = w.problems;
  if (w.alerts.firing) status.alerts = *w.alerts.firing;
  for (const RemedyStep& step : w.ladder.steps)
    status.remedies.ladder += (status.remedies.ladder.empty() ? "" : ",") + to_string(step);
  if (w.incident) status.remedies.ladder_step = w.remediation.ladder_step;
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase); planned && planned->hold)
    status.hold = hold_status(*planned->hold);
  return status;
}

std::string connectivity_text(const HostState& host, Instant now) {
  switch (host.connectivity.state()) {
    case ConnectivityCheck::State::Off:
      return {};
    case ConnectivityCheck::State::Unchecked:
      return host.policy.connectivity_text + ": not answered yet";
    case ConnectivityCheck::State::Healthy:
      return host.policy.connectivity_text + ": answers";
    case ConnectivityCheck::State::Failed:
      break;
  }
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - host.connectivity.failed_since());
  return fmt::format("{}: {} since {}; failing checks are unknown", host.policy.connectivity_text,
                     problem_text(host.connectivity.problem()), format_duration(since));
}

WorkloadStatus status_of_workload(const Workload& workload, const HostState& host, Instant now) {
  WorkloadStatus status = status_of_one(workload, now, host.engine_up);
  status.paused_until = workload.paused_until;
  for (const std::string& key : host.graph.dependencies(workload.key)) {
    const Workload* other = host.find(key);
    status.depends_on.push_back(other != nullptr && !other->name.empty() ? other->name : key);
  }
  for (LabelProblem& problem : host.graph.problems(workload.key))
    status.problems.push_back(std::move(problem));
  return status;
}

}  // namespace

HostStatus host_status(const Supervisor& core, Instant now) {
  const HostState& host = core.host_state();
  HostStatus status;
  status.paused_until = host.pause.until;
  if (host.mass.on()) status.mass = mass_text(host.mass.fact(now));
  status.in_remedy = host.concurrency.in_use();
  status.remedies_allowed = host.concurrency.limit();
  status.connectivity = connectivity_text(host, now);
  status.connectivity_failed = host.connectivity.failed();
  return status;
}

std::vector<WorkloadStatus> status(const Supervisor& core, Instant now) {
  std::vector<WorkloadStatus> all;
  all.reserve(core.watched());
  core.each(
      [&](const Workload& workload) { all.push_back(status_of_workload(workload, core.host_state(), now)); });
  std::sort(all.begin(), all.end(), [](const WorkloadStatus& a, const WorkloadStatus& b) {
    return std::tie(a.name, a.key) < std::tie(b.name, b.key);
  });
  return all;
}

std::optional<WorkloadStatus> status_of(const Supervisor& core, std::string_view key_or_name, Instant now) {
  const auto key = core.find(key_or_name);
  if (!key) return std::nullopt;
  return status_of_workload(*core.workload(*key), core.host_state(), now);
}

}  // namespace healer::present
