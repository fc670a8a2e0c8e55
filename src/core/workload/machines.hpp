#pragma once

#include <functional>
#include <optional>
#include <tuple>
#include <utility>
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

namespace healer {

/// The machines of one workload in one step, and what a finding of one leads to in the others.
///
/// Six machines decide, each about its own part of the workload: lifecycle, health, alerts, remediation,
/// incident and notifications. None changes another: a machine takes an input, reads the others as they were
/// before it (View), writes its own state, and gives effects and findings (Out). The findings are taken in
/// order, and each is given to the machines that it concerns; their findings come before the next one. What
/// a finding leads to stands in findings.cpp. Who reads what of the others:
///
///   reader        | lifecycle        | health             | alerts  | remediation        | incident | notif.
///   --------------+------------------+--------------------+---------+--------------------+----------+-------
///   lifecycle     |                  | newest verdict     |         | attempt, order     | open?    |
///   health        | presence, start, |                    | counts? | attempt, order     | open?    |
///                 | how the instance |                    |         |                    |          |
///                 | before ended     |                    |         |                    |          |
///   alerts        | presence, start  | verdict, newest    |         | attempt, order     | open?    |
///                 |                  | failure, start     |         |                    |          |
///                 |                  | period, probes     |         |                    |          |
///   remediation   | presence, start, | verdict, network,  | counts? |                    | id,      | gave
///                 | exit             | start period       | permit  |                    | cause    | up?
///   incident      | start            | first failure      |         | number of attempts |          |
///   notifications | presence         | verdict, network   | counts? | phase, next        | all      |
///                 |                  |                    | which   | remedy, breaker,   |          |
///                 |                  |                    |         | attempts           |          |
///
/// Every machine reads the container, its policy and the host. The controller alone writes the container and
/// stores the workload's record; an attempt is stored by remediation, because it must be stored before its
/// order.
class WorkloadMachines {
 public:
  WorkloadMachines(HostState& host, Workload& workload, const View& view, Out& out);

  /// Gives a machine an input, and takes the findings.
  template <class Machine, class... Parameters, class... Arguments>
  void give(void (Machine::*input)(Parameters...), Arguments&&... arguments) {
    std::invoke(input, std::get<Machine>(machines_), std::forward<Arguments>(arguments)...);
    if (!out_.has_findings()) return;
    for (const WorkloadFinding& finding : out_.take_findings()) take(finding);
  }

  void unhealthy(IncidentCause cause, const Reason& why);
  void healthy();
  void open_incident(IncidentCause cause, const Reason& why);
  /// Does nothing without an open incident. `why`: StoppedByOperator.
  void close_incident(IncidentOutcome outcome, WantedEnd why = WantedEnd::None);
  void close_recovered();
  void save_incident();

  std::optional<Instant> deadline() const;
  /// How each attempt ended that ended in this step, for the host.
  const std::vector<AttemptState>& ended_attempts() const { return ended_attempts_; }

 private:
  void take(const WorkloadFinding& finding);
  // What the findings of each machine lead to.
  auto of_lifecycle();
  auto of_health();
  auto of_alerts();
  auto of_remediation();
  auto of_notifications();
  void attempt_ended(const finding::AttemptEnded& ended);

  HostState& host_;
  Workload& w_;
  const View& view_;
  Out& out_;
  std::tuple<LifecycleMachine, HealthMachine, AlertMachine, RemediationMachine, IncidentMachine,
             NotificationMachine>
      machines_;
  std::vector<AttemptState> ended_attempts_;
};

}  // namespace healer
