#include "present/log_text.hpp"

#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/overloaded.hpp"
#include "present/reason_text.hpp"
#include "present/remedy_words.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

const char* text(fact::InstanceChange change) {
  switch (change) {
    case fact::InstanceChange::Unpaused:
      return "unpaused; checked again from the start";
    case fact::InstanceChange::StartedAgain:
      return "started again; watched again";
    case fact::InstanceChange::Paused:
      return "paused by an operator; left alone until unpaused";
    case fact::InstanceChange::DownAtFirstSight:
      return "not running when first seen; left alone until an operator starts it";
    case fact::InstanceChange::Stopped:
      return "stopped by an operator; left alone until an operator starts it";
    case fact::InstanceChange::Completed:
      return "completed: ended with exit code 0; left alone";
    case fact::InstanceChange::EndedBySignal:
      return "ended by the signal; it is started";
    case fact::InstanceChange::EndedUnseen:
      return "ended unseen, and the engine has forgotten why; left alone until an operator starts it";
  }
  return "";
}

std::string text(const fact::Exited& exited) {
  const std::string why = reason_text(exited.reason);
  switch (exited.care) {
    case fact::ExitCare::Remedied:
      break;
    case fact::ExitCare::LeftToEngine:
      if (exited.restarts == 0) return why + "; the engine's restart policy starts it again";
      return fmt::format("{}; left to the engine's restart policy ({} in {})", why, exited.restarts,
                         format_duration(exited.window));
    case fact::ExitCare::LeftAlone:
      return fmt::format("{}; left alone: only its health is watched", why);
    case fact::ExitCare::JobFailed:
      return why + "; a job is not run again";
    case fact::ExitCare::LeftToOwner:
      return why + "; its owner decides";
  }
  return why;
}

std::string text(const fact::Watched& watched) {
  if (watched.probes.empty()) return "watched by the engine's HEALTHCHECK";
  return fmt::format("watched by {} every {}", watched.probes, format_duration(watched.interval));
}

std::string text(const fact::IncidentClosed& closed) {
  switch (closed.outcome) {
    case IncidentOutcome::Recovered:
      return fmt::format("RECOVERED after {} ({})", times(closed.attempts, "attempt"),
                         rounded(closed.unhealthy_for));
    case IncidentOutcome::RecoveredAlone:
      return fmt::format("healthy again by itself ({})", rounded(closed.unhealthy_for));
    default:
      return "incident closed: " + closed_text(closed.outcome, closed.why);
  }
}

std::string text(const fact::AlertOver& over) {
  std::string how;
  switch (over.how) {
    case AlertEnd::Resolved:
      how = "resolved";
      break;
    case AlertEnd::NotRepeated:
      how = "not repeated";
      break;
    case AlertEnd::Answered:
      how = over.answer;
      break;
  }
  return fmt::format("alert {} is over: {}", over.name, how);
}

std::string text(const fact::Commanded& commanded) {
  switch (commanded.command) {
    case fact::Command::Reset:
      return "reset by an operator: breaker closed, backoff forgotten";
    case fact::Command::Heal:
      return "healed by an operator";
    case fact::Command::Pause:
      return fmt::format("paused by an operator {}: watched, but nothing is done",
                         pause_length(commanded.length));
    case fact::Command::Resume:
      return "resumed by an operator";
    case fact::Command::PauseOver:
      return "the operator's pause is over";
  }
  return {};
}

std::string text(const fact::HostCommanded& commanded) {
  return everything_paused(commanded);
}

std::string text(const fact::Connected& connected) {
  return "connected to " + connected.engine;
}

std::string text(const fact::EngineUnreachable& unreachable) {
  return "engine unreachable, health is unknown and nothing is done until it is back: " + unreachable.reason;
}

std::string text(const fact::EngineRestarted&) {
  return "the engine restarted: stops from before it answered are the engine's, not an operator's";
}

std::string text(const fact::FirstListRead& list) {
  return fmt::format("watching {} of {} containers", list.watched, list.containers);
}

std::string text(const fact::LoopStalled& stalled) {
  return fmt::format("the loop stood still for {}: what timed out meanwhile is not counted",
                     format_duration(stalled.lag));
}

std::string text(const fact::ControlTargetSilent& silent) {
  return fmt::format(
      "the control target {} does not answer ({}): the connectivity check fails, and failing checks are "
      "unknown until it does",
      silent.target, problem_text(silent.problem));
}

std::string text(const fact::ControlTargetAnswers& answers) {
  return fmt::format("the control target {} answers again after {}: failing checks count", answers.target,
                     format_duration(answers.after));
}

std::string text(const fact::MassFailure& mass) {
  return (mass.phase == fact::MassPhase::Off ? "" : "mass failure: ") + mass_text(mass);
}

std::string text(const fact::Instance& instance) {
  return text(instance.change);
}

std::string text(const fact::DownWithEngine& down) {
  return fmt::format("down since the engine went; its own policy has {} to bring it back",
                     format_duration(down.wait));
}

std::string text(const fact::WrongLabel& wrong) {
  const std::string value = wrong.problem.value.empty() ? "" : "=" + wrong.problem.value;
  return fmt::format("label {}{}: {}", wrong.problem.label, value, wrong.problem.message);
}

std::string text(const fact::Uncheckable& one) {
  return fmt::format("{}{}cannot be checked; its health is unknown: {}", one.probe,
                     one.probe.empty() ? "" : " ", one.reason);
}

std::string text(const fact::CheckFailed& failed) {
  return fmt::format("unhealthy ({}/{}): {}", failed.failures, failed.threshold, reason_text(failed.reason));
}

std::string text(const fact::ProbeProven& proven) {
  return (proven.chosen ? "auto: " : "") + proven.probe + " passes; its failures count from now on";
}

std::string text(const fact::NeverPassed& never) {
  return "never passed, so its failures cause no remedy: " + reason_text(never.tried);
}

std::string text(const fact::StoodStill& still) {
  return fmt::format("the clock jumped forward by {}: failures from before do not count",
                     format_duration(still.lasted));
}

std::string text(const fact::UnderPressure& pressure) {
  return fmt::format("the host is under pressure ({}): timeouts are unknown meanwhile", pressure.text);
}

std::string text(const fact::EventsLost&) {
  return "the engine forgot events that healer has not seen: an exit from before now may have been an "
         "operator's stop";
}

std::string text(const fact::AnswersAgain& again) {
  return fmt::format("answers again after {} failed {}", again.failures,
                     again.failures == 1 ? "check" : "checks");
}

std::string text(const fact::Unknown& unknown) {
  return fmt::format("could not be checked {} times in a row: {}", unknown.checks,
                     reason_text(unknown.reason));
}

std::string text(const fact::KnownAgain& known) {
  return known_text(known.how);
}

std::string text(const fact::AlertFires& fires) {
  return fmt::format("alert of {} fires: {}", fires.alert.source, alert_line(fires.alert));
}

std::string text(const fact::AlertIgnored& ignored) {
  return fmt::format("alert {} is ignored: {} fire already", ignored.name, ignored.firing);
}

std::string text(const fact::AlertUnconfirmed& alert) {
  return fmt::format("alert {} is not confirmed: {}; one attempt follows each notification of it", alert.name,
                     alert_answer(alert.why));
}

std::string text(const fact::AlertOutlasts& alert) {
  return "GAVE UP: " + alert_outlasts(alert);
}

std::string text(const fact::Unhealthy& unhealthy) {
  return reason_text(unhealthy.reason);
}

std::string text(const fact::IncidentOpened& opened) {
  return reason_text(opened.reason);
}

std::string text(const fact::Acknowledged& by) {
  return acknowledged(by);
}

std::string text(const fact::RemedyPlanned& planned) {
  return fmt::format("next {} in {} (attempt {} of {})", planned.remedy, format_duration(planned.wait),
                     planned.attempt, planned.budget);
}

std::string text(const fact::PlanCancelled& cancelled) {
  return "planned remedy cancelled: " + cancelled_text(cancelled);
}

std::string text(const fact::StepSkipped& skipped) {
  return skipped_step(skipped);
}

std::string text(const fact::RemedyHeld& held) {
  return "held: " + hold_text(held.hold);
}

std::string text(const fact::HoldOver& over) {
  return "no longer held: " + hold_text(over.hold);
}

std::string text(const fact::HoldCauseGone& gone) {
  return cause_gone(gone);
}

std::string text(const fact::EvidenceIncomplete& evidence) {
  return "evidence is incomplete: " + evidence.missing;
}

std::string text(const fact::InspectFailed& failed) {
  return "inspect before the remedy failed: " + failed.error;
}

std::string text(const fact::DryRun&) {
  return "dry run: the engine was not called";
}

std::string text(const fact::OrderRefused& refused) {
  return fmt::format("{} failed: {}", refused.remedy, refused.error);
}

std::string text(const fact::AnswerLost& lost) {
  return fmt::format("no answer to the order to {} it ({}); inspecting whether it was executed", lost.remedy,
                     lost.error.empty() ? runtime_never_said : lost.error);
}

std::string text(const fact::AttemptResumed& resumed) {
  return fmt::format("attempt {} was unfinished when healer ended; settled by inspect", resumed.number);
}

std::string text(const fact::AttemptEnded& ended) {
  return fmt::format("attempt {} {}{}", ended.number,
                     ended.state == AttemptState::Recovered ? "recovered it" : "did not help",
                     after_colon(note_text(ended.note)));
}

std::string text(const fact::BreakerHalfOpen&) {
  return "breaker half-open: one try is allowed";
}

std::string text(const fact::BudgetUsedUp& used, const std::string& name) {
  return fmt::format("GAVE UP: {} in {} did not help; no more until {} from now, or `healer reset {}`",
                     times(used.budget, "attempt"), format_duration(used.window), rounded(used.wait), name);
}

std::string text(const fact::LadderEnded& ended) {
  return "GAVE UP: " + ladder_end(ended);
}

std::string text(const fact::HookRan& hook) {
  return fmt::format("the hook {} the remedy: {}", hook.hook, hook.result);
}

std::string text(const fact::Reminded&) {
  return "still unhealthy and not acknowledged: reminder";
}

std::string text(const fact::Escalated& escalated) {
  return not_acknowledged(escalated);
}

std::string text(const fact::RouteGone& gone) {
  return fmt::format("there is no route '{}' any more to escalate to", gone.route);
}

std::string text(const fact::UnknownTransition& unknown) {
  return fmt::format("{} the machine {}: state {}, input {}, next {}", unknown_transition_text,
                     unknown.machine, unknown.from, unknown.input, unknown.to);
}

std::string text(const fact::HealRefused& refused) {
  return "an operator requested a remedy: " + refused_text(refused);
}

std::string text(const fact::DependencyCycle& cycle) {
  return fmt::format("depends on {}: {}", cycle.problem.value, cycle.problem.message);
}

/// "RESTARTING web — failed 3 consecutive health checks (attempt 1 of 5)": the guide's form.
std::string text(const fact::AttemptOrdered& ordered, const std::string& name) {
  const RemedyKind kind = ordered.kind;
  const std::string which = kind == RemedyKind::Kill || kind == RemedyKind::Exec
                                ? fmt::format(" [{}]", ordered.remedy)
                                : std::string();
  const std::string why = ordered.failed_checks > 0
                              ? fmt::format("failed {} consecutive health checks", ordered.failed_checks)
                              : reason_text(ordered.reason);
  return fmt::format("{} {}{} — {} (attempt {} of {})", words_of(kind).log_verb, name, which, why,
                     ordered.attempt, ordered.budget);
}

std::string text_of(const Fact& fact, const std::string& name) {
  const Overloaded texts{
      [&name](const fact::BudgetUsedUp& used) { return text(used, name); },
      [&name](const fact::AttemptOrdered& ordered) { return text(ordered, name); },
      [](const auto& other) { return text(other); },
  };
  return std::visit(texts, fact);
}

}  // namespace

LogLine log_line(const Report& report) {
  std::string message = text_of(report.fact, report.workload);
  const bool names_it = std::holds_alternative<fact::AttemptOrdered>(report.fact);
  if (!report.workload.empty() && !names_it) message = fmt::format("{} — {}", report.workload, message);
  return {report.level, std::move(message), report.workload};
}

}  // namespace healer::present
