#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/notification/notifications.hpp"
#include "core/workload/alert.hpp"
#include "core/workload/fact_log.hpp"
#include "core/workload/health.hpp"
#include "core/workload/incident.hpp"
#include "core/workload/ladder.hpp"
#include "core/workload/lifecycle.hpp"
#include "core/workload/remediation.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// What the workload adds to the host's counts, kept to find a change. host_contribution.hpp.
struct HostContribution {
  bool counted = false;  ///< the fields below are set
  bool among = false;
  bool failing = false;
  bool tried = false;  ///< failing, and an attempt of its incident did not help
  /// Failing since a mass failure is on, which began while it was healthy: it has a cause of its own.
  bool apart = false;
  bool unnotified = false;  ///< failing, and its incident is not notified yet
  bool notified = false;    ///< its incident is notified
  bool in_remedy = false;
  bool not_ready = false;
  Instant good_at{};  ///< its newest check before it failed
};

/// The core's state of one watched workload. What must survive healer's process is in record().
struct Workload {
  std::string key;
  std::string name;     ///< the present container's
  Container container;  ///< without its labels
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
  Ladder ladder;                        ///< the policy's remedies on this engine
  std::string service;                  ///< "project/service"; empty: none
  std::string network_parent;           ///< key of the workload whose network this one shares
  std::string network_parent_id;        ///< its container id in this container's configuration
  std::optional<Instant> paused_until;  ///< by `healer pause`; Instant::max(): until resumed
  unsigned pauses = 0;                  ///< times that an operator paused it

  Lifecycle lifecycle;
  Health health;
  Alerts alerts;
  Remediation remediation;
  Notifications notifications;
  Rare<OpenIncident> incident;
  FactLog facts;
  Rare<Decision> decision;  ///< the newest
  HostContribution contribution;
  std::optional<std::pair<HoldKind, Instant>>
      held;                        ///< its entry in HeldWorkloads: the hold, and when the remedy was due
  std::optional<Instant> wake_at;  ///< the newest Wake
  bool dirty = false;              ///< record() changed in this step and must be written

  InstanceId instance() const { return container.instance(); }
  /// A remedy is under way, and the facts still show the instance that it was ordered against.
  bool on_old_instance() const {
    return remediation.our_doing() && remediation.attempt->instance == instance();
  }
  /// The engine lists the container, but no inspect of this process has succeeded: only its events are known.
  bool unseen() const { return lifecycle.presence == Presence::Absent && !lifecycle.forget_at; }
  /// The engine reported an operator's stop, but no inspect has confirmed it yet, or the exit is not judged
  /// yet. Written for the next process, which may not receive the report again.
  bool reported_stopped() const;
  /// Why it is unhealthy.
  Reason failure() const;
  WorkloadRecord record() const;
};

/// A row of one of the machines' tables, when it is taken.
using TakenRow = std::variant<Row<PresenceTable>, Row<ExitTable>, Row<Tracker>, Row<RoundTable>,
                              Row<RemedyTable>, Row<Breaker>, Row<IncidentTable>, Row<NotifiedTable>>;
using TransitionWatch = std::function<void(const Workload&, const TakenRow&)>;

/// State kept for a workload that has no container now: from the state file, or from before its removal.
struct Remembered {
  WorkloadRecord record;
  std::vector<Instant> attempts;  ///< when each attempt was ordered
  std::optional<OrderedInstance> newest_order;
};

/// The workload's project; empty: none.
std::string project_of(const Workload& workload);

/// The workload from its stored state, before its container is inspected.
Workload restore_workload(const Remembered& remembered);

}  // namespace healer
