#include "present/reason_text.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/overloaded.hpp"
#include "base/text.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

/// Of the problems of all probes together.
constexpr std::size_t longest_list = 400;

std::string probes_text(const std::vector<ProbeProblem>& probes) {
  std::string all;
  for (const ProbeProblem& each : probes)
    all += fmt::format("{}{}{}{}", all.empty() ? "" : "; ", each.probe, each.probe.empty() ? "" : ": ",
                       problem_text(each.problem));
  return clip(all, longest_list);
}

std::string text(const reason::Checks& checks) {
  const std::string probes = probes_text(checks.probes);
  if (checks.of == 0) return probes;
  return fmt::format("{} of the last {} checks failed: {}", checks.failed, checks.of, probes);
}

constexpr const char* not_brought_back = ", and the engine did not bring it back";

std::string text(const reason::Exited& exited) {
  std::string text = exited.out_of_memory ? fmt::format("out of memory, exit code {}", exited.exit_code)
                                          : fmt::format("exited by itself with code {}", exited.exit_code);
  if (!exited.memory_limit.empty()) text += ", " + exited.memory_limit;
  if (exited.times > 0) text += fmt::format(", {} times in {}", exited.times, format_duration(exited.window));
  if (exited.not_back) text += not_brought_back;
  return text;
}

const char* text(Ending ending) {
  switch (ending) {
    case Ending::None:
      return "";
    case Ending::StoppedByOperator:
      return "stopped by an operator";
    case Ending::RestartedByOperator:
      return "restarted by an operator";
    case Ending::PausedByOperator:
      return "paused by an operator";
    case Ending::Completed:
      return "ended with exit code 0";
    case Ending::LeftAlone:
      return "it ended";
    case Ending::Removed:
      return "the container was removed";
    case Ending::OptedOut:
      return "no longer opted in";
    case Ending::RunsAnew:
      return "it runs anew";
    case Ending::HealthyAgain:
      return "healthy again before it was due";
    case Ending::AlertOver:
      return "the alert is over";
    case Ending::IncidentOver:
      return "its incident is closed";
    case Ending::OtherTarget:
      return "it is checked at another address now";
    case Ending::OtherState:
      return "it is in another state now";
    case Ending::Stopped:
      return "stopped, as configured";
    case Ending::StoppedOtherwise:
      return "it was stopped otherwise";
    case Ending::NoEffect:
      return "the order had no effect";
    case Ending::NoAnswer:
      return runtime_never_said;
    case Ending::Unwritten:
      return "its end was not written down";
    case Ending::OutOfTime:
      return "neither healthy nor unhealthy in time";
  }
  return "";
}

std::string text(WantedEnd end) {
  switch (end) {
    case WantedEnd::None:
    case WantedEnd::RestartedByOperator:
      return {};
    case WantedEnd::FoundStopped:
      return "it is stopped";
    case WantedEnd::StoppedByOperator:
      return "an operator stopped it";
    case WantedEnd::Completed:
      return "it ended with exit code 0";
    case WantedEnd::LeftAlone:
      return "it ended, and is left alone";
    case WantedEnd::LeftToOwner:
      return "it ended, and its owner decides";
  }
  return {};
}

/// `next` after `first`, unless one of them is empty.
std::string joined(std::string first, const char* between, const std::string& next) {
  if (first.empty() || next.empty()) return first + next;
  return first + between + next;
}

}  // namespace

std::string reason_text(const Reason& why) {
  const Overloaded texts{
      [](const reason::None&) { return std::string(); },
      [](const CheckProblem& problem) { return problem_text(problem); },
      [](const reason::Checks& checks) { return text(checks); },
      [](const reason::NoConnectivity& none) {
        return fmt::format("the connectivity check failed ({})", problem_text(none.problem));
      },
      [](const reason::Exited& exited) { return text(exited); },
      [](const reason::LeftDown& down) {
        return std::string("stopped by a remedy that did not start it again") +
               (down.not_back ? not_brought_back : "");
      },
      [](const reason::NotBackAfterEngine&) { return std::string("not back after the engine's return"); },
      [](const reason::NetworkLost& lost) {
        return fmt::format("{}, whose network it shares, was {}", parent_of(lost.parent),
                           lost.replaced ? "replaced" : "restarted");
      },
      [](const reason::DependencyRestarted& restarted) {
        return restarted.name + ", which it depends on, was restarted";
      },
      [](const reason::Alerts& alerts) { return alert_lines(alerts); },
      [](const reason::Requested&) { return std::string("an operator requested it"); },
      [](const reason::RemedyUnderWay&) { return std::string("a remedy was under way"); },
  };
  return std::visit(texts, why);
}

std::string alert_line(const FiringAlert& alert) {
  return alert_lines({{{alert.name, alert.text}}});
}

std::string alert_lines(const reason::Alerts& alerts) {
  std::string all;
  for (const AlertName& each : alerts.alerts) {
    if (!all.empty()) all += "; ";
    all += each.name;
    if (!each.text.empty() && each.text != each.name) all += ": " + each.text;
  }
  return all;
}

std::string alert_answer(const std::string& answer) {
  return answer.empty() ? std::string("no answer in 10 s") : answer;
}

std::string note_text(const AttemptNote& note) {
  return joined(note.error, "; ", joined(text(note.ending), ": ", reason_text(note.reason)));
}

std::string note_text(const Attempt& attempt) {
  return joined(attempt.dry_run ? "dry run" : "", "; ", note_text(attempt.note));
}

std::string cancelled_text(const fact::PlanCancelled& cancelled) {
  if (cancelled.why == Ending::OtherState) return fmt::format("it is {} now", to_string(cancelled.state));
  if (cancelled.why == Ending::IncidentOver) return "its incident is over";
  return text(cancelled.why);
}

std::string closed_text(IncidentOutcome outcome, WantedEnd why) {
  switch (outcome) {
    case IncidentOutcome::Open:
    case IncidentOutcome::Recovered:
    case IncidentOutcome::RecoveredAlone:
      return {};
    case IncidentOutcome::StoppedByOperator:
      return text(why);
    case IncidentOutcome::StoppedByHealer:
      return "stopped, as healer.remedies says";
    case IncidentOutcome::Removed:
      return "the container was removed";
    case IncidentOutcome::OptedOut:
      return "it is no longer opted in";
  }
  return {};
}

std::string known_text(KnownBy how) {
  switch (how) {
    case KnownBy::Answer:
      return "it answers again";
    case KnownBy::Healthcheck:
      return "the engine's HEALTHCHECK speaks again";
    case KnownBy::Removed:
      return "it was removed";
    case KnownBy::OptedOut:
      return "it is no longer opted in";
  }
  return {};
}

std::string refused_text(const fact::HealRefused& refused) {
  switch (refused.why) {
    case HealRefusal::None:
      return {};
    case HealRefusal::RemedyUnderWay:
      return "a remedy is under way already";
    case HealRefusal::Stopped:
      return "it was stopped; start it instead";
    case HealRefusal::ExitOpen:
      return "it has just exited, and the cause is not known yet; try again in a few seconds";
    case HealRefusal::Paused:
      return "it is paused; unpause it instead";
    case HealRefusal::NoContainer:
      return "there is no container that could be healed now";
    case HealRefusal::Owned:
      return fmt::format("it belongs to {}, which starts and stops it", refused.owner);
    case HealRefusal::NothingToDo:
      return "its ladder has nothing to do";
  }
  return {};
}

}  // namespace healer::present
