#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/policy.hpp"

namespace healer {

/// Why an incident was opened.
enum class IncidentCause {
  ProbeFailed,
  EngineUnhealthy,
  Crashed,
  OutOfMemory,
  CrashLoop,
  NotBackAfterEngine
};

const char* to_string(IncidentCause cause);

/// How it ended. Open: not yet.
enum class IncidentOutcome {
  Open,
  Recovered,
  RecoveredAlone,
  StoppedByPerson,
  StoppedByHealer,
  Removed,
  OptedOut
};

const char* to_string(IncidentOutcome outcome);

/// One illness of one workload, from the verdict to the end. Opens once and closes once. HEALING.md 6.
struct Incident {
  IncidentId id;
  std::string workload;  ///< the workload's key
  std::string name;      ///< the container's name at that time
  std::string image;
  IncidentCause cause = IncidentCause::ProbeFailed;
  std::string cause_text;
  Instant ill_since{};
  Instant opened_at{};
  std::optional<Instant> closed_at;
  IncidentOutcome outcome = IncidentOutcome::Open;
  unsigned attempts = 0;
  bool announced = false;  ///< a degraded or critical alert went out, so its end is told too
  bool gave_up = false;    ///< the critical alert of this incident went out
  bool operator==(const Incident&) const = default;
};

/// Life of one attempt. Ordered is written before the engine is asked: a process that starts anew and
/// finds it settles it by inspect, and never repeats it.
///
///   Ordered -> Verifying -> Cured | NotCured
///   Ordered -> Failed (the engine refused) | NotCarriedOut (settled: the run never changed)
///   Verifying -> Dropped (a person stopped it, it was removed, a newer run took over)
enum class AttemptState { Ordered, Verifying, Cured, NotCured, Failed, NotCarriedOut, Dropped };

const char* to_string(AttemptState state);

/// One remedy. The budget counts these by ordered_at, so restarting healer refills nothing.
struct Attempt {
  AttemptId id;
  IncidentId incident;
  std::string workload;
  unsigned number = 1;  ///< within its incident
  RemedyKind remedy = RemedyKind::Restart;
  RunId run;  ///< the run it was ordered against
  Instant ordered_at{};
  AttemptState state = AttemptState::Ordered;
  std::string note;  ///< the engine's error, or why it was dropped
  std::optional<Instant> ended_at;
  bool operator==(const Attempt&) const = default;
};

enum class BreakerState { Closed, Open, HalfOpen };

const char* to_string(BreakerState state);

/// What is remembered of a workload across runs and across healer's own restarts.
struct WorkloadRecord {
  std::string key;
  std::string name;
  RunId last_run;
  bool was_running = false;        ///< when last seen
  bool stopped_by_person = false;  ///< hands off until someone starts it
  bool started_well_once = false;
  std::vector<Duration> starts;  ///< the newest at most 10 measured starts, oldest first
  BreakerState breaker = BreakerState::Closed;
  Instant breaker_until{};  ///< when Open becomes HalfOpen
  unsigned backoff_level = 0;
  Instant backoff_changed_at{};
  Instant last_announced{};            ///< of the alert cooldown; epoch: never
  unsigned unannounced_incidents = 0;  ///< opened within the cooldown, waiting for the summary
  unsigned unannounced_attempts = 0;
  Instant quiet_since{};  ///< when the first of those fell ill
  Instant reset_at{};     ///< by an operator: attempts ordered before it count no more
  bool operator==(const WorkloadRecord&) const = default;
};

enum class AlertKind { Degraded, Recovered, Critical, Info };

const char* to_string(AlertKind kind);

/// What people are told; each channel makes its own message of it. HEALING.md 6.
struct Alert {
  AlertId id;
  AlertKind kind = AlertKind::Info;
  std::string dedup_key;  ///< the same for trigger and resolve of one incident; at most 255 bytes
  std::string event;      ///< for the title: "DEGRADED", "RECOVERED", "CRITICAL", "ENGINE DOWN"
  std::string text;       ///< one or two sentences, plain text
  std::string host;
  std::string workload;  ///< name; empty when it is about healer or the engine itself
  std::string image;
  std::string cause;
  unsigned attempt = 0;  ///< n of m; 0: not about an attempt
  unsigned attempts_allowed = 0;
  Instant raised_at{};
  bool operator==(const Alert&) const = default;
};

/// Delivery of one alert to one channel. At least once; retried until delivered, refused for good, or too
/// old.
enum class DeliveryState { Pending, Delivered, Refused, Expired };

const char* to_string(DeliveryState state);

struct Delivery {
  AlertId alert;
  std::string channel;
  DeliveryState state = DeliveryState::Pending;
  unsigned tries = 0;
  Instant next_try{};
  std::string last_error;  ///< redacted
  bool operator==(const Delivery&) const = default;
};

/// An alert together with the channels it must reach: written in the transaction of the change it tells of.
struct RaisedAlert {
  Alert alert;
  std::vector<std::string> channels;
  bool operator==(const RaisedAlert&) const = default;
};

/// Up to where the engine's events have been seen: the `since=` of the next process.
struct EventCursor {
  std::int64_t unix_nanoseconds = 0;
  bool operator==(const EventCursor&) const = default;
};

/// One thing to write. A list of them is one transaction.
using Record = std::variant<WorkloadRecord, Incident, Attempt, RaisedAlert, Delivery, EventCursor>;

/// Everything a new process needs to go on where the last one ended.
struct StoredState {
  std::vector<WorkloadRecord> workloads;
  std::vector<Incident> open_incidents;
  std::vector<Attempt> attempts;  ///< every unfinished one, and those ordered within the last day
  std::vector<Alert> pending_alerts;
  std::vector<Delivery> pending_deliveries;
  EventCursor cursor;
  std::uint64_t last_incident = 0;  ///< highest id ever given, so that none is given twice
  std::uint64_t last_attempt = 0;
  std::uint64_t last_alert = 0;
};

}  // namespace healer
