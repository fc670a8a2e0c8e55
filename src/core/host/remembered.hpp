#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "core/workload/exit.hpp"
#include "core/workload/workload.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer {

/// The stored attempt has no end.
bool is_unfinished(const Attempt& attempt);

/// What is kept of workloads and containers that are not watched now, until a container is.
///
///   kept                            | from                                  | until
///   --------------------------------+---------------------------------------+-------------------------------
///   the record, the attempts        | the state file; a workload whose      | the workload is watched
///                                   | container was removed                 |
///   an unfinished attempt           | the state file                        | its container is inspected, or
///                                   |                                       | the first list lacks it
///   an open incident                | the state file                        | the workload is watched
///   the events before the first     | containers that a former process      | the first inspect, or the
///   inspect, for the judgement of   | watched, which may have ended while   | container is gone
///   an exit                         | no process of healer ran; containers  |
///                                   | that start now                        |
class RememberedWorkloads {
 public:
  explicit RememberedWorkloads(const StoredState& stored);

  /// To be called in the first step. A time on disk is later than now only if the clock was set back since:
  /// it is cut to now, or its wait would last that much longer.
  void take_over(Instant now);

  /// The workload as it is remembered, with its open incident; forgets both.
  Workload restore(const std::string& key);
  /// The workload has no container any more.
  void keep(const Workload& workload);
  /// A former process left an incident open under the workload's key: it goes on, with its budget.
  void take_incident(Workload& workload);
  /// Takes what is remembered of the workload, whose container is seen now; returns take_unfinished().
  std::optional<Attempt> take(Workload& workload, const std::string& container_id, const HostState& host,
                              HostOut& out);
  /// Takes the newest attempt of the workload that has no end; the end of older ones is stored.
  std::optional<Attempt> take_unfinished(const std::string& key, Instant now, Effects& out);
  /// The open incidents whose workload is not watched.
  const std::vector<Incident>& open_incidents() const { return incidents_; }

  struct Unseen {
    std::string key;
    std::string container_id;
  };
  /// The workloads whose containers `listed` (sorted) contains, but no inspect has shown yet. Sorted by key.
  std::vector<Unseen> unseen(const std::vector<std::string>& listed) const;

  /// An event of a container that is not watched.
  void reported(const EngineEvent& event);
  void forget_events(const std::string& container_id) { early_evidence_.erase(container_id); }

 private:
  std::unordered_map<std::string, Remembered> workloads_;
  std::vector<Attempt> unfinished_attempts_;
  std::vector<Incident> incidents_;
  std::unordered_map<std::string, ExitEvidence> early_evidence_;  ///< by container id
};

}  // namespace healer
