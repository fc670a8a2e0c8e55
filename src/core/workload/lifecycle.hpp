#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"
#include "core/workload/exit.hpp"

namespace healer {

/// State of the workload's process.
///
///   Running    checked, and remedied if unhealthy
///   Paused     an operator paused the container: no checks, no notifications
///   Exited     the exit is judged (exit_kind) or will be; Crash and OutOfMemory are incidents.
///              Also a container that was created and never started
///   Restarting the engine's restart policy restarts the container: left to the engine
///   Absent     the container was removed (a deployment brings it back within a minute), or unseen()
enum class Presence { Running, Paused, Exited, Restarting, Absent };

/// What is known of the workload's instances: which one runs, how it began, and why the last one ended.
struct Lifecycle {
  Presence presence = Presence::Absent;
  std::optional<Instant> look_again_at;  ///< an inspect failed: time of the next one
  Instant instance_started{};
  bool instance_seen_from_start = false;
  std::optional<bool> began_unclean;  ///< the previous instance was killed or crashed; empty: not known
  std::optional<bool> ended_unclean;  ///< the newest end was a kill or a crash; the next instance takes it
  ExitEvidence evidence;
  std::optional<ExitKind> exit_kind;
  std::optional<Instant> judge_exit_at;  ///< until then events may come that explain the exit
  std::optional<Instant> back_by;        ///< left to the engine's restart policy until then
  bool stopped_by_operator = false;
  Instant evidence_at{};  ///< when the newest event of it happened, see HostState::happened
  bool ran_before_engine_loss = false;
  bool ran_when_restored = false;  ///< it ran at the last look of a former process
  bool exit_judged_before =
      false;  ///< a former process saw this exit, and did not judge it as an operator's stop
  std::vector<Instant> crashes;      ///< exits left to the engine, within the budget window
  std::optional<Instant> forget_at;  ///< Absent: when the incident is closed and the workload forgotten
};

}  // namespace healer
