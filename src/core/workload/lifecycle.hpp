#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/workload/exit.hpp"
#include "core/workload/findings.hpp"
#include "core/workload/transition.hpp"
#include "model/event.hpp"
#include "model/fact.hpp"

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

// clang-format off
struct PresenceTable {
  static constexpr const char* name = "presence";
  using State = Presence;
  /// What an inspect shows, and how the workload leaves the engine.
  enum class Input : std::uint8_t { Runs, IsPaused, Restarts, HasExited, ExitedAnew, Gone, OptedOut };
  static constexpr Transition<State, Input> table[] = {
      {State::Running,    Input::Runs,       State::Running},     // another instance: its checks begin
      {State::Paused,     Input::Runs,       State::Running},     // checked from the start
      {State::Exited,     Input::Runs,       State::Running},
      {State::Restarting, Input::Runs,       State::Running},
      {State::Absent,     Input::Runs,       State::Running},
      {State::Running,    Input::IsPaused,   State::Paused},      // checks end, an attempt is cancelled
      {State::Exited,     Input::IsPaused,   State::Paused},
      {State::Restarting, Input::IsPaused,   State::Paused},
      {State::Absent,     Input::IsPaused,   State::Paused},
      {State::Running,    Input::Restarts,   State::Restarting},  // checks end, the exit is judged
      {State::Paused,     Input::Restarts,   State::Restarting},
      {State::Exited,     Input::Restarts,   State::Restarting},
      {State::Absent,     Input::Restarts,   State::Restarting},
      {State::Running,    Input::HasExited,  State::Exited},      // checks end, the exit is judged or awaited
      {State::Paused,     Input::HasExited,  State::Exited},
      {State::Restarting, Input::HasExited,  State::Exited},
      {State::Absent,     Input::HasExited,  State::Exited},
      // Another instance than the known one started and exited before the inspect.
      {State::Running,    Input::ExitedAnew, State::Exited},
      {State::Paused,     Input::ExitedAnew, State::Exited},
      {State::Exited,     Input::ExitedAnew, State::Exited},      // the newer instance is judged
      {State::Restarting, Input::ExitedAnew, State::Exited},
      // Removed, and not by healer's recreation. Its incident stays open for a minute.
      {State::Running,    Input::Gone,       State::Absent},
      {State::Paused,     Input::Gone,       State::Absent},
      {State::Exited,     Input::Gone,       State::Absent},
      {State::Restarting, Input::Gone,       State::Absent},
      {State::Absent,     Input::Gone,       State::Absent},      // unseen() until now
      {State::Running,    Input::OptedOut,   State::Absent},      // its incident is closed
      {State::Paused,     Input::OptedOut,   State::Absent},
      {State::Exited,     Input::OptedOut,   State::Absent},
      {State::Restarting, Input::OptedOut,   State::Absent},
      {State::Absent,     Input::OptedOut,   State::Absent},
  };
};

/// What is known of the exit of the newest instance.
///
///   None         it runs, or why it exited is not asked
///   Awaited      reports that explain the exit may still come (judge_exit_at)
///   LeftToEngine its restart policy, or the engine's return, may bring it back (back_by)
///   Judged       as exit_kind says
struct ExitTable {
  static constexpr const char* name = "exit";
  enum class State : std::uint8_t { None, Awaited, LeftToEngine, Judged };
  enum class Input : std::uint8_t {
    // The presence changes. Left: the workload left the engine.
    Runs, IsPaused, HasExited, Left,
    // The exit is judged: an effect of healer's order; wanted by an operator or by the container itself; a crash;
    // of what ran before the engine's loss.
    FewReports, Ours, AsWanted, ByItself, WithEngine, SignalRestarts,
    // The engine's restart policy had its time.
    BackDue, NotBack, LeftAlone,
    // The engine was lost, and listed everything again.
    FellWithEngine, Synced,
    // Remedies.
    LeftDown, StoppedByRemedy, Heal,
  };
  static constexpr Transition<State, Input> table[] = {
      {State::None,         Input::FewReports,      State::Awaited},       // reports may still come: judged 2 s later
      {State::None,         Input::Ours,            State::Judged},        // the end of the attempt decides
      {State::None,         Input::AsWanted,        State::Judged},        // left alone until an operator starts it
      {State::None,         Input::ByItself,        State::Judged},        // an incident, unless it is left alone
      {State::None,         Input::ByItself,        State::LeftToEngine},  // its restart policy has 30 s
      {State::None,         Input::Synced,          State::Awaited},       // it ran before the engine's loss
      {State::None,         Input::LeftDown,        State::Judged},        // the order did not start it again
      {State::None,         Input::StoppedByRemedy, State::Judged},        // left alone until an operator starts it

      {State::Awaited,      Input::Ours,            State::Judged},
      {State::Awaited,      Input::Ours,            State::LeftToEngine},  // left to the engine before
      {State::Awaited,      Input::AsWanted,        State::Judged},
      {State::Awaited,      Input::ByItself,        State::Judged},
      {State::Awaited,      Input::ByItself,        State::LeftToEngine},
      {State::Awaited,      Input::WithEngine,      State::LeftToEngine},  // 30 s from the engine's list on
      {State::Awaited,      Input::SignalRestarts,  State::None},          // the engine restarts it
      {State::Awaited,      Input::FewReports,      State::Awaited},       // a newer instance: 2 s from now on
      {State::Awaited,      Input::HasExited,       State::Awaited},       // the same; the former verdict is void
      {State::Awaited,      Input::Synced,          State::Awaited},       // 2 s from the list on
      {State::Awaited,      Input::FellWithEngine,  State::None},          // its events explain nothing
      {State::Awaited,      Input::LeftDown,        State::Judged},
      {State::Awaited,      Input::LeftDown,        State::LeftToEngine},  // left to the engine before
      {State::Awaited,      Input::StoppedByRemedy, State::Awaited},
      // Left to the engine before: a newer exit is awaited.
      {State::Awaited,      Input::BackDue,         State::Awaited},
      {State::Awaited,      Input::NotBack,         State::Awaited},
      {State::Awaited,      Input::LeftAlone,       State::Awaited},
      {State::Awaited,      Input::Runs,            State::None},
      {State::Awaited,      Input::IsPaused,        State::None},
      {State::Awaited,      Input::Left,            State::None},
      {State::Awaited,      Input::Left,            State::Judged},        // as before the newer exit

      {State::LeftToEngine, Input::BackDue,         State::LeftToEngine},  // engine down, or it restarts: 10 s longer
      {State::LeftToEngine, Input::NotBack,         State::Judged},        // an incident
      {State::LeftToEngine, Input::LeftAlone,       State::Judged},        // only its health is watched
      {State::LeftToEngine, Input::LeftAlone,       State::None},          // the same, and its exit was not judged
      {State::LeftToEngine, Input::Heal,            State::Judged},        // the remedy does not wait
      {State::LeftToEngine, Input::Heal,            State::None},          // the same
      {State::LeftToEngine, Input::Synced,          State::LeftToEngine},  // 30 s from the list on
      {State::LeftToEngine, Input::ByItself,        State::LeftToEngine},  // again: 30 s from now on
      {State::LeftToEngine, Input::Ours,            State::LeftToEngine},  // an order ended it meanwhile
      {State::LeftToEngine, Input::AsWanted,        State::Judged},        // the report came later
      {State::LeftToEngine, Input::AsWanted,        State::LeftToEngine},  // not running when first seen
      {State::LeftToEngine, Input::LeftDown,        State::LeftToEngine},
      {State::LeftToEngine, Input::HasExited,       State::LeftToEngine},  // the former verdict is void
      {State::LeftToEngine, Input::FewReports,      State::Awaited},
      {State::LeftToEngine, Input::Runs,            State::None},
      {State::LeftToEngine, Input::IsPaused,        State::None},
      {State::LeftToEngine, Input::Left,            State::Judged},
      {State::LeftToEngine, Input::Left,            State::None},

      {State::Judged,       Input::AsWanted,        State::Judged},        // the report came later
      {State::Judged,       Input::ByItself,        State::LeftToEngine},  // the engine restarts it
      {State::Judged,       Input::LeftDown,        State::Judged},
      {State::Judged,       Input::HasExited,       State::None},          // again: the former verdict is void
      {State::Judged,       Input::FellWithEngine,  State::None},
      {State::Judged,       Input::Runs,            State::None},
      {State::Judged,       Input::IsPaused,        State::None},
  };
};
// clang-format on

/// The part of Lifecycle that ExitTable is about.
struct Exit {
  std::optional<ExitKind> kind;
  std::optional<Instant> judge_at;
  std::optional<Instant> back_by;

  ExitTable::State state() const {
    using State = ExitTable::State;
    if (judge_at) return State::Awaited;
    return back_by ? State::LeftToEngine : kind ? State::Judged : State::None;
  }
  friend bool operator==(const Exit&, const Exit&) = default;
};

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
  bool removed = false;              ///< Absent: the container was removed; false: it only opted out

  Exit exit() const { return {exit_kind, judge_exit_at, back_by}; }
  /// The wall clock was set back: reports from before would seem to be about later instances.
  void clock_set_back();
  /// Takes the reports about the container that came before its first inspect, the newest at `at`.
  void know_before_inspect(ExitEvidence reports, Instant at);
};

/// Within this time the engine's restart policy should restart a container. HEALING.md 3.
inline constexpr Duration engine_lookback = 30s;

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
  /// After container_gone(): only the name is gone, and the container goes on under another one.
  void lives_on();
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
  void go(PresenceTable::Input input, Presence next);
  void go(ExitTable::Input input, const Exit& next);
  void begin_instance(bool same);
  void enter_paused();
  void enter_exited(const InstanceId& before);
  void judge_exit();
  void apply_exit(ExitKind kind);
  void go_judged(ExitKind kind);
  void crashed(ExitKind kind);
  void ended_for_good(Fact fact, finding::EndedForGood::Why why);
  void left_to_engine(const reason::Exited& exit);
  void count_engine_restart(const reason::Exited& exit);
  bool leave_exited(const Reason& why);
  void stop_requested(const StopRequested& report, const EngineEvent& event);
  void ended(const Ended& report, const EngineEvent& event);
  void started(const EngineEvent& event);
  void observe(const EngineEvent& event);
  void reconsider_exit();
  void leave_engine(PresenceTable::Input how);

  Lifecycle& own_;
  const View& view_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
