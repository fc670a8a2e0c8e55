#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/choice.hpp"
#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/incident.hpp"
#include "model/policy.hpp"
#include "model/reason.hpp"

namespace healer {

/// What the core reports of its decisions, as data. present/ has the texts: of log lines (log_line.hpp) and
/// of decisions (decision_text.hpp). Texts in a fact come from outside: from an adapter, a label, the engine;
/// also what the configuration says (a ladder step) and what a probe target is called.
namespace fact {

// Instances and exits.

BOOST_DEFINE_ENUM_CLASS(InstanceChange, Unpaused, StartedAgain, Paused, DownAtFirstSight, Stopped, Completed,
                        EndedBySignal,  ///< by a signal that is the remedy: it is started
                        EndedUnseen     ///< nobody saw why, because the engine forgot the events
)
struct Instance {
  InstanceChange change = InstanceChange::StartedAgain;
  bool operator==(const Instance&) const = default;
};
HEALER_DESCRIBE(Instance, change);

/// It went down with the engine, whose restart policy has this long to restart it.
struct DownWithEngine {
  Duration wait{0};
  bool operator==(const DownWithEngine&) const = default;
};
HEALER_DESCRIBE(DownWithEngine, wait);

BOOST_DEFINE_ENUM_CLASS(ExitCare,
                        Remedied,      ///< healer remedies it
                        LeftToEngine,  ///< the engine's restart policy restarts it
                        LeftAlone,     ///< the policy says that exits are left alone
                        JobFailed,     ///< a job's exit is final: it is not started again
                        LeftToOwner    ///< whoever owns the container decides
)
struct Exited {
  ExitCare care = ExitCare::Remedied;
  Reason reason;
  int exit_code = 0;
  unsigned restarts = 0;  ///< LeftToEngine: exits within the window
  Duration window{0};
  bool operator==(const Exited&) const = default;
};
HEALER_DESCRIBE(Exited, care, reason, exit_code, restarts, window);

/// Its labels say what cannot be.
struct WrongLabel {
  LabelProblem problem;
  bool operator==(const WrongLabel&) const = default;
};
HEALER_DESCRIBE(WrongLabel, problem);

// Checks.

struct Watched {
  std::string probes;  ///< empty: the engine's HEALTHCHECK is the only probe
  Duration interval{0};
  bool operator==(const Watched&) const = default;
};
HEALER_DESCRIBE(Watched, probes, interval);

struct Uncheckable {
  std::string probe;  ///< empty: the only one
  std::string reason;
  bool operator==(const Uncheckable&) const = default;
};
HEALER_DESCRIBE(Uncheckable, probe, reason);

struct CheckFailed {
  unsigned failures = 0;
  unsigned threshold = 0;
  Reason reason;
  bool operator==(const CheckFailed&) const = default;
};
HEALER_DESCRIBE(CheckFailed, failures, threshold, reason);

/// A check passed for the first time, or for the first time with a new image: from now on its failures count.
struct ProbeProven {
  std::string probe;    ///< "http 127.0.0.1:8080/health"
  bool chosen = false;  ///< by the automatic selection
  bool operator==(const ProbeProven&) const = default;
};
HEALER_DESCRIBE(ProbeProven, probe, chosen);

/// Checks that have never passed fail: operators decide.
struct NeverPassed {
  Reason tried;
  bool operator==(const NeverPassed&) const = default;
};
HEALER_DESCRIBE(NeverPassed, tried);

/// The host is under pressure: timeouts are unknown for a while.
struct UnderPressure {
  std::string text;  ///< "memory 62 %"
  bool operator==(const UnderPressure&) const = default;
};
HEALER_DESCRIBE(UnderPressure, text);

/// The engine could not repeat every event since the last one that healer saw.
struct EventsLost {
  bool operator==(const EventsLost&) const = default;
};
HEALER_DESCRIBE(EventsLost);

/// The host or healer stood still: streaks start again.
struct StoodStill {
  Duration lasted{0};
  bool operator==(const StoodStill&) const = default;
};
HEALER_DESCRIBE(StoodStill, lasted);

struct AnswersAgain {
  unsigned failures = 0;
  bool operator==(const AnswersAgain&) const = default;
};
HEALER_DESCRIBE(AnswersAgain, failures);

/// Many checks in a row gave no result.
struct Unknown {
  unsigned checks = 0;
  Reason reason;
  bool operator==(const Unknown&) const = default;
};
HEALER_DESCRIBE(Unknown, checks, reason);

struct KnownAgain {
  KnownBy how = KnownBy::Answer;
  bool operator==(const KnownAgain&) const = default;
};
HEALER_DESCRIBE(KnownAgain, how);

struct AlertFires {
  FiringAlert alert;
  bool operator==(const AlertFires&) const = default;
};
HEALER_DESCRIBE(AlertFires, alert);

struct AlertIgnored {
  std::string name;
  unsigned firing = 0;  ///< as many fire already
  bool operator==(const AlertIgnored&) const = default;
};
HEALER_DESCRIBE(AlertIgnored, name, firing);

struct AlertOver {
  std::string name;
  AlertEnd how = AlertEnd::Resolved;
  std::string answer;  ///< Answered: what its source says
  bool operator==(const AlertOver&) const = default;
};
HEALER_DESCRIBE(AlertOver, name, how, answer);

// Incidents.

/// A reason for a remedy that is neither a failed check nor an exit: the engine's HEALTHCHECK, a lost
/// network.
struct Unhealthy {
  Reason reason;
  bool operator==(const Unhealthy&) const = default;
};
HEALER_DESCRIBE(Unhealthy, reason);

struct IncidentOpened {
  IncidentCause cause = IncidentCause::ProbeFailed;
  Reason reason;
  unsigned failures = 0;  ///< of checks; this and the rest only if checks are the cause, or an exit
  unsigned failure_threshold = 0;
  std::string probes = {};
  bool operator==(const IncidentOpened&) const = default;
};
HEALER_DESCRIBE(IncidentOpened, cause, reason, failures, failure_threshold, probes);

struct IncidentClosed {
  IncidentOutcome outcome = IncidentOutcome::Recovered;
  unsigned attempts = 0;
  Duration unhealthy_for{0};
  WantedEnd why = WantedEnd::None;  ///< StoppedByOperator
  bool operator==(const IncidentClosed&) const = default;
};
HEALER_DESCRIBE(IncidentClosed, outcome, attempts, unhealthy_for, why);

struct Acknowledged {
  std::string by;  ///< empty: no name was given
  bool operator==(const Acknowledged&) const = default;
};
HEALER_DESCRIBE(Acknowledged, by);

// Remedies.

struct RemedyPlanned {
  std::string remedy;  ///< the ladder step: "restart", "kill:HUP"
  Duration wait{0};
  unsigned attempt = 0;  ///< of the budget
  unsigned budget = 0;
  unsigned backoff_level = 0;
  unsigned ladder_step = 0;
  BreakerState breaker = BreakerState::Closed;
  bool operator==(const RemedyPlanned&) const = default;
};
HEALER_DESCRIBE(RemedyPlanned, remedy, wait, attempt, budget, backoff_level, ladder_step, breaker);

struct PlanCancelled {
  Ending why = Ending::None;
  ContainerState state = ContainerState::Running;  ///< OtherState: the one that it is in
  bool operator==(const PlanCancelled&) const = default;
};
HEALER_DESCRIBE(PlanCancelled, why, state);

struct StepSkipped {
  unsigned ineffective_restarts = 0;
  std::string next;  ///< the next ladder step
  bool operator==(const StepSkipped&) const = default;
};
HEALER_DESCRIBE(StepSkipped, ineffective_restarts, next);

struct RemedyHeld {
  Hold hold;
  bool operator==(const RemedyHeld&) const = default;
};
HEALER_DESCRIBE(RemedyHeld, hold);

struct HoldOver {
  Hold hold;
  bool operator==(const HoldOver&) const = default;
};
HEALER_DESCRIBE(HoldOver, hold);

/// The cause of a hold lay outside the workload and is gone: its own checks decide again.
struct HoldCauseGone {
  std::string healthy_again;  ///< name of the workload that it waited for; empty: a mass failure is over
  bool operator==(const HoldCauseGone&) const = default;
};
HEALER_DESCRIBE(HoldCauseGone, healthy_again);

struct EvidenceIncomplete {
  std::string missing;
  bool operator==(const EvidenceIncomplete&) const = default;
};
HEALER_DESCRIBE(EvidenceIncomplete, missing);

struct InspectFailed {
  std::string error;
  bool operator==(const InspectFailed&) const = default;
};
HEALER_DESCRIBE(InspectFailed, error);

struct AttemptOrdered {
  RemedyKind kind = RemedyKind::Restart;
  std::string remedy;
  Reason reason;
  unsigned failed_checks = 0;  ///< the failure threshold was reached by so many; 0: another reason
  unsigned attempt = 0;        ///< of the budget
  unsigned budget = 0;
  unsigned ladder_step = 0;
  std::string started_at;  ///< of the instance
  bool operator==(const AttemptOrdered&) const = default;
};
HEALER_DESCRIBE(AttemptOrdered, kind, remedy, reason, failed_checks, attempt, budget, ladder_step,
                started_at);

struct DryRun {
  bool operator==(const DryRun&) const = default;
};
HEALER_DESCRIBE(DryRun);

struct OrderRefused {
  std::string remedy;
  std::string error;
  bool operator==(const OrderRefused&) const = default;
};
HEALER_DESCRIBE(OrderRefused, remedy, error);

struct AnswerLost {
  std::string remedy;
  std::string error;  ///< empty: the runtime never said
  bool operator==(const AnswerLost&) const = default;
};
HEALER_DESCRIBE(AnswerLost, remedy, error);

struct AttemptResumed {
  unsigned number = 0;
  bool operator==(const AttemptResumed&) const = default;
};
HEALER_DESCRIBE(AttemptResumed, number);

struct AttemptEnded {
  unsigned number = 0;
  std::string remedy;
  AttemptState state = AttemptState::Recovered;
  AttemptNote note;
  bool operator==(const AttemptEnded&) const = default;
};
HEALER_DESCRIBE(AttemptEnded, number, remedy, state, note);

struct BreakerHalfOpen {
  bool operator==(const BreakerHalfOpen&) const = default;
};
HEALER_DESCRIBE(BreakerHalfOpen);

struct BudgetUsedUp {
  unsigned budget = 0;
  Duration window{0};
  Duration wait{0};
  bool operator==(const BudgetUsedUp&) const = default;
};
HEALER_DESCRIBE(BudgetUsedUp, budget, window, wait);

struct LadderEnded {
  unsigned attempts = 0;  ///< 0: no step was left from the beginning, because restarts do not help
  unsigned ineffective_restarts = 0;
  unsigned ladder_step = 0;
  bool operator==(const LadderEnded&) const = default;
};
HEALER_DESCRIBE(LadderEnded, attempts, ineffective_restarts, ladder_step);

/// A hook of the operator ran before or after a remedy.
struct HookRan {
  std::string hook;  ///< "before", "after"
  std::string command;
  std::string result;
  bool operator==(const HookRan&) const = default;
};
HEALER_DESCRIBE(HookRan, hook, command, result);

// Notifications.

struct Reminded {
  bool operator==(const Reminded&) const = default;
};
HEALER_DESCRIBE(Reminded);

struct Escalated {
  std::string route;
  bool operator==(const Escalated&) const = default;
};
HEALER_DESCRIBE(Escalated, route);

/// There is no route of this name any more.
struct RouteGone {
  std::string route;
  bool operator==(const RouteGone&) const = default;
};
HEALER_DESCRIBE(RouteGone, route);

// Operators.

BOOST_DEFINE_ENUM_CLASS(Command, Reset, Heal, Pause, Resume, PauseOver)
struct Commanded {
  Command command = Command::Reset;
  std::optional<Duration> length;  ///< of a pause; empty: until resumed
  bool operator==(const Commanded&) const = default;
};
HEALER_DESCRIBE(Commanded, command, length);

struct HealRefused {
  HealRefusal why = HealRefusal::None;
  std::string owner;  ///< Owned
  bool operator==(const HealRefused&) const = default;
};
HEALER_DESCRIBE(HealRefused, why, owner);

/// A pause of everything: `command` is Pause, Resume or PauseOver.
struct HostCommanded {
  Command command = Command::Pause;
  std::optional<Duration> length;
  bool operator==(const HostCommanded&) const = default;
};
HEALER_DESCRIBE(HostCommanded, command, length);

/// A defect in healer: a machine changed its state as no row of its table says. The numbers are those of the
/// table's enums.
struct UnknownTransition {
  std::string machine;
  int from = 0;
  int input = 0;
  int to = 0;
  bool operator==(const UnknownTransition&) const = default;
};
HEALER_DESCRIBE(UnknownTransition, machine, from, input, to);

// The host.

struct Connected {
  std::string engine;
  bool operator==(const Connected&) const = default;
};
HEALER_DESCRIBE(Connected, engine);

struct EngineUnreachable {
  std::string reason;
  bool operator==(const EngineUnreachable&) const = default;
};
HEALER_DESCRIBE(EngineUnreachable, reason);

struct EngineRestarted {
  bool operator==(const EngineRestarted&) const = default;
};
HEALER_DESCRIBE(EngineRestarted);

struct FirstListRead {
  std::uint64_t watched = 0;
  std::uint64_t containers = 0;
  bool operator==(const FirstListRead&) const = default;
};
HEALER_DESCRIBE(FirstListRead, watched, containers);

struct LoopStalled {
  Duration lag{0};
  bool operator==(const LoopStalled&) const = default;
};
HEALER_DESCRIBE(LoopStalled, lag);

struct ControlTargetSilent {
  std::string target;
  CheckProblem problem;
  bool operator==(const ControlTargetSilent&) const = default;
};
HEALER_DESCRIBE(ControlTargetSilent, target, problem);

struct ControlTargetAnswers {
  std::string target;
  Duration after{0};
  bool operator==(const ControlTargetAnswers&) const = default;
};
HEALER_DESCRIBE(ControlTargetAnswers, target, after);

/// Phases of a mass failure; mass_guard.hpp has their table.
BOOST_DEFINE_ENUM_CLASS(MassPhase, Off, Holding, Canary, Backoff)
struct MassFailure {
  MassPhase phase = MassPhase::Off;
  std::uint64_t failing = 0;
  std::uint64_t among = 0;
  std::uint64_t batch = 0;
  Duration wait{0};    ///< Holding, Backoff
  Duration lasted{0};  ///< Off
  double share = 0;    ///< the thresholds, as configured
  unsigned least = 0;
  bool operator==(const MassFailure&) const = default;
};
HEALER_DESCRIBE(MassFailure, phase, failing, among, batch, wait, lasted, share, least);

/// Workloads depend on each other in a circle.
struct DependencyCycle {
  LabelProblem problem;
  bool operator==(const DependencyCycle&) const = default;
};
HEALER_DESCRIBE(DependencyCycle, problem);

/// An alert's source gave no usable answer to whether the alert still fires.
struct AlertUnconfirmed {
  std::string name;
  std::string why;  ///< what the source answered; empty: nothing in time
  bool operator==(const AlertUnconfirmed&) const = default;
};
HEALER_DESCRIBE(AlertUnconfirmed, name, why);

/// An alert fires on after an attempt, and no check fails.
struct AlertOutlasts {
  reason::Alerts alerts;
  bool operator==(const AlertOutlasts&) const = default;
};
HEALER_DESCRIBE(AlertOutlasts, alerts);

}  // namespace fact

struct Fact
    : std::variant<fact::Instance, fact::DownWithEngine, fact::Exited, fact::WrongLabel, fact::Watched,
                   fact::Uncheckable, fact::CheckFailed, fact::ProbeProven, fact::NeverPassed,
                   fact::StoodStill, fact::UnderPressure, fact::EventsLost, fact::AnswersAgain, fact::Unknown,
                   fact::KnownAgain, fact::AlertFires, fact::AlertIgnored, fact::AlertOver, fact::Unhealthy,
                   fact::IncidentOpened, fact::IncidentClosed, fact::Acknowledged, fact::RemedyPlanned,
                   fact::PlanCancelled, fact::StepSkipped, fact::RemedyHeld, fact::HoldOver,
                   fact::HoldCauseGone, fact::EvidenceIncomplete, fact::InspectFailed, fact::AttemptOrdered,
                   fact::DryRun, fact::OrderRefused, fact::AnswerLost, fact::AttemptResumed,
                   fact::AttemptEnded, fact::BreakerHalfOpen, fact::BudgetUsedUp, fact::LadderEnded,
                   fact::HookRan, fact::Reminded, fact::Escalated, fact::RouteGone, fact::Commanded,
                   fact::HealRefused, fact::UnknownTransition, fact::HostCommanded, fact::Connected,
                   fact::EngineUnreachable, fact::EngineRestarted, fact::FirstListRead, fact::LoopStalled,
                   fact::ControlTargetSilent, fact::ControlTargetAnswers, fact::MassFailure,
                   fact::DependencyCycle, fact::AlertUnconfirmed, fact::AlertOutlasts> {
  HEALER_CHOICE(Fact);
};

}  // namespace healer
