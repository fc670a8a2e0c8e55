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

/// State of the workload's process.
///
///   Running    checked, and remedied if unhealthy
///   Paused     an operator paused the container: no checks, no notifications
///   Exited     the exit is judged (exit_kind) or will be; Crash and OutOfMemory are incidents.
///              Also a container that was created and never started
///   Restarting the engine's restart policy restarts the container: left to the engine
///   Absent     the container was removed (a deployment brings it back within a minute), or unseen()
enum class Presence { Running, Paused, Exited, Restarting, Absent };

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

/// One probe of a workload; most workloads have only one. All must pass.
struct WorkloadProbe {
  std::string name;  ///< empty: the unnamed probe
  TargetResolution resolution;
  bool open = false;   ///< its check in this round has no result yet
  bool hangs = false;  ///< exec: a command in this instance ran into its timeout and may still run
  std::optional<Verdict>
      verdict;  ///< the newest of this instance; for a HEALTHCHECK the engine's last report
};

/// The workload lost the network that it shares, because the network parent was restarted or replaced.
/// HEALING.md 5.
struct NetworkLoss {
  RemedyKind remedy =
      RemedyKind::Restart;  ///< Recreate when the parent is a new container and the engine can
  std::string parent_id;    ///< container id of the present parent
  Instant since{};
};

/// What the workload adds to the host's counts, kept to find a change. host_contribution.hpp.
struct HostContribution {
  bool counted = false;  ///< the fields below are set
  bool among = false;
  bool failing = false;
  bool unnotified = false;  ///< failing, and its incident is not notified yet
  bool in_remedy = false;
  bool not_ready = false;
};

/// A round of checks, one of each probe, without a verdict yet. "open": a check has no result yet.
///
///   state    | input                                        | next     | what is done
///   ---------+----------------------------------------------+----------+------------------------------------
///   none     | due                                          | open     | one check of each probe target
///   none     | due, and the HEALTHCHECK is the only probe   | none     | inspect
///   open     | a result, not the last                       | open     | judged and kept
///   open     | the last result                              | none     | the round's verdict counts
///   open     | the same; the verdict would make the         | awaiting | the connectivity check is due now
///            | workload unhealthy, and the connectivity     |          |
///            | check has no result since the round began    |          |
///   open     | out of time                                  | as above | missing results are unknown
///   awaiting | the connectivity check's result              | none     | the verdict counts, or is unknown
///   awaiting | out of time                                  | none     | the verdict is unknown
///   any      | a new instance, pause, exit, removal, other  | none     | late results are ignored
///            | target, or an order that ends the instance   |          |
struct OpenProbe {
  ProbeId id;  ///< of the first probe; the next ids are the other probes', in their order
  Instant started{};
  Instant give_up{};      ///< end of the round even if a prober gives no result
  bool awaiting = false;  ///< the verdict waits for the connectivity check
  bool answered = false;  ///< at least one result has come
};

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

/// The core's state of one watched workload. What must survive healer's process is in record().
struct Workload {
  std::string key;
  std::string name;  ///< the present container's

  // Facts of the present container and instance.
  Container container;  ///< without its labels
  PolicyPtr policy;
  std::vector<LabelProblem> problems;
  Ladder ladder;  ///< the policy's remedies on this engine
  Presence presence = Presence::Absent;
  std::optional<Instant> look_again_at;  ///< an inspect failed: time of the next one
  std::vector<WorkloadProbe> probes;     ///< not empty after the workload was once seen running
  Instant instance_started{};
  bool instance_seen_from_start = false;
  std::optional<bool> began_unclean;  ///< the previous instance was killed or crashed; empty: not known
  std::optional<bool> ended_unclean;  ///< the newest end was a kill or a crash; the next instance takes it
  Instant health_from{};              ///< older verdicts of the HEALTHCHECK do not count (pause, remedy)

  // Exit.
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
  Rare<OrderedInstance> ordered;                  ///< healer's newest order
  std::optional<std::int64_t> remedy_started_ns;  ///< the new instance's start: Unix ns, engine's clock
  std::vector<Instant> crashes;                   ///< exits left to the engine, within the budget window

  // Health.
  Tracker tracker;
  Instant start_period_until{};
  bool instance_passed_before = false;     ///< a former process saw the restored instance pass
  bool unhealthy_in_start_period = false;  ///< HEALTHCHECK: applied at the end of the start period
  std::optional<OpenProbe> probe;
  std::optional<Instant> probe_due;
  std::uint64_t rounds = 0;  ///< rounds of checks begun by this process
  std::optional<Instant> last_check;
  Verdict last_verdict;
  std::chrono::microseconds last_duration{0};
  unsigned unknown_streak = 0;
  std::optional<Instant> unknown_since;  ///< when operators were notified that it cannot be checked
  Instant health_looked_at{};            ///< last inspect for a HEALTHCHECK that is one of several probes
  Instant failing_since{};

  // Kept over instances.
  bool started_healthy_once = false;
  std::vector<Duration> starts;
  std::vector<Duration> unclean_starts;  ///< starts after an instance that was killed or crashed
  Breaker breaker;
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};

  // Remedy and incident.
  RemedyPhase remedy;
  Rare<Attempt> attempt;  ///< unfinished
  std::optional<InFlight> in_flight;
  Rare<Incident> incident;
  unsigned restarts = 0;
  unsigned ineffective_restarts = 0;  ///< restarts in a row that did not help
  Rare<std::string> refusal;          ///< why the newest attempt was not executed; none if it was
  bool forced = false;                ///< `healer heal`: the next remedy is done whatever the health
  bool forced_in_pause = false;       ///< `healer heal` came within a pause, which then does not hold
  unsigned resumed = 0;               ///< how often the attempt's recreation was resumed
  std::string excerpt;                ///< from the newest evidence, for notifications
  FactLog facts;
  Rare<Decision> decision;  ///< the newest

  // Relations to other workloads.
  std::string service;                           ///< "project/service"; empty: none
  std::optional<Instant> paused_until;           ///< by `healer pause`; Instant::max(): until resumed
  std::optional<Instant> dependency_hold_until;  ///< end of dependency holds, see limited()
  std::string network_parent;                    ///< key of the workload whose network this one shares
  std::string network_parent_id;                 ///< its container id in this container's configuration
  std::optional<NetworkLoss> network_loss;
  Rare<std::vector<FiringAlert>> alerts;  ///< rules of Prometheus that fire about it
  Instant alerts_from{};      ///< an older alert counts after the policy's alert_lookback from here
  bool alert_firing = false;  ///< an alert makes it unhealthy, whatever the result of its probes
  HostContribution contribution;
  std::optional<std::pair<HoldKind, Instant>>
      held;  ///< its entry in the supervisor's list: the hold, and when the remedy was due

  // Notification cooldown.
  Instant last_notified{};
  unsigned unnotified_incidents = 0;
  unsigned unnotified_attempts = 0;
  Instant unnotified_since{};
  Instant reset_at{};

  std::optional<Instant> forget_at;  ///< Absent: when the incident is closed and the workload forgotten
  std::optional<Instant> wake_at;    ///< the newest Wake
  bool dirty = false;                ///< record() changed in this step and must be written

  InstanceId instance() const { return container.instance(); }
  /// The engine lists the container, but no inspect of this process has succeeded: only its events are known.
  bool unseen() const { return presence == Presence::Absent && !forget_at; }
  /// The engine reported an operator's stop, but no inspect has confirmed it yet, or the exit is not judged
  /// yet. Written for the next process, which may not receive the report again.
  bool reported_stopped() const;
  /// The engine's HEALTHCHECK is the only probe: healer runs no checks.
  bool uses_engine_health() const;
  /// The engine's HEALTHCHECK is one of its probes.
  bool listens_to_engine() const;
  /// The configuration gives no probe target and no HEALTHCHECK.
  bool unprobed() const;
  /// For operators: "http 127.0.0.1:8080/health"; several probes with their names.
  std::string probe_text() const;
  WorkloadRecord record() const;
};

/// State kept for a workload that has no container now: from the state file, or from before its removal.
struct Remembered {
  WorkloadRecord record;
  std::vector<Instant> attempts;  ///< when each attempt was ordered
  std::optional<OrderedInstance> newest_order;
};

/// The workload's project; empty: none.
std::string project_of(const Workload& workload);

/// One line for operators: the rule's name and text.
std::string alert_line(const FiringAlert& alert);
/// The lines of the firing alerts with the use `act`; empty: none fires.
std::string alert_text(const Workload& workload);

/// The workload from its stored state, before its container is inspected.
Workload restore_workload(const Remembered& remembered);

}  // namespace healer
