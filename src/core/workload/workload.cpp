#include "core/workload/workload.hpp"

#include <algorithm>

namespace healer {
std::string project_of(const Workload& workload) {
  return workload.service.substr(0, workload.service.find('/'));
}

bool Workload::reported_stopped() const {
  // False if a remediation.phase may have caused the stop, or a former process judged the exit: judge_exit()
  // decides.
  const bool exit_open =
      lifecycle.presence == Presence::Exited && lifecycle.judge_exit_at && !lifecycle.exit_judged_before;
  const bool not_shown =
      lifecycle.presence == Presence::Running || lifecycle.presence == Presence::Paused || unseen();
  const bool perhaps_ours =
      remediation.attempt || (remediation.ordered && remediation.ordered->instance == instance() &&
                              lifecycle.evidence_at <= remediation.ordered->until);
  return (exit_open || not_shown) && !perhaps_ours && lifecycle.evidence.stays_stopped();
}

Reason Workload::failure() const {
  if (alerts.acting && !health.unhealthy()) return alerts.acted();
  return health.last_verdict.reason;
}

WorkloadRecord Workload::record() const {
  WorkloadRecord record;
  record.key = key;
  record.name = name;
  record.last_instance = instance();
  // The next process judges an exit that is not judged yet, so the workload is stored as running.
  const bool stopped = reported_stopped();
  const bool runs =
      lifecycle.presence == Presence::Running || lifecycle.presence == Presence::Restarting ||
      lifecycle.presence == Presence::Paused || lifecycle.judge_exit_at ||
      (lifecycle.presence == Presence::Absent && lifecycle.ran_when_restored);  // not inspected yet
  record.was_running = runs && !stopped;
  record.stopped_by_operator = lifecycle.stopped_by_operator || stopped;
  record.started_healthy_once = health.starts.healthy_once;
  record.starts = health.starts.clean;
  record.unclean_starts = health.starts.unclean;
  record.breaker = remediation.breaker.state();
  record.breaker_until = remediation.breaker.until();
  record.backoff.level = remediation.backoff_level;
  record.backoff.changed_at = remediation.backoff_changed_at;
  record.last_notified = notifications.last_notified;
  record.unnotified.incidents = notifications.unnotified_incidents;
  record.unnotified.attempts = notifications.unnotified_attempts;
  record.unnotified.since = notifications.unnotified_since;
  record.reset_at = remediation.reset_at;
  record.ineffective_restarts = remediation.ineffective_restarts;
  record.paused_until = paused_until;
  record.network_parent = network_parent;
  if (alerts.firing) record.alerts = *alerts.firing;
  record.instance_passed = health.tracker.passed_once() || (unseen() && health.instance_passed_before);
  record.trusted_probes = health.probes.trusted;
  record.unproven_notified = health.probes.unproven_notified;
  record.starts_image = health.starts.image;
  if (unseen())
    record.failing = health.failing_restored;
  else if (health.tracker.failures() > 0 && lifecycle.presence == Presence::Running)
    record.failing = FailingStreak{health.failing_since, health.last_check.value_or(health.failing_since),
                                   health.tracker.failures()};
  record.ran_before_engine_loss = (lifecycle.ran_before_engine_loss && !stopped) || lifecycle.back_by;
  return record;
}

Workload restore_workload(const Remembered& remembered) {
  const WorkloadRecord& record = remembered.record;
  Workload workload;
  workload.key = record.key;
  workload.name = record.name;
  workload.policy = std::make_shared<const Policy>();  // until the container is inspected
  workload.container.id = record.last_instance.container_id;
  workload.container.started_at = record.last_instance.started_at;
  workload.lifecycle.stopped_by_operator = record.stopped_by_operator;
  workload.lifecycle.ran_when_restored = record.was_running;
  workload.health.starts.healthy_once = record.started_healthy_once;
  workload.health.starts.clean = record.starts;
  workload.health.starts.unclean = record.unclean_starts;
  workload.remediation.backoff_level = record.backoff.level;
  workload.remediation.backoff_changed_at = record.backoff.changed_at;
  workload.notifications.last_notified = record.last_notified;
  workload.notifications.unnotified_incidents = record.unnotified.incidents;
  workload.notifications.unnotified_attempts = record.unnotified.attempts;
  workload.notifications.unnotified_since = record.unnotified.since;
  workload.remediation.reset_at = record.reset_at;
  workload.remediation.ineffective_restarts = record.ineffective_restarts;
  workload.paused_until = record.paused_until;
  workload.network_parent = record.network_parent;
  workload.health.instance_passed_before = record.instance_passed;
  workload.health.probes.trusted = record.trusted_probes;
  workload.health.probes.unproven_notified = record.unproven_notified;
  workload.health.starts.image = record.starts_image;
  workload.health.failing_restored = record.failing;
  workload.lifecycle.ran_before_engine_loss = record.ran_before_engine_loss;
  if (!record.alerts.empty()) workload.alerts.firing = record.alerts;
  if (remembered.newest_order) workload.remediation.ordered = *remembered.newest_order;
  workload.remediation.breaker = Breaker(record.breaker, record.breaker_until, remembered.attempts);
  return workload;
}

}  // namespace healer
