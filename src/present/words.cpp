#include "present/words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "present/reason_text.hpp"

namespace healer::present {

std::string rounded(Duration duration) {
  if (duration < Duration{10s}) return format_duration(std::max(Duration{0}, duration));
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string times(unsigned count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string pause_length(const std::optional<Duration>& length) {
  return length ? "for " + format_duration(*length) : std::string("until resumed");
}

std::string mass_text(const fact::MassFailure& mass) {
  const std::string counts = fmt::format("{} of {} are unhealthy", mass.failing, mass.among);
  switch (mass.phase) {
    case fact::MassPhase::Off:
      return fmt::format("the mass failure is over after {}: {}", format_duration(mass.lasted), counts);
    case fact::MassPhase::Holding:
      return fmt::format("{} at once; remedies are on hold for {}", counts, format_duration(mass.wait));
    case fact::MassPhase::Canary:
      return fmt::format("{} at once; {} at a time {} tried", counts, mass.batch,
                         mass.batch == 1 ? "is" : "are");
    case fact::MassPhase::Backoff:
      return fmt::format("{} at once, and a restart did not help; remedies are on hold for {}", counts,
                         format_duration(mass.wait));
  }
  return {};
}

std::string ladder_end(const fact::LadderEnded& ended) {
  if (ended.attempts > 0)
    return fmt::format("every step of its ladder was tried ({})", times(ended.attempts, "attempt"));
  return fmt::format("the last {} restarts did not help, and its ladder has no other step",
                     ended.ineffective_restarts);
}

std::string alert_outlasts(const fact::AlertOutlasts& outlasts) {
  return "no check fails, but an alert has not ended after an attempt: " + alert_lines(outlasts.alerts);
}

std::string skipped_step(const fact::StepSkipped& skipped) {
  return fmt::format("the last {} restarts did not help; next is {}", skipped.ineffective_restarts,
                     skipped.next);
}

std::string cause_gone(const fact::HoldCauseGone& gone) {
  const std::string why = gone.healthy_again.empty() ? std::string("the mass failure is over")
                                                     : gone.healthy_again + " is healthy again";
  return why + "; its own checks decide now";
}

std::string acknowledged(const fact::Acknowledged& acknowledged) {
  return fmt::format("acknowledged by {}: no reminders, no escalation",
                     acknowledged.by.empty() ? "an operator" : acknowledged.by);
}

std::string everything_paused(const fact::HostCommanded& commanded) {
  switch (commanded.command) {
    case fact::Command::Pause:
      return fmt::format("everything is paused by an operator {}: watched, but nothing is done",
                         pause_length(commanded.length));
    case fact::Command::Resume:
      return "resumed by an operator";
    default:
      return "the operator's pause of everything is over";
  }
}

std::string not_acknowledged(const fact::Escalated& escalated) {
  return fmt::format("not acknowledged: route {} is notified", escalated.route);
}

std::string parent_of(const std::string& name) {
  return name.empty() ? std::string("the container") : name;
}

std::string after_colon(const std::string& note) {
  return note.empty() ? std::string() : ": " + note;
}

}  // namespace healer::present
