#include "core/workload/incident.hpp"

#include <utility>

#include "core/workload/out.hpp"

namespace healer {

IncidentTable::State state_of(const Rare<OpenIncident>& incident) {
  if (!incident) return IncidentTable::State::None;
  return incident->acked_at ? IncidentTable::State::Acknowledged : IncidentTable::State::Opened;
}

Incident incident_record(const Workload& workload) {
  const OpenIncident& open = *workload.incident;
  Incident record;
  record.id = open.id;
  record.workload = workload.key;
  record.name = open.name;
  record.image = open.image;
  record.cause = open.cause;
  record.reason = open.reason;
  record.unhealthy_since = open.unhealthy_since;
  record.opened_at = open.opened_at;
  record.closed_at = open.closed_at;
  record.outcome = open.outcome;
  record.acked_at = open.acked_at;
  record.acked_by = open.acked_by;
  record.attempts = workload.remediation.attempts;
  record.ladder_step = workload.remediation.ladder_step;
  if (const Rare<NotifiedIncident>& notified = workload.notifications.incident) {
    record.notified = notified->notified;
    record.gave_up = notified->gave_up;
    record.notified_channels = notified->notified_channels;
    record.notified_at = notified->notified_at;
    record.repeats = notified->repeats;
    record.escalations = notified->escalations;
    record.group_key = notified->group_key;
  }
  return record;
}

void restore_incident(Workload& workload, const Incident& incident) {
  workload.incident = OpenIncident{incident.id,        incident.name,      incident.image,
                                   incident.cause,     incident.reason,    incident.unhealthy_since,
                                   incident.opened_at, incident.closed_at, incident.outcome,
                                   incident.acked_at,  incident.acked_by};
  workload.remediation.attempts = incident.attempts;
  workload.remediation.ladder_step = incident.ladder_step;
  workload.notifications.incident = NotifiedIncident{
      incident.notified, incident.gave_up,     incident.notified_channels, incident.notified_at,
      incident.repeats,  incident.escalations, incident.group_key};
}

IncidentMachine::IncidentMachine(Rare<OpenIncident>& own, const View& view, Out& out)
    : own_(own), w_(view.workload), now_(view.now), out_(out) {}

void IncidentMachine::go(IncidentTable::Input input, IncidentTable::State next) {
  const IncidentTable::State from = state_of(own_);
  if (next == IncidentTable::State::None) {
    own_.reset();
  } else {
    if (!own_) own_ = OpenIncident{};
    own_->acked_at.reset();
    own_->acked_by.clear();
    if (next == IncidentTable::State::Acknowledged) own_->acked_at = now_;
  }
  out_.went<IncidentTable>({from, input, next});
}

void IncidentMachine::open(IncidentCause cause, const Reason& why) {
  OpenIncident incident;
  incident.id = IncidentId{++out_.ids().incident};
  incident.name = w_.name;
  incident.image = w_.container.image;
  incident.cause = cause;
  incident.reason = why;
  const bool by_checks = cause == IncidentCause::ProbeFailed || cause == IncidentCause::EngineUnhealthy;
  const Instant failing_since = w_.health.failing_since;
  incident.unhealthy_since =
      by_checks && failing_since > w_.lifecycle.instance_started ? failing_since : now_;
  incident.opened_at = now_;
  go(IncidentTable::Input::Reason, IncidentTable::State::Opened);
  *own_ = std::move(incident);
  out_.add(Count{CountIncidentOpened{cause}});
}

void IncidentMachine::close(IncidentOutcome outcome, WantedEnd why) {
  own_->closed_at = now_;
  own_->outcome = outcome;
  const Duration unhealthy_for = now_ - own_->unhealthy_since;
  const bool healthy = outcome == IncidentOutcome::Recovered || outcome == IncidentOutcome::RecoveredAlone;
  const fact::IncidentClosed closed{outcome, w_.remediation.attempts, unhealthy_for, why};
  out_.decide(healthy ? Rule::Recovered : Rule::Closed, closed);
  out_.log(LogLevel::Info, closed);
  out_.add(Count{CountIncidentClosed{outcome, unhealthy_for}});
}

void IncidentMachine::release() {
  go(IncidentTable::Input::Ends, IncidentTable::State::None);
}

void IncidentMachine::acknowledge(const std::string& by) {
  go(IncidentTable::Input::Ack, IncidentTable::State::Acknowledged);
  own_->acked_by = by;
  out_.log(LogLevel::Info, fact::Acknowledged{by});
  out_.decide(Rule::ByOperator, fact::Acknowledged{by});
}

void IncidentMachine::worse() {
  go(IncidentTable::Input::Worse, IncidentTable::State::Opened);
}

}  // namespace healer
