#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/host/host_state.hpp"
#include "core/notification/notifications.hpp"
#include "core/workload/alert.hpp"
#include "core/workload/health.hpp"
#include "core/workload/incident.hpp"
#include "core/workload/lifecycle.hpp"
#include "core/workload/out.hpp"
#include "core/workload/remediation.hpp"
#include "core/workload/view.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// The decisions about one workload in one step. Exists for that step only; the state is in Workload.
///
/// Six machines decide, each about its own part of the workload: lifecycle, health, alerts, remediation,
/// incident and notifications. None changes another: a machine takes an input, reads the others as they were
/// before it (View), writes its own state, and gives effects and findings (Out). The controller takes the
/// findings in order and gives each to the machines that it concerns; their findings come before the next
/// one. What a finding leads to stands in findings.cpp. Who reads what of the others:
///
///   reader        | lifecycle         | health             | alerts   | remediation        | incident |
///   notif.
///   --------------+-------------------+--------------------+----------+--------------------+----------+-------
///   lifecycle     |                   | newest verdict     |          | attempt, order     | open?    |
///   health        | presence, start,  |                    | counts?  | attempt, order     | open?    |
///                 | how the instance  |                    |          |                    |          |
///                 | before ended      |                    |          |                    |          |
///   alerts        | presence, start   | verdict, newest    |          | attempt, order     | open?    |
///                 |                   | failure, start     |          |                    |          |
///                 |                   | period, probes     |          |                    |          |
///   remediation   | presence, start,  | verdict, network,  | counts?  |                    | id,      | gave
///                 | exit              | start period       | permit   |                    | cause    | up?
///   incident      | start             | first failure      |          | number of attempts |          |
///   notifications | presence          | verdict, network   | counts?  | phase, next        | all      |
///                 |                   |                    | which    | remedy, breaker,   |          |
///                 |                   |                    |          | attempts           |          |
///
/// Every machine reads the container, its policy and the host. The controller alone writes the container, and
/// stores incidents and the workload's record; an attempt is stored by remediation, because it must be stored
/// before its order.
class WorkloadController {
 public:
  WorkloadController(HostState& host, Workload& workload, Instant now, Effects& out);

  // Reports of the engine.
  void observe(const ContainerObserved& seen);
  void engine_event(const EngineEvent& event);
  void container_gone();
  /// The container belongs to a workload of another name now.
  void renamed();
  void inspect_failed(const Error& error);
  /// The container exists, but no inspect succeeded: inspects again in 10 s.
  void not_inspected_yet();
  void opted_out();
  /// `fell_with_it`: the engine's own shutdown stopped the container just before, not an operator.
  void engine_lost(bool fell_with_it);
  /// A full list was processed: the wait for what ran before the engine's loss begins now.
  void synced();

  // Checks.
  void probe_finished(const ProbeFinished& finished);
  /// The probe origin, or the facts of the container whose network it shares, have changed.
  void resolve_targets();
  void connectivity_answered();
  /// A remedy of a dependent waits for a new result.
  void check_now();
  void alert_reported(const AlertReported& event);
  void alert_confirmed(const AlertConfirmed& event);

  // Remedies.
  void remedy_finished(const RemedyFinished& finished);
  void evidence_captured(const EvidenceCaptured& captured);
  void resume_attempt(const Attempt& attempt);
  /// The hold's cause, which lay outside the workload, is gone: a new verdict decides, not the old one.
  /// `healthy_again`: name of the workload that it waited for; empty: a mass failure is over.
  void cause_gone(HoldKind held_for, const std::string& healthy_again);

  /// healer restarted `name`, on which it depends, and it wants to be restarted after it.
  void dependency_restarted(const std::string& name);

  // Commands of an operator.
  void reset();
  void heal();
  /// Acknowledges the open incident; does nothing without one.
  void acknowledge(const std::string& by);
  /// `length` empty: until resumed.
  void pause(std::optional<Duration> length);
  void resume();

  /// Does what is due now. Called in every step; may be called at any time.
  void run_due();
  /// To be called last in a step: writes what changed and sets the next wake-up.
  void finish();
  /// The container was removed, and the workload will be forgotten now.
  bool vanished() const { return vanished_; }
  /// Then: why it was unhealthy; none: it was not.
  const Reason& vanished_unhealthy() const { return vanished_unhealthy_; }
  /// How each attempt ended that ended in this step, for the host.
  const std::vector<AttemptState>& ended_attempts() const { return ended_attempts_; }

 private:
  /// Gives a machine an input, and takes the findings.
  template <class Input>
  void run(Input&& input) {
    input();
    if (!out_.has_findings()) return;
    for (const WorkloadFinding& finding : out_.take_findings()) take(finding);
  }

  // findings.cpp
  void take(const WorkloadFinding& finding);
  void unhealthy(IncidentCause cause, const Reason& why);
  void healthy();
  void open_incident(IncidentCause cause, const Reason& why);
  /// `why`: StoppedByOperator.
  void close_incident(IncidentOutcome outcome, WantedEnd why = WantedEnd::None);
  void close_recovered();
  void save_incident();

  void configure(const ContainerObserved& seen);
  void health_reported(const HealthReported& report, const EngineEvent& event);
  void pause_due();
  void forget_due();
  void verdict_due();
  void alert_outlasts_attempt();
  void calm_due();
  std::optional<Instant> calm_at() const;
  std::optional<Instant> next_deadline() const;

  HostState& host_;
  Workload& w_;
  Instant now_;
  View view_;
  Out out_;
  LifecycleMachine lifecycle_;
  HealthMachine health_;
  AlertMachine alerts_;
  RemediationMachine remediation_;
  IncidentMachine incident_;
  NotificationMachine notifications_;
  std::vector<AttemptState> ended_attempts_;
  bool vanished_ = false;
  Reason vanished_unhealthy_;
};

}  // namespace healer
