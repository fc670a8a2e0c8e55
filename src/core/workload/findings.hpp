#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/time.hpp"
#include "core/workload/ladder.hpp"
#include "model/policy.hpp"
#include "model/reason.hpp"
#include "model/record.hpp"

namespace healer {

/// What a machine reports of an input. The controller takes the findings in order and gives each to the
/// machines that it concerns; findings.cpp has the list.
namespace finding {

// Lifecycle.
struct InstanceBegan {
  bool same = false;          ///< the known instance goes on: unpaused, or not seen running before
  bool unpaused = false;      ///< the known instance was paused
  bool daemon_start = false;  ///< healer sees the workload for the first time, in its first full list
};
struct StoppedRunning {};
struct PausedByOperator {};
/// The instance ended, and no other should run now, or an operator has restarted it.
struct EndedAsWanted {
  WantedEnd end = WantedEnd::StoppedByOperator;
};
struct EndedBySignal {};  ///< by a signal that is healer's remedy
/// The container's end is final, and operators are notified of it.
struct EndedForGood {
  enum class Why { JobFailed, Unseen } why = Why::JobFailed;
  Reason reason;
};
/// The instance is down, and no attempt is under way.
struct LeftDown {
  Reason reason;
};
/// The instance is down; the engine's restart policy may restart it.
struct ExitedByItself {
  Reason reason;
};
/// The engine's restart policy restarts the container, or has done so.
struct EngineRestarted {
  Reason reason;
  std::optional<Reason> loop;  ///< a crash loop
};
struct Down {
  IncidentCause cause = IncidentCause::Crashed;
  Reason reason;
};
struct SuccessorAwaited {};  ///< the container was removed, as a part of the remedy
struct Gone {
  enum class Why { Removed, OptedOut } why = Why::Removed;
};

// Health.
struct BecameUnhealthy {
  IncidentCause cause = IncidentCause::ProbeFailed;
  Reason reason;
};
struct BecameHealthy {};
struct UnknownForLong {};
/// The checks that failed have never passed.
struct ProbeUnproven {
  Reason tried;  ///< what was checked, and what came back
};
/// The workload is checked at another address now: what was known of the old one does not count.
struct TargetChanged {};
struct KnownAgain {
  KnownBy how = KnownBy::Answer;
  Instant since{};  ///< when operators were notified that it is unknown
  Reason cause;     ///< why it was unknown
};
struct AlertFires {
  FiringAlert alert;
};
struct AlertOver {};
/// A reason for an incident that is no verdict: an alert, a lost network.
struct IncidentDue {
  IncidentCause cause = IncidentCause::AlertFiring;
  Reason reason;
};
/// A disk is full: a restart would end in a container that cannot start.
struct DiskFull {};
struct Starved {
  Instant until{};  ///< failed checks before this are unknown
};
struct AwaitsConnectivity {};

// Remediation.
struct AttemptBegan {
  LadderStep step;
};
struct OrderDecided {
  RemedyStep step;
  /// Why it is given. Resumed: a former process's recreation is finished or undone. EndedBySignal: the
  /// container is started within the same attempt.
  enum class Why { AsDecided, AnswerLost, Resumed, EndedBySignal } why = Why::AsDecided;
};
struct InstanceKept {};  ///< a remedy that keeps the instance is verified
struct AttemptEnded {
  AttemptState state = AttemptState::Recovered;
  bool left_down = false;  ///< the order stopped the container and did not start it
  bool failing = false;    ///< the workload fails, though no verdict was reached
  /// Stopped: the remedy was to stop it, so the incident is closed.
  enum class Then { Nothing, Plan, PlanAndInspect, Stopped } then = Then::Nothing;
};
struct BudgetUsedUp {};
struct LadderEnded {};
struct HoldCauseGone {};  ///< a new verdict decides
/// The remedy waits until the workloads that it depends on are checked.
struct LooksAround {
  std::vector<std::string> at;  ///< their keys
};
struct HeldByAlert {};  ///< AlertPermit allows no attempt: its source is asked, or operators are notified
struct StayedUp {};     ///< without a probe, until the end of the verification

// Remediation and notifications.
struct IncidentChanged {};  ///< the incident's record must be stored

// Notifications.
struct WorseThanAcknowledged {};

}  // namespace finding

struct WorkloadFinding
    : std::variant<finding::InstanceBegan, finding::StoppedRunning, finding::PausedByOperator,
                   finding::EndedAsWanted, finding::EndedBySignal, finding::EndedForGood, finding::LeftDown,
                   finding::ExitedByItself, finding::EngineRestarted, finding::Down,
                   finding::SuccessorAwaited, finding::Gone, finding::BecameUnhealthy, finding::BecameHealthy,
                   finding::UnknownForLong, finding::ProbeUnproven, finding::TargetChanged,
                   finding::KnownAgain, finding::AlertFires, finding::AlertOver, finding::IncidentDue,
                   finding::DiskFull, finding::Starved, finding::AwaitsConnectivity, finding::AttemptBegan,
                   finding::OrderDecided, finding::InstanceKept, finding::AttemptEnded, finding::BudgetUsedUp,
                   finding::LadderEnded, finding::HoldCauseGone, finding::StayedUp, finding::IncidentChanged,
                   finding::WorseThanAcknowledged, finding::HeldByAlert, finding::LooksAround> {
  HEALER_CHOICE(WorkloadFinding);
};

}  // namespace healer
