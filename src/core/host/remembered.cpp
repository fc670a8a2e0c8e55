#include "core/host/remembered.hpp"

#include <algorithm>
#include <utility>

namespace healer {
namespace {

/// Limits memory where names come and go for ever (one for each run of a job); the state file keeps all.
constexpr std::size_t most_remembered = 10000;

/// Keeps the newest order of a former process: the order may explain an exit.
void remember_order(Remembered& remembered, const Attempt& attempt) {
  if (remembered.newest_order && attempt.ordered_at < remembered.newest_order->from) return;
  const Instant until =
      keeps_instance(attempt.remedy) ? attempt.ordered_at : attempt.ended_at.value_or(attempt.ordered_at);
  remembered.newest_order = OrderedInstance{attempt.instance, attempt.ordered_at, until, true};
}

}  // namespace

bool is_unfinished(const Attempt& attempt) {
  return attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying;
}

RememberedWorkloads::RememberedWorkloads(const StoredState& stored) : incidents_(stored.open_incidents) {
  for (const WorkloadRecord& record : stored.workloads) {
    workloads_[record.key].record = record;
    if (!record.last_instance.container_id.empty()) early_evidence_[record.last_instance.container_id];
  }
  for (const Attempt& attempt : stored.attempts) {
    const auto of = workloads_.find(attempt.workload);
    if (of != workloads_.end() && attempt.ordered_at > of->second.record.reset_at)
      of->second.attempts.push_back(attempt.ordered_at);
    if (of != workloads_.end()) remember_order(of->second, attempt);
    if (is_unfinished(attempt)) unfinished_attempts_.push_back(attempt);
  }
}

void RememberedWorkloads::take_over(Instant now) {
  const auto no_later = [now](Instant& at) { at = std::min(at, now); };
  for (auto& [key, remembered] : workloads_) {
    WorkloadRecord& record = remembered.record;
    for (Instant* at :
         {&record.backoff.changed_at, &record.last_notified, &record.unnotified.since, &record.reset_at})
      no_later(*at);
    for (Instant& at : remembered.attempts) no_later(at);
    for (FiringAlert& alert : record.alerts) {
      no_later(alert.since);
      no_later(alert.reported_at);
      if (alert.attempted_at) no_later(*alert.attempted_at);
    }
  }
}

Workload RememberedWorkloads::restore(const std::string& key) {
  Remembered remembered;
  remembered.record.key = key;
  if (auto found = workloads_.extract(key)) remembered = std::move(found.mapped());
  Workload workload = restore_workload(remembered);
  for (const Incident& incident : incidents_)
    if (incident.workload == key) restore_incident(workload, incident);
  std::erase_if(incidents_, [&](const Incident& incident) { return incident.workload == key; });
  return workload;
}

void RememberedWorkloads::keep(const Workload& workload) {
  const std::vector<Instant>& attempts = workload.remediation.breaker.attempts();
  if (workloads_.size() < most_remembered || !attempts.empty())
    workloads_[workload.key] = {workload.record(), attempts, std::nullopt};
}

void RememberedWorkloads::take_incident(Workload& workload) {
  const bool known = std::any_of(incidents_.begin(), incidents_.end(),
                                 [&](const Incident& incident) { return incident.workload == workload.key; });
  if (!known || workload.incident) return;
  Workload stored = restore(workload.key);
  workload.incident = std::move(stored.incident);
  workload.notifications = std::move(stored.notifications);
  workload.remediation.attempts = stored.remediation.attempts;
  workload.remediation.ladder_step = stored.remediation.ladder_step;
  workload.remediation.breaker = std::move(stored.remediation.breaker);
}

std::optional<Attempt> RememberedWorkloads::take(Workload& workload, const std::string& container_id,
                                                 const HostState& host, HostOut& out) {
  std::optional<Attempt> unfinished = take_unfinished(workload.key, out.now(), out.effects());
  auto early = early_evidence_.extract(container_id);
  if (!early) return unfinished;
  ExitEvidence& evidence = early.mapped();
  // The attempt's order may have caused the exit.
  if (unfinished) evidence.forget_seen();
  const Instant at = host.happened(evidence.newest());
  workload.lifecycle.know_before_inspect(std::move(evidence), at);
  return unfinished;
}

std::optional<Attempt> RememberedWorkloads::take_unfinished(const std::string& key, Instant now,
                                                            Effects& out) {
  std::optional<Attempt> newest;
  for (Attempt& attempt : unfinished_attempts_) {
    if (attempt.workload != key) continue;
    if (newest && attempt.id < newest->id) std::swap(attempt, *newest);
    if (newest) {
      // Attempts of a workload never overlap: this older attempt had ended, but its end was not stored.
      newest->state = AttemptState::Cancelled;
      newest->note.ending = Ending::Unwritten;
      newest->ended_at = now;
      out.push_back(Persist{*newest});
    }
    newest = attempt;
  }
  std::erase_if(unfinished_attempts_, [&](const Attempt& attempt) { return attempt.workload == key; });
  return newest;
}

std::vector<RememberedWorkloads::Unseen> RememberedWorkloads::unseen(
    const std::vector<std::string>& listed) const {
  const auto is_recreated = [this](const std::string& key) {
    return std::any_of(unfinished_attempts_.begin(), unfinished_attempts_.end(), [&](const Attempt& attempt) {
      return attempt.workload == key && attempt.remedy == RemedyKind::Recreate;
    });
  };
  std::vector<Unseen> all;
  for (const auto& [key, remembered] : workloads_) {
    const std::string& id = remembered.record.last_instance.container_id;
    // The inspect of a container that is no longer watched has erased its early evidence.
    const bool unseen = std::binary_search(listed.begin(), listed.end(), id) && early_evidence_.contains(id);
    if (unseen && !is_recreated(key)) all.push_back({key, id});
  }
  std::sort(all.begin(), all.end(), [](const Unseen& a, const Unseen& b) { return a.key < b.key; });
  return all;
}

void RememberedWorkloads::reported(const EngineEvent& event) {
  if (const auto early = early_evidence_.find(event.container_id);
      early != early_evidence_.end() && reports_an_end(event))
    early->second.observe(event);
  if (std::holds_alternative<Started>(event.report) && early_evidence_.size() < most_remembered)
    early_evidence_[event.container_id];
}

}  // namespace healer
