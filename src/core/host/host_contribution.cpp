#include "core/host/host_contribution.hpp"

namespace healer {

bool cause_is_elsewhere(const Workload& w) {
  return w.health.network_loss || (w.incident && w.incident->cause == IncidentCause::NotBackAfterEngine);
}

NotReady not_ready_reason(const Workload& w, Instant now) {
  switch (w.lifecycle.presence) {
    case Presence::Absent:
      return w.unseen() ? NotReady::None : NotReady::Gone;
    case Presence::Paused:
      return NotReady::Paused;
    case Presence::Restarting:
      return NotReady::Restarting;
    case Presence::Exited:
      return w.lifecycle.stopped_by_operator ? NotReady::Stopped : NotReady::Exited;
    case Presence::Running:
      break;
  }
  if (w.health.network_loss) return NotReady::LostNetwork;
  if (w.alerts.acting) return NotReady::Unhealthy;
  if (in_remedy(w)) return NotReady::InRemedy;
  switch (w.health.tracker.state()) {
    case Tracker::State::Unhealthy:
      return NotReady::Unhealthy;
    case Tracker::State::Healthy:
      return w.health.tracker.failures() > 0 ? NotReady::Failing : NotReady::None;
    case Tracker::State::Fresh:
      break;
  }
  if (w.health.tracker.failures() > 0) return NotReady::Failing;
  if (w.health.unprobed()) return NotReady::None;
  const bool starting = now < w.health.start_period_until && !w.health.tracker.passed_once();
  return starting || w.incident ? NotReady::Starting : NotReady::None;
}

bool counts_among(const Workload& w) {
  switch (w.lifecycle.presence) {
    case Presence::Running:
    case Presence::Restarting:
      return true;
    case Presence::Exited:
      return !w.lifecycle.stopped_by_operator;
    case Presence::Paused:
    case Presence::Absent:
      break;
  }
  return false;
}

bool counts_as_failing(const Workload& w) {
  if (!counts_among(w) || cause_is_elsewhere(w)) return false;
  if (w.lifecycle.presence == Presence::Restarting) return true;
  if (w.lifecycle.presence == Presence::Exited)
    return w.lifecycle.exit_kind == ExitKind::Crash || w.lifecycle.exit_kind == ExitKind::OutOfMemory ||
           w.remediation.attempt.has_value();
  if (w.incident && w.remediation.attempt) return true;
  if (w.incident && w.incident->cause == IncidentCause::ByOperator) return false;
  if (w.health.tracker.failures() > 0 || w.alerts.acting) return true;
  return w.health.tracker.state() == Tracker::State::Unhealthy && w.health.tracker.passes() == 0;
}

bool tried_in_vain(const Workload& w) {
  return w.incident && w.remediation.ladder_step > 0 && counts_as_failing(w);
}

bool failed_apart(const Workload& w, const MassGuard& mass, Instant good_at) {
  return mass.on() && w.lifecycle.instance_started < mass.since() && good_at >= mass.since();
}

std::optional<Instant> slot_until(const Workload& w, const HostPolicy& policy) {
  if (!w.remediation.attempt || !std::holds_alternative<Verifying>(w.remediation.phase)) return std::nullopt;
  return w.remediation.attempt->ordered_at + policy.slot_limit;
}

bool takes_slot(const Workload& w, const HostPolicy& policy, Instant now) {
  const bool paused = w.paused_until && now < *w.paused_until;
  return in_remedy(w) && !paused && now < slot_until(w, policy).value_or(Instant::max());
}

bool in_remedy(const Workload& w) {
  return w.remediation.attempt || w.remediation.in_flight ||
         std::holds_alternative<Gathering>(w.remediation.phase) ||
         std::holds_alternative<Checking>(w.remediation.phase);
}

}  // namespace healer
