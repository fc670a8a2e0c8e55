#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"
#include "model/reason.hpp"

namespace healer {

/// Why an incident was opened.
BOOST_DEFINE_ENUM_CLASS(
    IncidentCause, ProbeFailed, EngineUnhealthy, Crashed, OutOfMemory, CrashLoop, NotBackAfterEngine,
    NetworkLost,          ///< the container whose network the workload shares was restarted or replaced
    DependencyRestarted,  ///< healer restarted what it depends on, and compose's `depends_on` wants it to
                          ///< follow
    AlertFiring,          ///< a rule of Prometheus fires about the workload
    ByOperator            ///< an operator requested the remedy: `healer heal`
)

/// How an incident ended. Open: not resolved yet.
BOOST_DEFINE_ENUM_CLASS(IncidentOutcome, Open, Recovered, RecoveredAlone, StoppedByOperator, StoppedByHealer,
                        Removed, OptedOut)

/// When the next route is notified of an incident, unless an operator acknowledges the incident first.
struct Escalation {
  std::string route;  ///< name of the route
  Instant due{};
  bool done = false;
  bool operator==(const Escalation&) const = default;
};
HEALER_DESCRIBE(Escalation, route, due, done);

/// One incident of one workload, from the failure threshold to the end. Opens once and closes once.
/// HEALING.md 6.
struct Incident {
  IncidentId id;
  std::string workload;  ///< the workload's key
  std::string name;      ///< the container's name at that time
  std::string image;
  IncidentCause cause = IncidentCause::ProbeFailed;
  Reason reason;
  Instant unhealthy_since{};
  Instant opened_at{};
  std::optional<Instant> closed_at;
  IncidentOutcome outcome = IncidentOutcome::Open;
  unsigned attempts = 0;
  unsigned ladder_step = 0;  ///< failed attempts so far plus steps skipped
  bool notified = false;     ///< a degraded or critical notification went out, so the end is notified too
  bool gave_up = false;      ///< the critical notification of this incident went out
  std::vector<std::string>
      notified_channels;  ///< channels that got a notification of the incident; its end goes there, too
  std::optional<Instant>
      notified_at;       ///< when the newest notification went out, or may go out: reminders count from then
  unsigned repeats = 0;  ///< reminders and escalations so far
  std::vector<Escalation> escalations;
  std::string group_key;  ///< dedup key of the notification that it shares with other incidents; empty: none
  std::optional<Instant> acked_at;  ///< by `healer ack`: no more reminders or escalations
  std::string acked_by;             ///< the name given with `healer ack`
  bool operator==(const Incident&) const = default;
};
HEALER_DESCRIBE(Incident, id, workload, name, image, cause, reason, unhealthy_since, opened_at, closed_at,
                outcome, attempts, ladder_step, notified, gave_up, notified_channels, notified_at, repeats,
                escalations, group_key, acked_at, acked_by);

/// States of one attempt. Ordered is written before the engine is called: a new process that finds an ordered
/// attempt settles it by inspect and never repeats it.
///
///   Ordered -> Verifying -> Recovered | NotRecovered
///   Ordered -> Failed (the engine refused) | NotExecuted (settled: the instance never changed)
///   Verifying -> Cancelled (an operator stopped or removed the container, or a newer instance took over)
BOOST_DEFINE_ENUM_CLASS(AttemptState, Ordered, Verifying, Recovered, NotRecovered, Failed, NotExecuted,
                        Cancelled)

/// What is noted of an attempt, besides its state.
struct AttemptNote {
  std::string error;  ///< the engine's, the hook's or the command's
  Ending ending = Ending::None;
  Reason reason;  ///< why the workload is unhealthy, or not known to be healthy
  bool operator==(const AttemptNote&) const = default;
};
HEALER_DESCRIBE(AttemptNote, error, ending, reason);

/// One execution of a remedy. The budget counts attempts by ordered_at, so a restart of healer refills
/// nothing.
struct Attempt {
  AttemptId id;
  IncidentId incident;
  std::string workload;
  unsigned number = 1;  ///< within its incident
  RemedyKind remedy = RemedyKind::Restart;
  std::string detail;   ///< the ladder step, for operators: "kill:HUP", "exec:/reload"
  InstanceId instance;  ///< the instance it was ordered against
  Instant ordered_at{};
  AttemptState state = AttemptState::Ordered;
  bool dry_run = false;  ///< the engine was not called
  AttemptNote note;
  std::optional<Instant> ended_at;
  bool operator==(const Attempt&) const = default;
};
HEALER_DESCRIBE(Attempt, id, incident, workload, number, remedy, detail, instance, ordered_at, state, dry_run,
                note, ended_at);

BOOST_DEFINE_ENUM_CLASS(BreakerState, Closed, Open, HalfOpen)

/// A label of an alert.
struct AlertLabel {
  std::string name;
  std::string value;
  bool operator==(const AlertLabel&) const = default;
};
HEALER_DESCRIBE(AlertLabel, name, value);

/// A rule of Prometheus that fires about a workload. See AlertReported in event.hpp.
struct FiringAlert {
  std::string source;
  std::string id;
  std::string name;
  std::string text;
  bool act = true;
  Instant since{};                      ///< first reported
  Instant reported_at{};                ///< last reported; an alert that is not repeated for 6 hours is over
  std::string ask_at = {};              ///< as AlertReported::ask_at
  std::vector<AlertLabel> labels = {};  ///< as AlertReported::labels
  std::optional<Instant> attempted_at = {};  ///< when the newest attempt began while it fired
  bool outlasted = false;  ///< an attempt that began while it fired did not recover the workload
  bool operator==(const FiringAlert&) const = default;
};
HEALER_DESCRIBE(FiringAlert, source, id, name, text, act, since, reported_at, ask_at, labels, attempted_at,
                outlasted);

/// Why a due remedy waits. HEALING.md 5.
BOOST_DEFINE_ENUM_CLASS(
    HoldKind, EngineDown,
    Connectivity,  ///< the connectivity check fails, or healer has no descriptors or memory left
    Paused,        ///< `healer pause`
    Maintenance,
    Dependency,     ///< a workload that it depends on is not healthy
    NetworkParent,  ///< the container whose network the workload shares is not healthy
    MassFailure,
    Concurrency,       ///< as many remedies as allowed are under way
    Replica,           ///< another replica of its service has a remedy under way
    OperatorStopping,  ///< an operator is stopping the container now
    OperatorInside,    ///< a command of an operator runs in the container
    Deployment,        ///< containers of its project are being created and removed
    Access,            ///< its check is answered by something in front of it, or by another path
    Upstream,          ///< its proxy says that what is behind it does not answer
    Busy,              ///< the application itself asks for time
    Unproven,          ///< the check has not passed with this image, and one attempt did not help
    Disk,              ///< a file system is full: a restart would end in a container that cannot start
    Alert  ///< an alert is the cause, and it is not confirmed that it fires, or an attempt did not end it
)

/// Which case of its kind a hold is. Only: the kind has one, or it is the first that its comment names.
BOOST_DEFINE_ENUM_CLASS(HoldCase, Only,
                        Everything,      ///< Paused: not the workload alone
                        RanOut,          ///< Connectivity: of descriptors or memory; not the control target
                        Listing,         ///< EngineDown: it answers, and its containers are being listed
                        Awaited,         ///< Dependency, NetworkParent: not down, and not healed first
                        Unwatched,       ///< Dependency: healer cannot judge it, and a remedy did not help
                        ChangedJustNow,  ///< NetworkParent
                        ByCheck,         ///< Disk: not the engine says so
                        NoPath,          ///< Access: the path is not there
                        InMaintenance,   ///< Busy: it says so; not that it asks for time
                        Canaries,        ///< MassFailure: a few are remedied; not all wait
                        InVain,          ///< MassFailure: a canary was remedied, which did not help
                        CannotRun,       ///< Unproven: the HEALTHCHECK; not that an attempt did not help
                        Outlasted,       ///< Alert: by an attempt; not that its source is being asked
                        Unconfirmed      ///< Alert: its source did not answer whether it fires
)

/// A reason why a due remedy waits, with what an operator needs to know of it.
struct Hold {
  HoldKind kind = HoldKind::EngineDown;
  HoldCase of = HoldCase::Only;
  std::string name;  ///< of the workload, window, project, command or alert that it is about; empty: none
  NotReady lacks = NotReady::None;  ///< NetworkParent, Dependency: what that workload waits for
  std::string detail;               ///< Unconfirmed: what the source answered; empty: nothing
  std::optional<Instant> until;     ///< the latest end of the hold; empty: no limit
  bool operator==(const Hold&) const = default;
};
HEALER_DESCRIBE(Hold, kind, of, name, lacks, detail, until);

}  // namespace healer
