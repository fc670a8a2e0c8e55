#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"

namespace healer {

/// Why an incident was opened.
BOOST_DEFINE_ENUM_CLASS(IncidentCause, ProbeFailed, EngineUnhealthy, Crashed, OutOfMemory, CrashLoop,
                        NotBackAfterEngine,
                        NetworkLost,  ///< the container whose network it shares was restarted or replaced
                        AlertFiring,  ///< a rule of Prometheus fires about it
                        ByOperator    ///< an operator asked for the remedy
)

/// How it ended. Open: not yet.
BOOST_DEFINE_ENUM_CLASS(IncidentOutcome, Open, Recovered, RecoveredAlone, StoppedByOperator, StoppedByHealer,
                        Removed, OptedOut)

/// When the next route is notified of an incident, unless an operator has acknowledged it by then.
struct Escalation {
  std::string route;  ///< its name
  Instant due{};
  bool done = false;
  bool operator==(const Escalation&) const = default;
};
HEALER_DESCRIBE(Escalation, route, due, done);

/// One incident of one workload, from the verdict to the end. Opens once and closes once. HEALING.md 6.
struct Incident {
  IncidentId id;
  std::string workload;  ///< the workload's key
  std::string name;      ///< the container's name at that time
  std::string image;
  IncidentCause cause = IncidentCause::ProbeFailed;
  std::string cause_text;
  Instant unhealthy_since{};
  Instant opened_at{};
  std::optional<Instant> closed_at;
  IncidentOutcome outcome = IncidentOutcome::Open;
  unsigned attempts = 0;
  unsigned ladder_step = 0;  ///< of the ladder: failed attempts so far, and steps skipped
  bool notified = false;     ///< a degraded or critical notification went out, so its end is notified too
  bool gave_up = false;      ///< the critical notification of this incident went out
  std::vector<std::string>
      notified_channels;  ///< channels that a notification of it went to: its end goes there, too
  std::optional<Instant> notified_at;  ///< when the newest went out, or may: reminders count from it
  unsigned repeats = 0;                ///< reminders and escalations so far
  std::vector<Escalation> escalations;
  std::optional<Instant> acked_at;  ///< by `healer ack`: no reminders, no escalation
  std::string acked_by;             ///< who, as was said
  bool operator==(const Incident&) const = default;
};
HEALER_DESCRIBE(Incident, id, workload, name, image, cause, cause_text, unhealthy_since, opened_at, closed_at,
                outcome, attempts, ladder_step, notified, gave_up, notified_channels, notified_at, repeats,
                escalations, acked_at, acked_by);

/// Life of one attempt. Ordered is written before the engine is asked: a process that starts anew and
/// finds it settles it by inspect, and never repeats it.
///
///   Ordered -> Verifying -> Recovered | NotRecovered
///   Ordered -> Failed (the engine refused) | NotExecuted (settled: the instance never changed)
///   Verifying -> Cancelled (an operator stopped it, it was removed, a newer run took over)
BOOST_DEFINE_ENUM_CLASS(AttemptState, Ordered, Verifying, Recovered, NotRecovered, Failed, NotExecuted,
                        Cancelled)

/// One remedy. The budget counts these by ordered_at, so restarting healer refills nothing.
struct Attempt {
  AttemptId id;
  IncidentId incident;
  std::string workload;
  unsigned number = 1;  ///< within its incident
  RemedyKind remedy = RemedyKind::Restart;
  std::string detail;   ///< of the step, for operators: "kill:HUP", "exec:/reload"
  InstanceId instance;  ///< the instance it was ordered against
  Instant ordered_at{};
  AttemptState state = AttemptState::Ordered;
  std::string note;  ///< the engine's error, or why it was dropped
  std::optional<Instant> ended_at;
  bool operator==(const Attempt&) const = default;
};
HEALER_DESCRIBE(Attempt, id, incident, workload, number, remedy, detail, instance, ordered_at, state, note,
                ended_at);

BOOST_DEFINE_ENUM_CLASS(BreakerState, Closed, Open, HalfOpen)

/// A rule of Prometheus that fires about a workload. event.hpp, AlertReported.
struct FiringAlert {
  std::string source;
  std::string id;
  std::string name;
  std::string text;
  bool act = true;
  Instant since{};        ///< first notified
  Instant reported_at{};  ///< last notified; one that is not repeated for long enough is over
  bool operator==(const FiringAlert&) const = default;
};
HEALER_DESCRIBE(FiringAlert, source, id, name, text, act, since, reported_at);

/// What is remembered of a workload across runs and across healer's own restarts.
struct WorkloadRecord {
  std::string key;
  std::string name;
  InstanceId last_instance;
  bool was_running = false;          ///< when last seen
  bool stopped_by_operator = false;  ///< hands off until an operator starts it
  bool started_healthy_once = false;
  std::vector<Duration> starts;          ///< the newest at most 10 measured starts, oldest first
  std::vector<Duration> unclean_starts;  ///< the same, of those after an instance that was killed or crashed
  BreakerState breaker = BreakerState::Closed;
  Instant breaker_until{};  ///< when Open becomes HalfOpen
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};
  Instant last_notified{};            ///< of the notification cooldown; epoch: never
  unsigned unnotified_incidents = 0;  ///< opened within the cooldown, waiting for the summary
  unsigned unnotified_attempts = 0;
  Instant unnotified_since{};           ///< when the first of those became unhealthy
  Instant reset_at{};                   ///< by an operator: attempts ordered before it count no more
  unsigned ineffective_restarts = 0;    ///< in a row that did not help, over all incidents
  std::optional<Instant> paused_until;  ///< by `healer pause`; Instant::max(): until resumed
  std::string network_parent;           ///< key of the workload whose network it shares; empty: none
  bool ran_before_engine_loss = false;  ///< when the engine went, and not judged since
  std::vector<FiringAlert> alerts;
  bool instance_passed = false;  ///< the last instance has passed its checks once: its start period is over
  bool operator==(const WorkloadRecord&) const = default;
};
HEALER_DESCRIBE(WorkloadRecord, key, name, last_instance, was_running, stopped_by_operator,
                started_healthy_once, starts, unclean_starts, breaker, breaker_until, backoff_level,
                backoff_changed_at, last_notified, unnotified_incidents, unnotified_attempts,
                unnotified_since, reset_at, ineffective_restarts, paused_until, network_parent,
                ran_before_engine_loss, alerts, instance_passed);

/// What is remembered of the host as a whole.
struct HostRecord {
  std::optional<Instant> paused_until;  ///< `healer pause --all`
  std::string engine_notification_key;  ///< dedup key of the open notification about the engine; empty: none
  std::string mass_notification_key;    ///< the same of the mass failure
  Instant mass_since{};
  bool mass_critical = false;  ///< operators were notified that a restart does not help in it
  std::vector<std::string> engine_notified_channels =
      {};  ///< channels that the open notification about the engine went to
  std::vector<std::string> mass_notified_channels = {};
  bool operator==(const HostRecord&) const = default;
};
HEALER_DESCRIBE(HostRecord, paused_until, engine_notification_key, mass_notification_key, mass_since,
                mass_critical, engine_notified_channels, mass_notified_channels);

/// What was saved before a remedy erased it. HEALING.md 4. Every text is redacted already.
struct Evidence {
  IncidentId incident;
  std::string workload;
  std::string container_id;
  Instant taken_at{};
  std::string state;       ///< one line per fact: state, exit code, OOM, started, finished, restarts
  std::string health_log;  ///< the engine's last health checks
  std::string logs;        ///< the last 100 lines, at most 64 KiB
  std::string processes;   ///< as `docker top`
  std::string memory;      ///< "48.1 MiB of 64 MiB"
  std::string missing;     ///< what could not be had, and why; empty: nothing
  bool operator==(const Evidence&) const = default;
};
HEALER_DESCRIBE(Evidence, incident, workload, container_id, taken_at, state, health_log, logs, processes,
                memory, missing);

/// Why something is not done now although it would be. HEALING.md 5.
BOOST_DEFINE_ENUM_CLASS(
    HoldKind, EngineDown,
    Connectivity,  ///< healer itself is in doubt: starved, out of descriptors, the connectivity check fails
    Paused,        ///< `healer pause`
    Maintenance,
    Dependency,     ///< what it depends on is not healthy
    NetworkParent,  ///< the container whose network it shares is not healthy
    MassFailure,
    Concurrency,      ///< enough are in remedy now
    Replica,          ///< another replica of its service is in remedy
    OperatorStopping  ///< an operator is stopping it right now
)

struct Hold {
  HoldKind kind = HoldKind::EngineDown;
  std::string text;              ///< for operators: "db is unhealthy; it is healed first"
  std::optional<Instant> until;  ///< the latest end, where there is one
  bool operator==(const Hold&) const = default;
};
HEALER_DESCRIBE(Hold, kind, text, until);

/// Which rule decided. Stable names: they are stored, and shown by `healer explain`.
BOOST_DEFINE_ENUM_CLASS(Rule,
                        Unhealthy,     ///< a threshold was reached
                        Crashed,       ///< it ended by itself
                        Held,          ///< unhealthy, but not acted on: the hold says why
                        Released,      ///< a hold is over
                        Planned,       ///< the next attempt has its time: backoff, budget
                        Cancelled,     ///< what was planned is void: what is true now differs
                        Acted,         ///< an order went out
                        Verified,      ///< an attempt recovered
                        NotRecovered,  ///< an attempt did not
                        SkippedStep,   ///< restarts did not help before: the next step
                        GaveUp,        ///< budget used up, or the ladder's end
                        Recovered,     ///< the incident is over, it is healthy
                        Closed,        ///< the incident is over, for another reason
                        ByOperator,    ///< pause, resume, reset, heal, ack
                        MassHold,      ///< too many at once
                        MassCanary, MassOver,
                        Escalated  ///< nobody acknowledged it: the next route is notified
)

/// One decision, as one structured record: what was known, which rule applied, what follows.
struct Decision {
  Instant at{};
  std::string workload;  ///< key; empty: about the host
  IncidentId incident;   ///< 0: none
  Rule rule = Rule::Unhealthy;
  std::string inputs;   ///< "name=value" pairs, "; " between them
  std::string outcome;  ///< what follows, for operators
  bool operator==(const Decision&) const = default;
};
HEALER_DESCRIBE(Decision, at, workload, incident, rule, inputs, outcome);

BOOST_DEFINE_ENUM_CLASS(NotificationKind, Degraded, Recovered, Critical, Info)

/// A notification; each channel makes its own message of it. HEALING.md 6.
struct Notification {
  NotificationId id;
  NotificationKind kind = NotificationKind::Info;
  std::string dedup_key;  ///< the same for trigger and resolve of one incident; at most 255 bytes
  std::string event;      ///< for the title: "DEGRADED", "RECOVERED", "CRITICAL", "ENGINE DOWN"
  std::string text;       ///< one or two sentences, plain text
  std::string host;
  std::string workload;  ///< name; empty when it is about healer or the engine itself
  std::string image;
  std::string cause;
  unsigned attempt = 0;  ///< n of m; 0: not about an attempt
  unsigned attempts_allowed = 0;
  std::string excerpt;  ///< of the evidence: the last few lines of its log, redacted; empty: none
  Instant created_at{};
  IncidentId incident;                     ///< 0: about none
  std::string project;                     ///< compose project; empty: none
  std::string route;                       ///< the workload's label `healer.notify`; empty: none
  std::optional<Instant> unhealthy_since;  ///< of the incident; empty: not about one
  std::string advice;                      ///< what an operator can do, one sentence or two; empty: nothing
  std::string link;                        ///< to the incident, for a browser; empty: none is configured
  unsigned repeat = 0;                     ///< n-th reminder or escalation of its incident; 0: neither
  bool operator==(const Notification&) const = default;
};
HEALER_DESCRIBE(Notification, id, kind, dedup_key, event, text, host, workload, image, cause, attempt,
                attempts_allowed, excerpt, created_at, incident, project, route, unhealthy_since, advice,
                link, repeat);

/// Delivery of one notification to one channel. At least once; retried until delivered, refused for good, or
/// too old.
BOOST_DEFINE_ENUM_CLASS(DeliveryState, Pending, Delivered, Refused, Expired)

struct Delivery {
  NotificationId notification;
  std::string channel;
  DeliveryState state = DeliveryState::Pending;
  unsigned tries = 0;
  Instant next_try{};
  std::string last_error;  ///< redacted
  bool operator==(const Delivery&) const = default;
};
HEALER_DESCRIBE(Delivery, notification, channel, state, tries, next_try, last_error);

/// What one channel remembers of one dedup key, in words of its own: where the message of an incident is,
/// what still fires. Empty text: forgotten.
struct Receipt {
  std::string channel;
  std::string dedup_key;
  std::string text;
  Instant at{};  ///< when it was last said
  bool operator==(const Receipt&) const = default;
};
HEALER_DESCRIBE(Receipt, channel, dedup_key, text, at);

/// One channel that a notification must reach.
struct Destination {
  std::string channel;
  Instant not_before{};  ///< quiet hours hold it until then
  bool operator==(const Destination&) const = default;
};
HEALER_DESCRIBE(Destination, channel, not_before);

/// A notification together with the channels it must reach: written in the transaction of the change it tells
/// of.
struct RoutedNotification {
  Notification notification;
  std::vector<Destination> destinations;
  bool operator==(const RoutedNotification&) const = default;
};
HEALER_DESCRIBE(RoutedNotification, notification, destinations);

/// Up to where the engine's events have been seen: the `since=` of the next process. Both by the engine's
/// clock, Unix nanoseconds.
struct EventCursor {
  std::int64_t unix_nanoseconds = 0;
  /// Ends up to here were an engine's that went, no operator's; the next process hears of them again.
  std::int64_t engine_stops_until = 0;
  bool operator==(const EventCursor&) const = default;
};
HEALER_DESCRIBE(EventCursor, unix_nanoseconds, engine_stops_until);

/// One thing to write. A list of them is one transaction.
using Record = std::variant<WorkloadRecord, Incident, Attempt, RoutedNotification, Delivery, EventCursor,
                            HostRecord, Evidence, Decision, Receipt>;

/// Everything a new process needs to go on where the last one ended.
struct StoredState {
  std::vector<WorkloadRecord> workloads;
  std::vector<Incident> open_incidents;
  std::vector<Attempt> attempts;  ///< every unfinished one, and those ordered within the last day
  std::vector<Notification> pending_notifications;
  std::vector<Delivery> pending_deliveries;
  std::vector<Receipt> receipts;
  EventCursor cursor;
  HostRecord host;
  std::uint64_t last_incident = 0;  ///< highest id ever given, so that none is given twice
  std::uint64_t last_attempt = 0;
  std::uint64_t last_notification = 0;
};
HEALER_DESCRIBE(StoredState, workloads, open_incidents, attempts, pending_notifications, pending_deliveries,
                receipts, cursor, host, last_incident, last_attempt, last_notification);

}  // namespace healer
