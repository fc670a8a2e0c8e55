#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/workload/exit.hpp"
#include "model/event.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

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

/// Events of an earlier instance may arrive late or again: a new connection replays them.
bool is_about_earlier_instance(const EngineEvent& event, const View& view);

/// Decides what the engine's reports and the facts of an inspect mean for the workload's instances: which one
/// runs, how the last one ended, and whose doing the end was. HEALING.md 3.
class LifecycleMachine {
 public:
  LifecycleMachine(Lifecycle& own, const View& view, Out& out);

  /// An inspect shows another instance; the container is still the known one.
  void took_over();
  /// An inspect has shown the container. `before`: the instance that was known until then.
  void inspected(const InstanceId& before);
  void reported(const EngineEvent& event);
  void container_gone();
  void opted_out();
  /// The container exists, but no inspect succeeded: inspects again in 10 s.
  void not_inspected_yet();
  /// `fell_with_it`: the engine's own shutdown stopped the container just before, not an operator.
  void engine_lost(bool fell_with_it);
  /// A full list was processed: the wait for what ran before the engine's loss begins now.
  void synced();
  /// A failed inspect is repeated, an exit is judged.
  void due();
  /// The engine's restart policy had its time.
  void back_due();
  /// An order of healer stopped the container and did not start it.
  void left_down();
  /// The remedy was to stop it: no remedy until an operator starts it.
  void stopped_by_remedy();
  void reset();
  /// `healer heal`: the remedy does not wait for the engine's restart policy.
  void heal();

  std::optional<Instant> deadline() const;

 private:
  void begin_instance(bool same);
  void enter_paused();
  void enter_exited(const InstanceId& before);
  void judge_exit();
  bool ended_within_order() const;
  void apply_exit(ExitKind kind);
  void crashed(ExitKind kind);
  void count_engine_restart(const std::string& text);
  std::string exit_text(ExitKind kind) const;
  bool leave_exited(const std::string& text);
  void stop_requested(const StopRequested& report, const EngineEvent& event);
  void ended(const Ended& report, const EngineEvent& event);
  void started(const EngineEvent& event);
  void observe(const EngineEvent& event);
  void reconsider_exit();
  void leave_engine();
  /// While the engine is down, or its first list not processed, events that explain an exit may still come.
  bool may_judge() const;

  Lifecycle& own_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
