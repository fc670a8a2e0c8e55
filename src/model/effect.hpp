#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// Ask this target now. Answered by ProbeFinished, exactly once.
struct StartProbe {
  ProbeId probe;
  std::string workload;
  ProbeTargetPtr target;
  Duration timeout{0};
};
HEALER_DESCRIBE(StartProbe, probe, workload, target, timeout);

/// Its answer is no longer wanted; a late one is ignored.
struct CancelProbe {
  ProbeId probe;
};
HEALER_DESCRIBE(CancelProbe, probe);

/// Look at this container now. Answered by ContainerObserved, ContainerGone or InspectFailed.
struct Inspect {
  std::string container_id;
};
HEALER_DESCRIBE(Inspect, container_id);

/// Change a container. Executed only after everything the same step persists is on disk.
struct ApplyRemedy {
  AttemptId attempt;
  std::string workload;
  std::string name;
  RemedyStep step;
  std::string container_id;
  std::optional<Duration> stop_timeout;  ///< empty: none is passed
  Duration deadline{0};                  ///< the call's limit: the container's stop timeout plus a margin
  unsigned number = 1;                   ///< of the attempt, within its incident
  std::string reason;                    ///< for hooks and webhooks: what it is unhealthy of
  std::string network_parent;            ///< Recreate: join this container's network; empty: as it was
  IncidentId incident;                   ///< that it is ordered for
  bool resume = false;  ///< Recreate: a former process began it; finish or undo what is half done
};
HEALER_DESCRIBE(ApplyRemedy, attempt, workload, name, step, container_id, stop_timeout, deadline, number,
                reason, network_parent, incident, resume);

/// Save what a remedy would erase. Answered by EvidenceCaptured, at the latest after `limit`.
struct CaptureEvidence {
  std::string workload;
  IncidentId incident;
  std::string container_id;
  Duration limit{0};
};
HEALER_DESCRIBE(CaptureEvidence, workload, incident, container_id, limit);

/// Send Tick{workload} at this instant. Replaces the workload's earlier wish.
struct Wake {
  std::string workload;
  Instant at{};
};
HEALER_DESCRIBE(Wake, workload, at);

/// Write this down; those of one step are one transaction.
struct Persist {
  Record record;
};
HEALER_DESCRIBE(Persist, record);

/// Notify the operators. The runtime writes it with the step's records, and then hands it to its channels.
struct SendNotification {
  Notification notification;
  std::vector<Destination> destinations;
};
HEALER_DESCRIBE(SendNotification, notification, destinations);

BOOST_DEFINE_ENUM_CLASS(LogLevel, Debug, Info, Warning, Error)

struct LogLine {
  LogLevel level = LogLevel::Info;
  std::string message;
  std::string workload;  ///< name; empty when about none
};
HEALER_DESCRIBE(LogLine, level, message, workload);

/// What the metrics count. HEALING says what each is; api/ names the series.
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
/// A streak of unknown outcomes long enough to notify the operators of.
struct CountUnknownStreak {
  Cause cause = Cause::None;
};
HEALER_DESCRIBE(CountUnknownStreak, cause);
/// An open incident was reminded: to those who know of it, or to the next route.
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

using Effect = std::variant<StartProbe, CancelProbe, Inspect, CaptureEvidence, ApplyRemedy, Wake, Persist,
                            SendNotification, LogLine, Count>;
using Effects = std::vector<Effect>;

}  // namespace healer
