#include "present/decision_text.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/overloaded.hpp"
#include "present/reason_text.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

DecisionText text(const fact::IncidentOpened& opened) {
  std::string inputs = fmt::format("cause={}", to_string(opened.cause));
  if (opened.failure_threshold > 0)
    inputs += fmt::format("; failures={}; failure_threshold={}; probe={}", opened.failures,
                          opened.failure_threshold, opened.probes);
  return {inputs, reason_text(opened.reason)};
}

DecisionText text(const fact::IncidentClosed& closed) {
  switch (closed.outcome) {
    case IncidentOutcome::Recovered:
      return {{}, "healthy again after " + times(closed.attempts, "attempt")};
    case IncidentOutcome::RecoveredAlone:
      return {{}, "healthy again by itself"};
    default:
      return {{}, closed_text(closed.outcome, closed.why)};
  }
}

DecisionText text(const fact::RemedyPlanned& planned) {
  return {fmt::format("attempt={} of {}; backoff_level={}; step={}; breaker={}", planned.attempt,
                      planned.budget, planned.backoff_level, planned.ladder_step, to_string(planned.breaker)),
          fmt::format("{} in {}", planned.remedy, format_duration(planned.wait))};
}

DecisionText text(const fact::AttemptOrdered& ordered) {
  return {fmt::format("cause={}; step={}; attempt={} of {}; run={}", reason_text(ordered.reason),
                      ordered.ladder_step, ordered.attempt, ordered.budget, ordered.started_at),
          ordered.remedy};
}

DecisionText text(const fact::AttemptEnded& ended) {
  if (ended.state == AttemptState::Recovered)
    return {fmt::format("attempt={}", ended.number), fmt::format("{} recovered it", ended.remedy)};
  return {fmt::format("attempt={}; state={}", ended.number, to_string(ended.state)),
          fmt::format("{} did not help{}", ended.remedy, after_colon(note_text(ended.note)))};
}

DecisionText text(const fact::Commanded& commanded) {
  switch (commanded.command) {
    case fact::Command::Reset:
      return {{}, "reset: breaker closed, backoff forgotten"};
    case fact::Command::Heal:
      return {{}, "heal: the next remedy is done now"};
    case fact::Command::Pause:
      return {{}, "paused " + pause_length(commanded.length)};
    case fact::Command::Resume:
      return {{}, "resumed"};
    case fact::Command::PauseOver:
      return {{}, "the pause is over"};
  }
  return {};
}

}  // namespace

DecisionText decision_text(const Fact& fact) {
  const Overloaded texts{
      [](const fact::Exited& exited) -> DecisionText {
        return {fmt::format("exit_code={}", exited.exit_code), reason_text(exited.reason)};
      },
      [](const fact::IncidentOpened& opened) { return text(opened); },
      [](const fact::IncidentClosed& closed) { return text(closed); },
      [](const fact::Acknowledged& by) -> DecisionText {
        return {{}, acknowledged(by)};
      },
      [](const fact::RemedyPlanned& planned) { return text(planned); },
      [](const fact::PlanCancelled& cancelled) -> DecisionText {
        return {{}, "the planned remedy is cancelled: " + cancelled_text(cancelled)};
      },
      [](const fact::StepSkipped& skipped) -> DecisionText {
        return {fmt::format("ineffective_restarts={}", skipped.ineffective_restarts), skipped_step(skipped)};
      },
      [](const fact::RemedyHeld& held) -> DecisionText {
        return {fmt::format("hold={}", to_string(held.hold.kind)), hold_text(held.hold)};
      },
      [](const fact::HoldOver& over) -> DecisionText {
        return {{}, "no longer held: " + hold_text(over.hold)};
      },
      [](const fact::HoldCauseGone& gone) -> DecisionText {
        return {{}, cause_gone(gone)};
      },
      [](const fact::AttemptOrdered& ordered) { return text(ordered); },
      [](const fact::AttemptEnded& ended) { return text(ended); },
      [](const fact::BudgetUsedUp& used) -> DecisionText {
        return {fmt::format("budget={}/{}", used.budget, format_duration(used.window)),
                "no attempt for " + rounded(used.wait)};
      },
      [](const fact::LadderEnded& ended) -> DecisionText {
        return {fmt::format("step={}", ended.ladder_step), ladder_end(ended)};
      },
      [](const fact::AlertOutlasts& alert) -> DecisionText {
        return {{}, alert_outlasts(alert)};
      },
      [](const fact::HookRan& hook) -> DecisionText {
        return {fmt::format("hook={}; command={}", hook.hook, hook.command), hook.result};
      },
      [](const fact::Escalated& escalated) -> DecisionText {
        return {fmt::format("route={}", escalated.route), not_acknowledged(escalated)};
      },
      [](const fact::Commanded& commanded) { return text(commanded); },
      [](const fact::HostCommanded& commanded) -> DecisionText {
        return {{}, everything_paused(commanded)};
      },
      [](const fact::MassFailure& mass) -> DecisionText {
        return {fmt::format("failing={}; among={}; share={}; least={}; batch={}", mass.failing, mass.among,
                            mass.share, mass.least, mass.batch),
                mass_text(mass)};
      },
      // The other facts are of the log only.
      [](const auto&) -> DecisionText { return {}; },
  };
  return std::visit(texts, fact);
}

}  // namespace healer::present
