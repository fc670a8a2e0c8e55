#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/choice.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/incident.hpp"
#include "model/policy.hpp"
#include "model/reason.hpp"

namespace healer {

/// What a notification tells operators, as data. present/notification_text.hpp has the title, the text and
/// the advice.
namespace notice {

/// The engine did not execute the last remedy: operators need not search the workload for that cause.
struct Refusal {
  std::string remedy;
  AttemptNote note;
  bool operator==(const Refusal&) const = default;
};
HEALER_DESCRIBE(Refusal, remedy, note);

struct Degraded {
  Reason reason;
  /// What the source of the alert that caused it answered instead of confirming it; empty text: nothing in
  /// time; none: the source confirmed it.
  std::optional<std::string> unconfirmed;
  std::string owner;  ///< who may do what healer may not; empty: healer may
  RemedyKind next_kind = RemedyKind::None;
  std::string next;                     ///< the ladder step
  Duration wait{0};                     ///< until then; 0: now
  std::optional<Hold> hold;             ///< what it waits for
  unsigned ineffective_restarts = 0;    ///< so many that a restart does not help; 0: fewer
  std::vector<std::string> dependents;  ///< names of those that depend on it; they wait, and are not notified
  Advice advice;
};
HEALER_DESCRIBE(Degraded, reason, unconfirmed, owner, next_kind, next, wait, hold, ineffective_restarts,
                dependents, advice);

struct CrashLoop {
  Reason reason;
  Advice advice;
};
HEALER_DESCRIBE(CrashLoop, reason, advice);

struct BudgetUsedUp {
  Reason reason;
  unsigned budget = 0;
  Duration window{0};
  Duration wait{0};
  std::optional<Refusal> refusal;
  Advice advice;
};
HEALER_DESCRIBE(BudgetUsedUp, reason, budget, window, wait, refusal, advice);

struct LadderEnded {
  Reason reason;
  unsigned attempts = 0;
  unsigned ineffective_restarts = 0;
  std::optional<Refusal> refusal;
  Advice advice;
};
HEALER_DESCRIBE(LadderEnded, reason, attempts, ineffective_restarts, refusal, advice);

struct IncidentClosed {
  IncidentOutcome outcome = IncidentOutcome::Recovered;
  unsigned attempts = 0;
  Duration unhealthy_for{0};
  WantedEnd why = WantedEnd::None;  ///< StoppedByOperator
  Reason reason;                    ///< StoppedByHealer: why it was unhealthy
  Advice advice;                    ///< StoppedByHealer
};
HEALER_DESCRIBE(IncidentClosed, outcome, attempts, unhealthy_for, why, reason, advice);

/// What happened within the notification cooldown.
struct Summary {
  unsigned incidents = 0;
  unsigned attempts = 0;
  Duration lasted{0};
  std::optional<Reason> reason;  ///< it is still unhealthy
};
HEALER_DESCRIBE(Summary, incidents, attempts, lasted, reason);

struct Repeated {
  Reason reason;
  bool escalation = false;  ///< to a further route; false: a reminder
  Duration unhealthy_for{0};
  bool gave_up = false;
  RemedyKind next_kind = RemedyKind::None;
  std::optional<Hold> hold;
  Advice advice;
};
HEALER_DESCRIBE(Repeated, reason, escalation, unhealthy_for, gave_up, next_kind, hold, advice);

struct Unknown {
  unsigned checks = 0;
  Reason reason;
};
HEALER_DESCRIBE(Unknown, checks, reason);

/// The checks have never passed: a wrong configuration, or a container that never worked.
struct Unproven {
  Reason tried;  ///< what was checked, and what came back
};
HEALER_DESCRIBE(Unproven, tried);

/// A job's exit is final.
struct JobFailed {
  Reason reason;
  Advice advice;
};
HEALER_DESCRIBE(JobFailed, reason, advice);

/// It exited, and nobody knows whether an operator stopped it.
struct EndedUnseen {
  Reason reason;
  Advice advice;
};
HEALER_DESCRIBE(EndedUnseen, reason, advice);

/// Watched containers were removed, and nothing took their place.
struct Vanished {
  std::vector<std::string> names;
  std::string project;  ///< of all of them; empty: none
  Reason during = {};   ///< why it was unhealthy at that time; none: it was not
};
HEALER_DESCRIBE(Vanished, names, project, during);

struct KnownAgain {
  Duration lasted{0};
  KnownBy how = KnownBy::Answer;
};
HEALER_DESCRIBE(KnownAgain, lasted, how);

struct AlertFires {
  FiringAlert alert;
};
HEALER_DESCRIBE(AlertFires, alert);

/// An alert fires on after an attempt, and no check fails.
struct AlertOutlasts {
  reason::Alerts alerts;
  unsigned attempts = 0;
  Advice advice;
};
HEALER_DESCRIBE(AlertOutlasts, alerts, attempts, advice);

// Several incidents that began close together.

struct GroupMember {
  std::string name;
  Reason reason;  ///< why it is unhealthy
};
HEALER_DESCRIBE(GroupMember, name, reason);

/// A member whose incident ended, but who is not healthy. None: an operator was called for it alone.
struct GroupLeaver {
  std::string name;
  NotReady lacks = NotReady::None;
};
HEALER_DESCRIBE(GroupLeaver, name, lacks);

struct GroupBegan {
  std::vector<GroupMember> members;
  std::vector<std::string> open;  ///< names of those that are still unhealthy
};
HEALER_DESCRIBE(GroupBegan, members, open);

struct GroupEnded {
  std::vector<GroupMember> members;
  std::vector<GroupLeaver> otherwise;
};
HEALER_DESCRIBE(GroupEnded, members, otherwise);

// The host.

struct EngineDown {
  std::string reason;
};
HEALER_DESCRIBE(EngineDown, reason);

struct EngineBack {
  std::optional<Duration> after;  ///< empty: not known
};
HEALER_DESCRIBE(EngineBack, after);

struct Disconnected {
  std::string target;
  CheckProblem problem;
  Duration lasted{0};
};
HEALER_DESCRIBE(Disconnected, target, problem, lasted);

struct ConnectedAgain {
  Duration lasted{0};
};
HEALER_DESCRIBE(ConnectedAgain, lasted);

struct UnderPressure {
  std::string text;  ///< "memory 62 %"
};
HEALER_DESCRIBE(UnderPressure, text);

struct MassFailure {
  std::vector<std::string> failing;  ///< names
  std::uint64_t among = 0;
  std::string common;  ///< the workload on which all of them depend; empty: none
  Duration hold{0};
};
HEALER_DESCRIBE(MassFailure, failing, among, common, hold);

/// A canary was restarted, which did not help.
struct MassFailureStays {
  std::vector<std::string> failing;
  std::uint64_t number = 0;  ///< of them, by the newest count
  std::uint64_t among = 0;
};
HEALER_DESCRIBE(MassFailureStays, failing, number, among);

struct MassFailureOver {
  Duration lasted{0};
  std::vector<std::string> failing;
};
HEALER_DESCRIBE(MassFailureOver, lasted, failing);

}  // namespace notice

struct Notice : std::variant<notice::Degraded, notice::CrashLoop, notice::BudgetUsedUp, notice::LadderEnded,
                             notice::IncidentClosed, notice::Summary, notice::Repeated, notice::Unknown,
                             notice::Unproven, notice::JobFailed, notice::EndedUnseen, notice::Vanished,
                             notice::KnownAgain, notice::AlertFires, notice::EngineDown, notice::EngineBack,
                             notice::Disconnected, notice::ConnectedAgain, notice::UnderPressure,
                             notice::MassFailure, notice::MassFailureStays, notice::MassFailureOver,
                             notice::AlertOutlasts, notice::GroupBegan, notice::GroupEnded> {
  HEALER_CHOICE(Notice);
};

}  // namespace healer
