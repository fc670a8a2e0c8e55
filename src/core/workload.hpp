#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/breaker.hpp"
#include "core/exit.hpp"
#include "core/fact_log.hpp"
#include "core/ladder.hpp"
#include "core/probe_target.hpp"
#include "core/tracker.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// What the workload's process is doing, as far as decisions go.
///
///   Running    asked and healed
///   Paused     by an operator: frozen, no probes, no notification
///   Exited     judged or about to be (exit_kind); Crash and OutOfMemory are incidents
///   Restarting the engine's own policy is at it: left to the engine
///   Absent     destroyed; comes back within a minute when it is a deployment. Or unseen()
enum class Presence { Running, Paused, Exited, Restarting, Absent };

/// The remedy under way. HEALING.md 4. At most one per workload.
///
///   state     | input                                        | next      | what is done
///   ----------+----------------------------------------------+-----------+----------------------------------
///   Idle      | unhealthy, remedy configured, breaker allows | Planned   | wake at backoff's end
///   Planned   | due, but something holds it                  | Planned   | looked at again when that changes
///   Planned   | due                                          | Gathering | evidence is captured
///   Gathering | captured, or its time is up                  | Checking  | inspect
///   Planned   | a new instance, an unpaused one              | Idle      | a new instance earns its own
///             |                                              |           | verdict
///   Planned   | healthy, paused, stopped, gone               | Idle      |
///   Checking  | an operator's stop is under way              | Planned   | until that stop has had its time
///   Checking  | something holds it now                       | Planned   |
///   Checking  | facts still say so                           | Acting    | attempt written, engine ordered
///   Checking  | it began to pass                             | Planned   | a fast interval later
///   Checking  | facts differ                                 | Idle      | what is true now is acted on
///   Checking  | could not inspect                            | Planned   | again a fast interval later
///   Acting    | done                                         | Verifying | inspect
///   Acting    | a recreation's answer is lost                | Acting    | ordered to finish or undo it
///   Acting    | the engine refused                           | Idle      | attempt Failed, next by backoff
///   Acting    | no answer (or none in time)                  | Settling  | inspect every second
///   Settling  | the instance changed                         | Verifying |
///   Settling  | same instance when its time is up            | Idle      | attempt NotExecuted, next by
///             |                                              |           | backoff
///   Verifying | our signal ended it                          | Acting    | started, within the same attempt
///   Verifying | healthy                                      | Idle      | attempt Recovered, incident
///             |                                              |           | closed
///   Verifying | unhealthy, exited, or time is up             | Idle      | attempt NotRecovered, next by
///             |                                              |           | backoff
///   Verifying | time is up, but it could not be checked,     | Idle      | attempt NotRecovered, and no next
///             |                                              |           | one until
///             | or it began to pass                          |           | it is unhealthy
///   any       | an operator paused, stopped or removed it    | Idle      | attempt Cancelled
struct Idle {};
struct Planned {
  Instant due{};
  std::optional<Hold> hold;  ///< what kept it when it was due
};
struct Gathering {
  Instant until{};
};
struct Checking {
  Instant give_up{};
};
struct Acting {
  RemedyKind kind = RemedyKind::Restart;  ///< what the engine was asked to do
  bool begun = true;                      ///< false: a hook runs first, and the container is not touched yet
};
struct Settling {
  Instant next_look{};
  Instant since{};  ///< it may be executed for as long as an order given then
};
struct Verifying {
  Instant deadline{};
  bool awaiting_instance = false;  ///< done, says the engine; the new instance's facts are on their way
  Instant next_look{};             ///< while awaiting: inspects may fail
};
using RemedyPhase = std::variant<Idle, Planned, Gathering, Checking, Acting, Settling, Verifying>;

/// One of the ways a workload is asked; most have but one. All must pass.
struct WorkloadProbe {
  std::string name;  ///< empty: the unnamed one
  TargetResolution resolution;
  bool open = false;   ///< asked in this round, not answered yet
  bool hangs = false;  ///< exec: a command begun in this instance was not over in time
  std::optional<Verdict>
      verdict;  ///< the newest of this instance; of a HEALTHCHECK what the engine said last
};

/// What it shares with another container is not there any more: the network of a parent that was restarted or
/// replaced. HEALING.md 5.
struct NetworkLoss {
  RemedyKind remedy = RemedyKind::Restart;  ///< Recreate when the parent is a new container
  std::string parent_id;                    ///< the parent's container now
  Instant since{};
};

/// How it is counted among the others; kept so that a change is seen. host_contribution.hpp.
struct HostContribution {
  bool counted = false;  ///< in the numbers below at all
  bool among = false;
  bool failing = false;
  bool unnotified = false;  ///< failing, and its incident has not been notified
  bool in_remedy = false;
  bool not_ready = false;
};

/// A round of questions, one to each probe, not yet decided.
///
///   state    | input                                         | next     | what is done
///   ---------+-----------------------------------------------+----------+----------------------------------
///   none     | due                                           | asking   | each probe is asked
///   asking   | an answer, not the last                       | asking   | judged and kept
///   asking   | the last answer                               | none     | the round's verdict counts
///   asking   | the same; it would make it unhealthy, and the | awaiting | the connectivity check is asked
///            | connectivity check has not answered since     |          |
///   awaiting | the connectivity check's answer               | none     | the verdict counts, or is unknown
///   asking,  | out of time                                   | none     | what is missing is unknown
///   awaiting |                                               |          |
///   any      | a new instance, pause, exit, another target   | none     | late answers are ignored
struct OpenProbe {
  ProbeId id;  ///< of the first probe; the others follow in their order
  Instant started{};
  Instant give_up{};      ///< a prober that never answers must not silence the workload
  bool awaiting = false;  ///< the connectivity check's answer
  bool answered = false;  ///< by one of them at least
};

/// An order the engine has not answered. Kept when its attempt is dropped: until then no other is given.
struct InFlight {
  AttemptId attempt;
  Instant until{};  ///< an answer that never comes must not silence the workload either
};

/// The run an order of ours was given against, and from when to when it may have ended it.
struct OrderedInstance {
  InstanceId instance;
  Instant from{};
  Instant until{};
  bool by_former_process = false;  ///< then only an end in between is taken for its doing
};

/// Everything the core knows of one watched workload. A value: what must survive is in record().
struct Workload {
  std::string key;
  std::string name;  ///< of the present container

  // Facts of the present container and run.
  Container container;  ///< without its labels
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
  Ladder ladder;  ///< of the policy, on this engine
  Presence presence = Presence::Absent;
  std::optional<Instant> look_again_at;  ///< an inspect failed: what it was for is not known yet
  std::vector<WorkloadProbe> probes;     ///< never empty once it has been seen running
  Instant instance_started{};
  bool instance_seen_from_start = false;
  std::optional<bool> began_unclean;  ///< the instance before it was killed or crashed; empty: not known
  std::optional<bool> ended_unclean;  ///< the same of the newest end that was heard of
  Instant health_from{};              ///< the engine's verdicts from before this are not about now (pause)

  // Exit.
  ExitEvidence evidence;
  std::optional<ExitKind> exit_kind;
  std::optional<Instant> judge_exit_at;  ///< events that explain an exit may still be on their way
  std::optional<Instant> back_by;        ///< left to the engine until then
  bool stopped_by_operator = false;
  Instant evidence_at{};  ///< when the newest of it happened; see World::happened
  bool ran_before_engine_loss = false;
  bool ran_when_restored = false;  ///< it ran when a former process last looked
  bool exit_judged_before =
      false;                      ///< a former process knew this exit, and did not take it for an operator's
  Rare<OrderedInstance> ordered;  ///< our newest order
  std::optional<std::int64_t>
      remedy_started_ns;         ///< since then the events are the new instance's, not our order's
  std::vector<Instant> crashes;  ///< those left to the engine, within the budget window

  // Health.
  Tracker tracker;
  Instant start_period_until{};
  bool instance_passed_before = false;     ///< a former process saw that instance pass
  bool unhealthy_in_start_period = false;  ///< the engine's verdict, to be applied when the start period ends
  std::optional<OpenProbe> probe;
  std::optional<Instant> probe_due;
  std::uint64_t rounds = 0;  ///< begun since it was adopted
  std::optional<Instant> last_check;
  Verdict last_verdict;
  std::chrono::microseconds last_duration{0};
  unsigned unknown_streak = 0;
  std::optional<Instant> unknown_since;  ///< operators were notified at this time that it cannot be checked
  Instant health_looked_at{};            ///< when the engine's HEALTHCHECK was last asked for by inspect
  Instant failing_since{};

  // Remembered.
  bool started_healthy_once = false;
  std::vector<Duration> starts;
  std::vector<Duration> unclean_starts;  ///< those after an instance that was killed or crashed
  Breaker breaker;
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};

  // Remedy and incident.
  RemedyPhase remedy;
  Rare<Attempt> attempt;  ///< the unfinished one
  std::optional<InFlight> in_flight;
  Rare<Incident> incident;
  unsigned restarts = 0;
  unsigned ineffective_restarts = 0;  ///< in a row that did not help
  Rare<std::string> refusal;          ///< why the newest attempt was not executed; none when it was
  bool forced = false;                ///< an operator wants the next remedy, whatever its health
  bool forced_in_pause = false;       ///< and knew that it was paused: that was said before
  unsigned resumed = 0;               ///< how often a recreation was asked to finish
  std::string excerpt;                ///< of the newest evidence, for notifications
  FactLog facts;
  Rare<Decision> decision;  ///< the newest

  // Among the others.
  std::string service;                           ///< "project/service"; empty: it belongs to none
  std::optional<Instant> paused_until;           ///< by an operator; Instant::max(): until resumed
  std::optional<Instant> dependency_hold_until;  ///< since its dependency first held it, in this incident
  std::string network_parent;                    ///< key of the workload whose network it shares
  std::string network_parent_id;                 ///< that one's container, as its own configuration names it
  std::optional<NetworkLoss> network_loss;
  Rare<std::vector<FiringAlert>> alerts;  ///< what Prometheus' rules say of it now
  Instant alerts_from{};                  ///< an alert older than this has the policy's lookback from here
  bool alert_firing = false;              ///< unhealthy by one of them, whatever its probes say
  HostContribution contribution;
  std::optional<std::pair<HoldKind, Instant>>
      held;  ///< as it is queued for release: why, and when it was due

  // Notification cooldown.
  Instant last_notified{};
  unsigned unnotified_incidents = 0;
  unsigned unnotified_attempts = 0;
  Instant unnotified_since{};
  Instant reset_at{};

  std::optional<Instant> forget_at;  ///< Absent: closed and forgotten then
  std::optional<Instant> wake_at;    ///< what the runtime was last asked for
  bool dirty = false;                ///< record() changed in this step

  InstanceId instance() const { return container.instance(); }
  /// The engine lists it, and this process has not been able to look at it yet: only what is heard is known.
  bool unseen() const { return presence == Presence::Absent && !forget_at; }
  /// An operator stopped it, as far as was heard, and no look has shown it yet, or its exit is not judged
  /// yet. For the next process, which may not hear of it any more.
  bool reported_stopped() const;
  /// Nothing is asked over the network or inside it: the engine's HEALTHCHECK alone is listened to.
  bool uses_engine_health() const;
  /// The engine's HEALTHCHECK is one of its probes.
  bool listens_to_engine() const;
  /// There is nothing to ask, by configuration.
  bool unprobed() const;
  /// For operators: "http 127.0.0.1:8080/health", several by name.
  std::string probe_text() const;
  WorkloadRecord record() const;
};

/// What is kept of a workload without a container: from the state file, or from before it was removed.
struct Remembered {
  WorkloadRecord record;
  std::vector<Instant> attempts;  ///< when each was ordered
  std::optional<OrderedInstance> newest_order;
};

/// The project it belongs to; empty: none.
std::string project_of(const Workload& workload);

/// One line for operators: the rule, and what it says.
std::string alert_line(const FiringAlert& alert);
/// What the alerts say that it is acted on for; empty: none fires.
std::string alert_text(const Workload& workload);

/// Rebuilds what is remembered, before any container was seen.
Workload restore_workload(const Remembered& remembered);

}  // namespace healer
