#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/workload/machines.hpp"
#include "core/workload/out.hpp"
#include "core/workload/view.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// The decisions about one workload in one step: gives each event to the machines that it concerns. Exists
/// for that step only; the state is in Workload.
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
  void command(const OperatorReset& reset);
  void command(const OperatorHeal& heal);
  /// Does nothing without an open incident.
  void command(const OperatorAck& ack);
  void command(const OperatorPause& pause);
  void command(const OperatorResume& resume);

  /// Does what is due now. Called in every step; may be called at any time.
  void run_due();
  /// To be called last in a step: writes what changed and sets the next wake-up.
  void finish();
  /// The container was removed, and the workload will be forgotten now.
  bool vanished() const { return vanished_; }
  /// Then: why it was unhealthy; none: it was not.
  const Reason& vanished_unhealthy() const { return vanished_unhealthy_; }
  /// How each attempt ended that ended in this step, for the host.
  const std::vector<AttemptState>& ended_attempts() const { return machines_.ended_attempts(); }

 private:
  void configure(const ContainerObserved& seen);
  void health_reported(const HealthReported& report, const EngineEvent& event);
  void pause_due();
  void forget_due();
  void verdict_due();
  void alert_outlasts_attempt();
  void calm_due();
  std::optional<Instant> next_deadline() const;

  HostState& host_;
  Workload& w_;
  Instant now_;
  View view_;
  Out out_;
  WorkloadMachines machines_;
  bool vanished_ = false;
  Reason vanished_unhealthy_;
};

}  // namespace healer
