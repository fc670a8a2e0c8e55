#include "core/workload.hpp"

#include <algorithm>

namespace healer {
namespace {

template <class How>
bool any(const std::vector<WorkloadProbe>& probes) {
  return std::any_of(probes.begin(), probes.end(), [](const WorkloadProbe& probe) {
    return std::holds_alternative<How>(probe.resolution.how);
  });
}

}  // namespace

bool Workload::listens_to_engine() const {
  return any<UseEngineHealth>(probes);
}

bool Workload::uses_engine_health() const {
  return listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

bool Workload::unprobed() const {
  return !listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

std::string Workload::probe_text() const {
  std::string text;
  for (const WorkloadProbe& probe : probes) {
    if (!text.empty()) text += ", ";
    if (!probe.name.empty()) text += probe.name + ": ";
    text += probe.resolution.text;
  }
  return text;
}

std::string project_of(const Workload& workload) {
  return workload.service.substr(0, workload.service.find('/'));
}

bool Workload::reported_stopped() const {
  // False if a remedy may have caused the stop, or a former process judged the exit: judge_exit() decides.
  const bool exit_open = presence == Presence::Exited && judge_exit_at && !exit_judged_before;
  const bool not_shown = presence == Presence::Running || presence == Presence::Paused || unseen();
  const bool perhaps_ours =
      attempt || (ordered && ordered->instance == instance() && evidence_at <= ordered->until);
  return (exit_open || not_shown) && !perhaps_ours && evidence.stays_stopped();
}

WorkloadRecord Workload::record() const {
  WorkloadRecord record;
  record.key = key;
  record.name = name;
  record.last_instance = instance();
  // The next process judges an exit that is not judged yet, so the workload is stored as running.
  const bool stopped = reported_stopped();
  const bool runs = presence == Presence::Running || presence == Presence::Restarting ||
                    presence == Presence::Paused || judge_exit_at ||
                    (presence == Presence::Absent && ran_when_restored);  // not inspected yet
  record.was_running = runs && !stopped;
  record.stopped_by_operator = stopped_by_operator || stopped;
  record.started_healthy_once = started_healthy_once;
  record.starts = starts;
  record.unclean_starts = unclean_starts;
  record.breaker = breaker.state();
  record.breaker_until = breaker.until();
  record.backoff_level = backoff_level;
  record.backoff_changed_at = backoff_changed_at;
  record.last_notified = last_notified;
  record.unnotified_incidents = unnotified_incidents;
  record.unnotified_attempts = unnotified_attempts;
  record.unnotified_since = unnotified_since;
  record.reset_at = reset_at;
  record.ineffective_restarts = ineffective_restarts;
  record.paused_until = paused_until;
  record.network_parent = network_parent;
  if (alerts) record.alerts = *alerts;
  record.instance_passed = tracker.passed_once() || (unseen() && instance_passed_before);
  record.ran_before_engine_loss = (ran_before_engine_loss && !stopped) || back_by;
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
  workload.stopped_by_operator = record.stopped_by_operator;
  workload.ran_when_restored = record.was_running;
  workload.started_healthy_once = record.started_healthy_once;
  workload.starts = record.starts;
  workload.unclean_starts = record.unclean_starts;
  workload.backoff_level = record.backoff_level;
  workload.backoff_changed_at = record.backoff_changed_at;
  workload.last_notified = record.last_notified;
  workload.unnotified_incidents = record.unnotified_incidents;
  workload.unnotified_attempts = record.unnotified_attempts;
  workload.unnotified_since = record.unnotified_since;
  workload.reset_at = record.reset_at;
  workload.ineffective_restarts = record.ineffective_restarts;
  workload.paused_until = record.paused_until;
  workload.network_parent = record.network_parent;
  workload.instance_passed_before = record.instance_passed;
  workload.ran_before_engine_loss = record.ran_before_engine_loss;
  if (!record.alerts.empty()) workload.alerts = record.alerts;
  if (remembered.newest_order) workload.ordered = *remembered.newest_order;
  workload.breaker = Breaker(record.breaker, record.breaker_until, remembered.attempts);
  return workload;
}

}  // namespace healer
