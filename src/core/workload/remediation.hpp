#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/workload/breaker.hpp"
#include "core/workload/findings.hpp"
#include "core/workload/ladder.hpp"
#include "core/workload/transition.hpp"
#include "model/container.hpp"
#include "model/error.hpp"
#include "model/event.hpp"
#include "model/notice.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

// clang-format off
struct RemedyTable {
  static constexpr const char* name = "remediation";
  enum class State : std::uint8_t { Idle, Planned, Gathering, Checking, Acting, Settling, Verifying };
  enum class Input : std::uint8_t {
    // The next remedy.
    Unhealthy, Due, Held, LooksAround, EvidenceTaken, OutOfTime, AsDecided, PassedMeanwhile, EngineDown, OperatorStops, OtherState,
    InspectFailed, CauseGone,
    // The order and its answer.
    Begun, Done, DryRun, Refused, AnswerLost, InstanceChanged, Exited, SuccessorAwaited, EndedBySignal,
    // The workload.
    Healthy, EngineRestarted, InstanceBegins, EndedAsWanted, Paused, Gone, IncidentEnds,
    // Operators, and a new process of healer.
    Reset, Heal, Resumed,
  };
  static constexpr Transition<State, Input> table[] = {
      // A remedy is configured, and the breaker allows it: wake-up at the end of the backoff.
      {State::Idle,      Input::Unhealthy,        State::Planned},
      {State::Planned,   Input::Held,             State::Planned},    // checked again when the hold may end
      // What it depends on is checked first, where the newest result is older than the failures.
      {State::Planned,   Input::LooksAround,      State::Planned},
      {State::Planned,   Input::Due,              State::Gathering},  // evidence is captured
      {State::Planned,   Input::Due,              State::Checking},   // evidence is off: inspect
      {State::Gathering, Input::EvidenceTaken,    State::Checking},   // inspect
      {State::Gathering, Input::OutOfTime,        State::Checking},   // inspect
      {State::Checking,  Input::AsDecided,        State::Acting},     // attempt written, engine ordered
      {State::Checking,  Input::PassedMeanwhile,  State::Planned},    // due a fast interval later
      {State::Checking,  Input::EngineDown,       State::Planned},    // due a fast interval later
      {State::Checking,  Input::OperatorStops,    State::Planned},    // due when the time for a stop is over
      {State::Checking,  Input::Held,             State::Planned},    // checked again when the hold may end
      {State::Checking,  Input::OtherState,       State::Idle},       // of the container than decided about
      {State::Planned,   Input::OtherState,       State::Idle},       // it is checked at another address now
      {State::Gathering, Input::OtherState,       State::Idle},       // the same
      {State::Checking,  Input::InspectFailed,    State::Planned},    // due a fast interval later, 10 s at most
      {State::Checking,  Input::OutOfTime,        State::Planned},    // no answer in 10 s; the same
      {State::Planned,   Input::CauseGone,        State::Idle},       // of its hold: a new verdict decides
      // Queued, and no remedy is needed any more.
      {State::Planned,   Input::Healthy,          State::Idle},
      {State::Gathering, Input::Healthy,          State::Idle},
      {State::Checking,  Input::Healthy,          State::Idle},
      {State::Planned,   Input::InstanceBegins,   State::Idle},       // the new instance needs a new verdict
      {State::Gathering, Input::InstanceBegins,   State::Idle},
      {State::Checking,  Input::InstanceBegins,   State::Idle},
      {State::Planned,   Input::IncidentEnds,     State::Idle},
      {State::Gathering, Input::IncidentEnds,     State::Idle},
      {State::Checking,  Input::IncidentEnds,     State::Idle},
      {State::Planned,   Input::Reset,            State::Idle},
      {State::Idle,      Input::Heal,             State::Idle},       // the next remedy is done whatever the health
      {State::Planned,   Input::Heal,             State::Idle},       // the same
      {State::Gathering, Input::Heal,             State::Idle},
      {State::Checking,  Input::Heal,             State::Idle},

      {State::Acting,    Input::Begun,            State::Acting},     // the hook is over, the engine is called
      {State::Acting,    Input::Done,             State::Verifying},  // inspect
      {State::Acting,    Input::Done,             State::Idle},       // a stop: attempt Recovered, incident closed
      {State::Acting,    Input::DryRun,           State::Verifying},  // the engine was not called
      {State::Acting,    Input::Refused,          State::Idle},       // attempt Failed, next by backoff
      {State::Acting,    Input::AnswerLost,       State::Acting},     // a recreation: ordered to finish or undo it
      {State::Acting,    Input::AnswerLost,       State::Idle},       // to its third resume: attempt Failed
      {State::Acting,    Input::AnswerLost,       State::Verifying},  // the remedy keeps the instance, and it runs
      {State::Acting,    Input::AnswerLost,       State::Settling},   // any other: inspect every second
      {State::Settling,  Input::InstanceChanged,  State::Verifying},
      {State::Settling,  Input::InstanceBegins,   State::Verifying},  // another instance runs
      {State::Settling,  Input::SuccessorAwaited, State::Verifying},  // gone, during a recreation
      {State::Settling,  Input::Exited,           State::Idle},       // a stop: attempt Recovered, incident closed
      {State::Settling,  Input::OutOfTime,        State::Idle},       // attempt NotExecuted, next by backoff

      {State::Verifying, Input::InstanceBegins,   State::Verifying},  // another instance: verified from its start
      {State::Verifying, Input::EndedBySignal,    State::Acting},     // healer's: started, within the same attempt
      {State::Verifying, Input::Healthy,          State::Idle},       // or it ran without a probe until its time was
                                                                      // up: attempt Recovered, incident closed
      // An exit, too, and a counting alert: attempt NotRecovered, next by backoff.
      {State::Verifying, Input::Unhealthy,        State::Idle},
      {State::Verifying, Input::EngineRestarted,  State::Idle},       // the same
      // Failing: the same. Unknown or passing: no next one until the workload is unhealthy.
      {State::Verifying, Input::OutOfTime,        State::Idle},
      {State::Verifying, Input::OutOfTime,        State::Verifying},  // not inspected yet: 10 s longer

      // An operator stopped or restarted the container, or it ended as it should: attempt Cancelled.
      {State::Planned,   Input::EndedAsWanted,    State::Idle},
      {State::Gathering, Input::EndedAsWanted,    State::Idle},
      {State::Checking,  Input::EndedAsWanted,    State::Idle},
      {State::Acting,    Input::EndedAsWanted,    State::Idle},       // while the instance is not the order's
      {State::Settling,  Input::EndedAsWanted,    State::Idle},       // the same
      {State::Verifying, Input::EndedAsWanted,    State::Idle},
      // An operator paused the container: attempt Cancelled; in Acting after the engine's answer.
      {State::Planned,   Input::Paused,           State::Idle},
      {State::Gathering, Input::Paused,           State::Idle},
      {State::Checking,  Input::Paused,           State::Idle},
      {State::Settling,  Input::Paused,           State::Idle},
      {State::Verifying, Input::Paused,           State::Idle},
      // An operator removed the container, or it is no longer opted in: attempt Cancelled.
      {State::Planned,   Input::Gone,             State::Idle},
      {State::Gathering, Input::Gone,             State::Idle},
      {State::Checking,  Input::Gone,             State::Idle},
      {State::Acting,    Input::Gone,             State::Idle},
      {State::Settling,  Input::Gone,             State::Idle},
      {State::Verifying, Input::Gone,             State::Idle},

      // A former process left an attempt unfinished: settled by inspect, never repeated.
      {State::Idle,      Input::Resumed,          State::Idle},       // its incident is closed: attempt Cancelled
      {State::Idle,      Input::Resumed,          State::Acting},     // a recreation: ordered to finish or undo it
      {State::Idle,      Input::Resumed,          State::Settling},
      {State::Idle,      Input::Resumed,          State::Verifying},  // the engine was done, or the instance is kept
  };
};
// clang-format on

/// The remedy under way. HEALING.md 4. At most one per workload. "queued": Planned, Gathering or Checking.
struct Idle {};
struct Planned {
  Instant due{};
  std::optional<Hold> hold;  ///< found when the remedy was due
  std::optional<Instant> looks_until =
      {};  ///< what it depends on is checked; without a result from then on, too
};
struct Gathering {
  Instant until{};
};
struct Checking {
  Instant give_up{};
};
struct Acting {
  RemedyKind kind = RemedyKind::Restart;  ///< what the engine was ordered to do
  bool begun = true;  ///< false: the hook before the remedy still runs; the engine is not called yet
};
struct Settling {
  Instant next_look{};
  Instant since{};  ///< the order may still be executed until settle_limit() after this
};
struct Verifying {
  Instant deadline{};
  bool awaiting_instance = false;  ///< the engine is done; no inspect has shown the new instance yet
  Instant next_look{};             ///< while awaiting: inspect again, because an inspect may fail
};
/// In the order of RemedyTable::State.
using RemedyPhase = std::variant<Idle, Planned, Gathering, Checking, Acting, Settling, Verifying>;

inline RemedyTable::State state_of(const RemedyPhase& phase) {
  return static_cast<RemedyTable::State>(phase.index());
}

/// An order that the engine has not answered. Kept when its attempt ends: meanwhile no other order is given.
struct InFlight {
  AttemptId attempt;
  Instant until{};  ///< from then on the answer counts as lost
};

/// The instance that an order of healer was given against, and when the order may have ended the instance.
struct OrderedInstance {
  InstanceId instance;
  Instant from{};
  Instant until{};
  bool by_former_process = false;  ///< true: the order explains only an end between `from` and `until`
};

/// The remedy under way, and what decides about the next one.
struct Remediation {
  Rare<OrderedInstance> ordered;                  ///< healer's newest order
  std::optional<std::int64_t> remedy_started_ns;  ///< the new instance's start: Unix ns, engine's clock
  Breaker breaker;
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};
  RemedyPhase phase;
  Rare<Attempt> attempt;     ///< unfinished
  unsigned attempts = 0;     ///< of the open incident
  unsigned ladder_step = 0;  ///< of the open incident: failed attempts and skipped steps
  std::optional<InFlight> in_flight;
  unsigned restarts = 0;
  unsigned ineffective_restarts = 0;    ///< restarts in a row that did not help
  Rare<notice::Refusal> refusal;        ///< why the newest attempt was not executed; none if it was
  bool forced = false;                  ///< `healer heal`: the next remedy is done whatever the health
  unsigned forced_after_pauses = 0;     ///< pauses_set() at `healer heal`: no such pause holds it
  unsigned resumed = 0;                 ///< how often the attempt's recreation was resumed
  std::optional<Instant> inside_since;  ///< an operator's command holds it since then
  std::optional<Instant> dependency_hold_until;  ///< end of dependency holds, see find_hold()
  Instant reset_at{};

  /// Planned, Gathering or Checking.
  bool queued() const;
  /// What happens to the container now is the effect of a remedy.
  bool our_doing() const;
  /// healer's recreation is under way: containers come and go.
  bool recreating() const;
  /// The event is an effect of healer's remedy: any event before the remedy's new instance starts.
  bool explains(const EngineEvent& event) const;
};

/// The step that a remedy would take now; empty: no remedy.
std::optional<LadderStep> wanted_step(const View& view);
RemedyKind wanted_remedy(const View& view);
/// Why `healer heal` would do nothing.
HealRefusal why_not_heal(const Workload& workload);

/// A crash loop is over once an instance is healthy and this old.
inline constexpr Duration crash_loop_calm = 60s;

/// From an incident to the order (plan.cpp), and from the order to the end of the attempt (remediation.cpp).
/// HEALING.md 4.
class RemediationMachine {
 public:
  RemediationMachine(Remediation& own, const View& view, Out& out);

  // Instances and exits.
  void instance_began(const finding::InstanceBegan& began);
  /// The new instance has exited before an inspect showed it running.
  void exited_again();
  /// The engine started the container.
  void started(const EngineEvent& event);
  void paused_by_operator();
  /// Cancels the planned remedy and the attempt.
  void drop(RemedyTable::Input input, Ending why);
  void drop_queued(RemedyTable::Input input, Ending why);
  /// The container was removed by the remedy: a successor follows.
  void successor_awaited();
  void ended_by_signal();

  // Health and incidents.
  void incident_opened(IncidentCause cause);
  void incident_closed();
  /// If an attempt is being verified, it has not recovered the workload. `input`: Unhealthy, EngineRestarted.
  void verification_failed(RemedyTable::Input input, const Reason& why);
  void healthy();
  void alert_over();
  void plan();
  /// The hold's cause, which lay outside the workload, is gone: a new verdict decides, not the old one.
  /// `healthy_again`: name of the workload that it waited for; empty: a mass failure is over.
  void cause_gone(HoldKind held_for, const std::string& healthy_again);

  // Answers.
  void inspected();
  void inspect_failed(const Error& error);
  void evidence_captured(const EvidenceCaptured& captured);
  /// The attempt is stored and notified: it may be ordered.
  void decide_order(const LadderStep& step);
  /// Gives the attempt's order, or a further order of the same attempt.
  void give_order(const finding::OrderDecided& decided);
  void finished(const RemedyFinished& finished);
  /// An attempt that a former process left unfinished: settled by inspect, never repeated. A recreation is
  /// finished or undone.
  void resume(const Attempt& attempt);

  // Commands.
  void reset();
  /// `healer heal`: the next remedy is done whatever the health.
  void force();

  void answer_due();
  void due();
  std::optional<Instant> deadline() const;

 private:
  void go(RemedyTable::Input input, RemedyPhase next);
  /// Its state stays.
  void stay(RemedyTable::Input input);
  void planned_due();
  bool looks_around();
  void look_before_acting(RemedyTable::Input input);
  void check_then_act();
  void order_done(RemedyKind kind, const std::string& new_container_id);
  enum class Verified { SameInstance, NewInstance, AwaitedInstance };
  void verify(RemedyTable::Input input, Verified what);
  void attempt_ended(RemedyTable::Input input, AttemptState state, const AttemptNote& note,
                     finding::AttemptEnded::Then then = finding::AttemptEnded::Then::Nothing,
                     bool failing = false);
  void settle();
  void order_lost(const std::string& error);
  void verification_over();

  Remediation& own_;
  const View& view_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
