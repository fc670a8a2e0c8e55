#pragma once

#include <optional>

#include "core/workload/view.hpp"
#include "model/record.hpp"

namespace healer {

/// Holds: why a due remedy waits. HEALING.md 5.
///
/// The first of these that applies is the hold:
///
///   hold             | while                                                    | at most
///   -----------------+----------------------------------------------------------+----------------------------
///   Paused           | an operator paused the workload, or all                  | the length of the pause
///   Maintenance      | a maintenance window is open                             | the window
///   Connectivity     | the connectivity check fails, or healer has no           | (descriptors, memory: 5 s)
///                    | descriptors or memory left; only for a running workload  |
///                    | that healer checks itself, not for a lost network or an  |
///                    | alert that counts                                        |
///   EngineDown       | the engine is down, or its first list is not processed   |
///                    | yet                                                      |
///   OperatorStopping | an operator is stopping the container                    | stop timeout + 20 s
///   NetworkParent    | the container whose network it shares is gone or does    |
///                    | not run                                                  |
///   NetworkParent    | that container runs, but is not ready                    | dependency_hold
///   NetworkParent    | that container was restarted or replaced just now        | 2 intervals, 10 s
///   Dependency       | a workload that it depends on is not ready, and it       |
///                    | answers its checks                                       |
///   Dependency       | a workload that it depends on is not ready, and it does  | dependency_hold, then one
///                    | not answer its checks                                    | attempt, then no limit
///   Dependency       | it answers its checks and depends on something that      | 1 h after the attempt
///                    | healer does not watch, after one attempt                 |
///   Deployment       | containers of its project are created and removed        | 10 min
///   OperatorInside   | a command of an operator runs in the container           | 1 h
///   Disk             | its check, or the engine, says that a disk is full       | the engine: 5 min
///   Unproven         | its HEALTHCHECK cannot run                               |
///   Access           | its check is answered 3xx, 401 or 403; 404 after one     |
///                    | attempt                                                  |
///   Upstream         | its check is answered 502 or 504, after one attempt      |
///   Busy             | the application itself asks for time                     | Retry-After,
///                    |                                                          | maintenance_patience;
///                    |                                                          | maintenance: 1 h
///   Unproven         | the check has not passed with this image, after one      |
///                    | attempt                                                  |
///   MassFailure      | too many workloads are unhealthy at once, and no further |
///                    | canary is allowed                                        |
///   Alert            | only an alert is the cause, and AlertPermit allows no    |
///                    | attempt                                                  |
///   Replica          | another replica of its service is in remedy              |
///   Concurrency      | as many as allowed are in remedy, or the free slots      |
///                    | belong to remedies that are due longer                   |
///
/// `healer heal` passes over all of these but EngineDown, OperatorStopping, and a pause
/// that began after it. A remedy for a lost network passes over MassFailure.
struct FoundHold {
  std::optional<Hold> hold;
  /// A hold whose cause may never end was found, also if its limit is over. The limit runs from the
  /// incident's first such hold: Remediation::dependency_hold_until.
  bool limit_began = false;
};

FoundHold find_hold(const View& view);

/// The workload below this one that must be healed first; null: all that it depends on is ready.
const Workload* failing_root(const View& view);

/// Both hold for the same cause, whatever their ends.
bool same_cause(const Hold& one, const Hold& other);

}  // namespace healer
