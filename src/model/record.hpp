#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/fact.hpp"
#include "model/incident.hpp"
#include "model/policy.hpp"

namespace healer {

/// A probe that has passed for a workload. HEALING.md 2, "Trust".
struct TrustedProbe {
  std::string name;               ///< of a named probe; empty: the unnamed one
  std::string fingerprint;        ///< of its configuration, see probe_fingerprint()
  std::string image_id;           ///< of the newest image with which it passed
  std::optional<ProbeKind> kind;  ///< this and `port`: adopted by the automatic selection
  std::optional<std::uint16_t> port;
  bool operator==(const TrustedProbe&) const = default;
};
HEALER_DESCRIBE(TrustedProbe, name, fingerprint, image_id, kind, port);

/// Failures in a row of an instance, too few for a verdict. HEALING.md 2.
struct FailingStreak {
  Instant since{};
  Instant newest{};     ///< its newest check
  unsigned checks = 0;  ///< that failed
  bool operator==(const FailingStreak&) const = default;
};
HEALER_DESCRIBE(FailingStreak, since, newest, checks);

/// How long the next attempt waits. HEALING.md 4.
struct BackoffRecord {
  unsigned level = 0;
  Instant changed_at{};
  bool operator==(const BackoffRecord&) const = default;
};
HEALER_DESCRIBE(BackoffRecord, level, changed_at);

/// What fell into the notification cooldown; the summary will count it.
struct UnnotifiedRecord {
  unsigned incidents = 0;
  unsigned attempts = 0;
  Instant since{};  ///< when the first of those incidents began
  bool operator==(const UnnotifiedRecord&) const = default;
};
HEALER_DESCRIBE(UnnotifiedRecord, incidents, attempts, since);

/// State of a workload that outlives its instances and healer's process.
struct WorkloadRecord {
  std::string key;
  std::string name;
  InstanceId last_instance;
  bool was_running = false;          ///< when healer last saw the workload
  bool stopped_by_operator = false;  ///< no remedy until an operator starts it
  bool started_healthy_once = false;
  std::vector<Duration> starts;          ///< measured starts: the newest 10 at most, oldest first
  std::vector<Duration> unclean_starts;  ///< the same, after an instance that was killed or crashed
  BreakerState breaker = BreakerState::Closed;
  Instant breaker_until{};  ///< when Open becomes HalfOpen
  BackoffRecord backoff;
  Instant last_notified{};  ///< for the notification cooldown; epoch: never
  UnnotifiedRecord unnotified;
  Instant reset_at{};                   ///< `healer reset`: attempts ordered earlier no longer count
  unsigned ineffective_restarts = 0;    ///< in a row, over all incidents
  std::optional<Instant> paused_until;  ///< by `healer pause`; Instant::max(): until resumed
  std::string network_parent;           ///< key of the workload whose network this one shares; empty: none
  bool ran_before_engine_loss = false;  ///< it ran when the engine went down, and was not judged since
  std::vector<FiringAlert> alerts;
  bool instance_passed = false;  ///< last_instance passed its checks once: its start period is over
  std::vector<TrustedProbe> trusted_probes;
  std::string unproven_notified;         ///< fingerprint of the unproven probe that operators know of
  std::string starts_image;              ///< the image that `starts` and `unclean_starts` are of
  std::optional<FailingStreak> failing;  ///< of last_instance; empty: its newest check did not fail
  bool operator==(const WorkloadRecord&) const = default;
};
HEALER_DESCRIBE(WorkloadRecord, key, name, last_instance, was_running, stopped_by_operator,
                started_healthy_once, starts, unclean_starts, breaker, breaker_until, backoff, last_notified,
                unnotified, reset_at, ineffective_restarts, paused_until, network_parent,
                ran_before_engine_loss, alerts, instance_passed, trusted_probes, unproven_notified,
                starts_image, failing);

/// State of the whole host that outlives healer's process.
struct HostRecord {
  std::optional<Instant> paused_until;  ///< `healer pause --all`
  std::string engine_notification_key;  ///< dedup key of the open notification about the engine; empty: none
  std::string mass_notification_key;    ///< the same for the mass failure
  Instant mass_since{};
  bool mass_critical = false;  ///< operators were notified that restarts do not help
  std::vector<std::string> engine_notified_channels =
      {};  ///< channels that got the open notification about the engine
  std::vector<std::string> mass_notified_channels = {};
  /// Unix nanoseconds by the engine's clock: ends up to here were those of an engine that went, not of an
  /// operator. The next process receives their reports again.
  std::int64_t engine_stops_until = 0;
  std::vector<std::string> unsent_groups = {};  ///< dedup keys of groups of incidents, not notified yet
  bool operator==(const HostRecord&) const = default;
};
HEALER_DESCRIBE(HostRecord, paused_until, engine_notification_key, mass_notification_key, mass_since,
                mass_critical, engine_notified_channels, mass_notified_channels, engine_stops_until,
                unsent_groups);

/// The evidence that was saved before a remedy. HEALING.md 4. Every text is redacted.
struct Evidence {
  IncidentId incident;
  std::string workload;
  std::string container_id;
  Instant taken_at{};
  std::string state;       ///< one line per fact: state, exit code, OOM, started, finished, restarts
  std::string health_log;  ///< the engine's last health checks
  std::string logs;        ///< the last 100 lines, at most 64 KiB
  std::string processes;   ///< as `docker top` shows them
  std::string memory;      ///< "48.1 MiB of 64 MiB"
  std::string missing;     ///< what could not be captured, and why; empty: nothing
  bool operator==(const Evidence&) const = default;
};
HEALER_DESCRIBE(Evidence, incident, workload, container_id, taken_at, state, health_log, logs, processes,
                memory, missing);

/// The rule of a decision. The names are stable: they are stored, and `healer explain` shows them.
BOOST_DEFINE_ENUM_CLASS(Rule,
                        Unhealthy,     ///< a threshold was reached
                        Crashed,       ///< the container exited by itself
                        Held,          ///< unhealthy, and a hold keeps the remedy
                        Released,      ///< a hold ended
                        Planned,       ///< the next attempt has its time: backoff, budget
                        Cancelled,     ///< what was planned no longer applies
                        Acted,         ///< an attempt was ordered
                        Verified,      ///< an attempt recovered the workload
                        NotRecovered,  ///< an attempt did not
                        SkippedStep,   ///< restarts did not help: the next step of another kind
                        GaveUp,        ///< the budget is used up, or the ladder ended
                        Recovered,     ///< the incident is resolved: healthy
                        Closed,        ///< the incident is resolved for another reason
                        ByOperator,    ///< pause, resume, reset, heal or ack
                        MassHold,      ///< a mass failure began to hold remedies
                        MassCanary, MassOver,
                        Escalated  ///< not acknowledged in time: the next route is notified
)

/// One decision: what was known, which rule applied, what follows.
struct Decision {
  Instant at{};
  std::string workload;  ///< key; empty: about the host
  IncidentId incident;   ///< 0: none
  Rule rule = Rule::Unhealthy;
  Fact fact;  ///< what was known and what follows; present/decision_text.hpp has the texts
  bool operator==(const Decision&) const = default;
};
HEALER_DESCRIBE(Decision, at, workload, incident, rule, fact);

BOOST_DEFINE_ENUM_CLASS(NotificationKind, Degraded, Recovered, Critical, Info)

/// A notification; each channel makes its own message from it. HEALING.md 6.
struct Notification {
  NotificationId id;
  NotificationKind kind = NotificationKind::Info;
  std::string dedup_key;  ///< one key for all notifications of one incident; at most 255 bytes
  std::string event;      ///< for the title: "DEGRADED", "RECOVERED", "CRITICAL", "ENGINE DOWN"
  std::string text;       ///< one or two sentences, plain text
  std::string host;
  std::string workload;  ///< name; empty: about healer or the engine
  std::string image;
  std::string cause;
  unsigned attempt = 0;  ///< n of m; 0: not about an attempt
  unsigned attempts_allowed = 0;
  std::string excerpt;  ///< last lines of the evidence's log, redacted; empty: none
  Instant created_at{};
  IncidentId incident;                     ///< 0: about none
  std::string project;                     ///< its project; empty: none
  std::string route;                       ///< the workload's label `healer.notify`; empty: none
  std::optional<Instant> unhealthy_since;  ///< of the incident; empty: about no incident
  std::string advice;   ///< what an operator can do, in one or two sentences; empty: nothing
  std::string link;     ///< URL of the incident, for a browser; empty: none is configured
  unsigned repeat = 0;  ///< n: the incident's n-th reminder or escalation; 0: neither
  bool operator==(const Notification&) const = default;
};
HEALER_DESCRIBE(Notification, id, kind, dedup_key, event, text, host, workload, image, cause, attempt,
                attempts_allowed, excerpt, created_at, incident, project, route, unhealthy_since, advice,
                link, repeat);

/// Delivery of one notification to one channel, at least once. Retried until it is delivered or dropped
/// (DropReason in status.hpp); hourly once it is refused.
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

/// What one channel stores about one dedup key, in the channel's own format: the id of an incident's message,
/// or the alert that still fires. Empty text: the receipt is deleted.
struct Receipt {
  std::string channel;
  std::string dedup_key;
  std::string text;
  Instant at{};  ///< when the channel last wrote it
  bool operator==(const Receipt&) const = default;
};
HEALER_DESCRIBE(Receipt, channel, dedup_key, text, at);

/// One channel that a notification must reach.
struct Destination {
  std::string channel;
  Instant not_before{};  ///< end of the quiet hours that hold the notification
  bool operator==(const Destination&) const = default;
};
HEALER_DESCRIBE(Destination, channel, not_before);

/// A notification and the channels that it must reach, written in the transaction of the change that it is
/// about.
struct RoutedNotification {
  Notification notification;
  std::vector<Destination> destinations;
  bool operator==(const RoutedNotification&) const = default;
};
HEALER_DESCRIBE(RoutedNotification, notification, destinations);

/// Up to where the engine's events were seen, by the engine's clock: what the next process subscribes from.
struct EventCursor {
  std::int64_t unix_nanoseconds = 0;
  bool operator==(const EventCursor&) const = default;
};
HEALER_DESCRIBE(EventCursor, unix_nanoseconds);

/// One thing to write. A list of records is one transaction.
struct Record : std::variant<WorkloadRecord, Incident, Attempt, RoutedNotification, Delivery, EventCursor,
                             HostRecord, Evidence, Decision, Receipt> {
  HEALER_CHOICE(Record);
};

/// Everything that a new process needs to continue where the last one ended.
struct StoredState {
  std::vector<WorkloadRecord> workloads;
  std::vector<Incident> open_incidents;
  std::vector<Attempt> attempts;  ///< every unfinished attempt, and those ordered within the last day
  std::vector<Notification> pending_notifications;  ///< with a delivery that is pending or refused
  std::vector<Delivery> pending_deliveries;         ///< every delivery of these notifications
  std::vector<Receipt> receipts;
  EventCursor cursor;
  HostRecord host;
  std::uint64_t last_incident = 0;  ///< highest id ever given, so that no id is given twice
  std::uint64_t last_attempt = 0;
  std::uint64_t last_notification = 0;
};
HEALER_DESCRIBE(StoredState, workloads, open_incidents, attempts, pending_notifications, pending_deliveries,
                receipts, cursor, host, last_incident, last_attempt, last_notification);

}  // namespace healer
