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

/// The remedy under way. HEALING.md 4. At most one per workload. "queued": Planned, Gathering or Checking.
///
///   state     | input                                      | next      | what is done
///   ----------+--------------------------------------------+-----------+------------------------------------
///   Idle      | unhealthy, a remedy is configured, the     | Planned   | wake-up at the end of the backoff
///             | breaker allows it                          |           |
///   Planned   | due, and a hold applies                    | Planned   | checked again when the hold may end
///   Planned   | due, no hold                               | Gathering | evidence is captured
///   Planned   | due, no hold, and evidence is off          | Checking  | inspect
///   Gathering | captured, or its time is up                | Checking  | inspect
///   Checking  | the container is as decided, no hold       | Acting    | attempt written, engine ordered
///   Checking  | the same, but a check passed meanwhile     | Planned   | due a fast interval later
///   Checking  | the engine is down                         | Planned   | due a fast interval later
///   Checking  | an operator is stopping the container      | Planned   | due when the time for a stop is
///             |                                            |           | over
///   Checking  | another hold applies                       | Planned   | checked again when the hold may end
///   Checking  | the container is in another state          | Idle      |
///   Checking  | inspect failed, or no answer in 10 s       | Planned   | due a fast interval later, 10 s at
///             |                                            |           | most
///   queued    | healthy                                    | Idle      |
///   queued    | a new instance                             | Idle      | the new instance needs a new
///             |                                            |           | verdict
///   Acting    | done                                       | Verifying | inspect
///   Acting    | done, and the remedy is a stop             | Idle      | attempt Recovered, incident closed
///   Acting    | the engine was not called: a dry run       | Verifying |
///   Acting    | the engine refused                         | Idle      | attempt Failed, next by backoff
///   Acting    | a recreation's answer is lost              | Acting    | ordered to finish or undo it
///   Acting    | the answer to its third resume is lost     | Idle      | attempt Failed, next by backoff
///   Acting    | another answer is lost; the remedy keeps   | Verifying |
///             | the instance, and it runs                  |           |
///   Acting    | another answer is lost                     | Settling  | inspect every second
///   Settling  | the instance changed                       | Verifying |
///   Settling  | exited, and the remedy is a stop           | Idle      | attempt Recovered, incident closed
///   Settling  | neither when its time is up                | Idle      | attempt NotExecuted, next by
///             |                                            |           | backoff
///   Verifying | healer's signal ended the container        | Acting    | started, within the same attempt
///   Verifying | healthy                                    | Idle      | attempt Recovered, incident closed
///   Verifying | runs without a probe until its time is up  | Idle      | attempt Recovered, incident closed
///   Verifying | unhealthy, exited, an alert counts, or     | Idle      | attempt NotRecovered, next by
///             | failing when its time is up                |           | backoff
///   Verifying | unknown or passing when its time is up     | Idle      | attempt NotRecovered, no next one
///             |                                            |           | until the workload is unhealthy
///   Verifying | not inspected yet when its time is up      | Verifying | 10 s longer
///   queued,   | an operator stopped or restarted the       | Idle      | attempt Cancelled
///   Verifying | container                                  |           |
///   any       | an operator paused the container           | Idle      | attempt Cancelled; in Acting after
///             |                                            |           | the engine's answer
///   any       | an operator removed the container, or it   | Idle      | attempt Cancelled
///             | is no longer opted in                      |           |
struct Idle {};
struct Planned {
  Instant due{};
  std::optional<Hold> hold;  ///< found when the remedy was due
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
using RemedyPhase = std::variant<Idle, Planned, Gathering, Checking, Acting, Settling, Verifying>;

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
  unsigned ineffective_restarts = 0;  ///< restarts in a row that did not help
  Rare<notice::Refusal> refusal;      ///< why the newest attempt was not executed; none if it was
  bool forced = false;                ///< `healer heal`: the next remedy is done whatever the health
  bool forced_in_pause = false;       ///< `healer heal` came within a pause, which then does not hold
  unsigned resumed = 0;               ///< how often the attempt's recreation was resumed
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

/// Restart, stop or start of this container by the engine: its stop timeout, and what the engine needs.
Duration call_deadline(const Workload& workload);
/// How long after the order the engine may still execute it: the hook before it, then the call.
Duration settle_limit(const View& view);
/// The instance may still end by healer's signal.
bool after_our_signal(const View& view);
/// The step that a remedy would take now; empty: no remedy.
std::optional<LadderStep> wanted_step(const View& view);
RemedyKind wanted_remedy(const View& view);
/// Why `healer heal` would do nothing; empty: it would do something.
std::string why_not_heal(const Workload& workload);

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
  void drop(const std::string& why);
  void drop_queued(const std::string& why);
  /// The container was removed by the remedy: a successor follows.
  void successor_awaited();
  void ended_by_signal();
  void engine_restarted(const std::string& text);

  // Health and incidents.
  void incident_opened(IncidentCause cause);
  void incident_closed();
  /// An attempt is being verified, and the workload is unhealthy.
  void verification_failed(const std::string& note);
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
  void pause_set();

  void answer_due();
  void due();
  std::optional<Instant> deadline() const;

 private:
  void planned_due();
  std::optional<Hold> hold();
  void look_before_acting();
  void check_then_act();
  void order_done(RemedyKind kind, const std::string& new_container_id);
  void verify_same_instance();
  void verify_from(Instant started, bool awaiting_instance);
  void attempt_ended(AttemptState state, const std::string& note,
                     finding::AttemptEnded::Then then = finding::AttemptEnded::Then::Nothing,
                     bool failing = false);
  void settle();
  void order_lost(const std::string& error);
  void verification_over();

  Remediation& own_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
