#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/fact.hpp"
#include "model/notice.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// Check this target now. Answered by ProbeFinished, exactly once.
struct StartProbe {
  ProbeId probe;
  std::string workload;
  ProbeTargetPtr target;
  Duration timeout{0};
};
HEALER_DESCRIBE(StartProbe, probe, workload, target, timeout);

/// The check's result is no longer wanted; a late result is ignored.
struct CancelProbe {
  ProbeId probe;
};
HEALER_DESCRIBE(CancelProbe, probe);

/// Inspect this container now. Answered by ContainerObserved, ContainerGone or InspectFailed.
struct Inspect {
  std::string container_id;
};
HEALER_DESCRIBE(Inspect, container_id);

/// Execute a remedy on a container. The engine is called only after the records of the same step are on disk.
struct ApplyRemedy {
  AttemptId attempt;
  std::string workload;
  std::string name;
  RemedyStep step;
  std::string container_id;
  std::optional<Duration> stop_timeout;  ///< empty: none is passed
  Duration deadline{0};        ///< limit of the engine call: the container's stop timeout plus a margin
  unsigned number = 1;         ///< of the attempt, within its incident
  Reason reason;               ///< for hooks and webhooks: why the workload is unhealthy
  std::string network_parent;  ///< Recreate: join this container's network; empty: the same network as before
  IncidentId incident;         ///< the incident that the attempt belongs to
  bool resume = false;         ///< Recreate: finish or undo a recreation that began before
};
HEALER_DESCRIBE(ApplyRemedy, attempt, workload, name, step, container_id, stop_timeout, deadline, number,
                reason, network_parent, incident, resume);

/// Save the evidence that a remedy would erase. Answered by EvidenceCaptured, after `limit` at the latest.
struct CaptureEvidence {
  std::string workload;
  IncidentId incident;
  std::string container_id;
  Duration limit{0};
};
HEALER_DESCRIBE(CaptureEvidence, workload, incident, container_id, limit);

/// Ask the alert's source whether the alert fires now. Answered by AlertConfirmed; the core waits 10 s for
/// it.
struct ConfirmAlert {
  std::string workload;
  std::string source;
  std::string id;
  std::string ask_at;  ///< as in AlertReported
  std::vector<AlertLabel> labels;
};
HEALER_DESCRIBE(ConfirmAlert, workload, source, id, ask_at, labels);

/// Send Tick{workload} at this instant. Replaces an earlier Wake of the same workload.
struct Wake {
  std::string workload;
  Instant at{};
};
HEALER_DESCRIBE(Wake, workload, at);

/// Write this record to the store; all records of one step are one transaction.
struct Persist {
  Record record;
};
HEALER_DESCRIBE(Persist, record);

/// Notify the operators. The runtime writes the texts (present/notification_text.hpp), stores the
/// notification with the step's records and then gives it to the channels.
struct SendNotification {
  Notification notification;  ///< without event, text, cause and advice
  Notice notice;
  Reason cause;
  std::vector<Destination> destinations;
};
HEALER_DESCRIBE(SendNotification, notification, notice, cause, destinations);

BOOST_DEFINE_ENUM_CLASS(LogLevel, Debug, Info, Warning, Error)

/// A fact for the log; the runtime writes it as a LogLine (present/log_text.hpp).
struct Report {
  LogLevel level = LogLevel::Info;
  std::string workload;  ///< name; empty: about no workload
  Fact fact;
};
HEALER_DESCRIBE(Report, level, workload, fact);

struct LogLine {
  LogLevel level = LogLevel::Info;
  std::string message;
  std::string workload;  ///< name; empty: the line is about no workload
};
HEALER_DESCRIBE(LogLine, level, message, workload);

// What the metrics count. HEALING.md defines each; api/ names the series.
struct CountCheck {
  ProbeKind kind = ProbeKind::Http;
  Outcome outcome = Outcome::Pass;
  Cause cause = Cause::None;
  std::chrono::microseconds duration{0};
};
HEALER_DESCRIBE(CountCheck, kind, outcome, cause, duration);
struct CountRemedy {
  RemedyKind remedy = RemedyKind::Restart;
  AttemptState outcome = AttemptState::Recovered;
};
HEALER_DESCRIBE(CountRemedy, remedy, outcome);
struct CountIncidentOpened {
  IncidentCause cause = IncidentCause::ProbeFailed;
};
HEALER_DESCRIBE(CountIncidentOpened, cause);
struct CountIncidentClosed {
  IncidentOutcome outcome = IncidentOutcome::Recovered;
  Duration time_to_heal{0};  ///< from unhealthy_since
};
HEALER_DESCRIBE(CountIncidentClosed, outcome, time_to_heal);
struct CountHold {
  HoldKind kind = HoldKind::EngineDown;
};
HEALER_DESCRIBE(CountHold, kind);
/// A streak of unknown outcomes, long enough that operators are notified.
struct CountUnknownStreak {
  Cause cause = Cause::None;
};
HEALER_DESCRIBE(CountUnknownStreak, cause);
/// A notification of an open incident was repeated: a reminder, or an escalation to the next route.
struct CountNotificationRepeat {
  NotificationKind kind = NotificationKind::Degraded;
  bool escalation = false;
};
HEALER_DESCRIBE(CountNotificationRepeat, kind, escalation);
using Metric = std::variant<CountCheck, CountRemedy, CountIncidentOpened, CountIncidentClosed, CountHold,
                            CountUnknownStreak, CountNotificationRepeat>;

struct Count {
  Metric metric;
};
HEALER_DESCRIBE(Count, metric);

struct Effect : std::variant<StartProbe, CancelProbe, Inspect, CaptureEvidence, ApplyRemedy, Wake, Persist,
                             SendNotification, Report, Count, ConfirmAlert> {
  HEALER_CHOICE(Effect);
};
using Effects = std::vector<Effect>;

}  // namespace healer
