#include "present/notification_text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "present/reason_text.hpp"
#include "present/remedy_words.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

/// A text names so many workloads; the rest is a number.
constexpr std::size_t names_shown = 10;

struct Written {
  const char* event = "";
  std::string text;
  std::string advice = {};
};

std::string names(const std::vector<std::string>& all) {
  const std::size_t shown = std::min(all.size(), names_shown);
  std::string text = fmt::format("{}", fmt::join(all.begin(), all.begin() + static_cast<long>(shown), ", "));
  if (all.size() > shown) text += fmt::format(" and {} more", all.size() - shown);
  return text;
}

std::string look_at_logs(const Advice& advice) {
  return advice.logs.empty() ? std::string("Look at its logs.") : fmt::format("Look at `{}`.", advice.logs);
}

/// For a notification that calls an operator.
std::string look_then_reset(const Advice& advice, const std::string& name) {
  return fmt::format("{} Then `healer reset {}`.", look_at_logs(advice), name);
}

std::string refused(const std::optional<notice::Refusal>& refusal) {
  if (!refusal) return {};
  return fmt::format(" The last {} was not executed: {}.", refusal->remedy,
                     clip(note_text(refusal->note), 300));
}

std::string left_alone(const Hold& hold) {
  return fmt::format("It is left alone for now: {}.", hold_text(hold));
}

/// "; web, api and 3 more depend on it"; empty: none does.
std::string depending(const std::vector<std::string>& all) {
  if (all.empty()) return {};
  return fmt::format("; {} {} on it", names(all), all.size() == 1 ? "depends" : "depend");
}

Written write(const notice::Degraded& degraded, const std::string& name) {
  std::string then = words_of(degraded.next_kind).sentence;
  if (degraded.hold)
    then = left_alone(*degraded.hold);
  else if (degraded.next_kind == RemedyKind::None && !degraded.owner.empty())
    then = fmt::format("It belongs to {}, which starts and stops it, so healer does not.", degraded.owner);
  else if (degraded.wait > Duration{0})
    then = fmt::format("Next is {}, in {}.", degraded.next, rounded(degraded.wait));
  if (degraded.ineffective_restarts > 0)
    then += fmt::format(" The last {} restarts did not help.", degraded.ineffective_restarts);
  const bool calls = degraded.next_kind == RemedyKind::None || degraded.ineffective_restarts > 0;
  std::string reason = reason_text(degraded.reason);
  if (degraded.unconfirmed)
    reason += fmt::format("; not confirmed ({}), so one attempt follows each notification of the alert",
                          alert_answer(*degraded.unconfirmed));
  reason += depending(degraded.dependents);
  return {"DEGRADED", fmt::format("{} is unhealthy: {}. {}", name, reason, then),
          calls ? look_at_logs(degraded.advice) : std::string()};
}

Written write(const notice::CrashLoop& loop, const std::string& name) {
  return {
      "CRASH LOOP",
      fmt::format("{} keeps exiting: {}. The engine's restart policy restarts it each time, which does not "
                  "help; an operator is needed.",
                  name, reason_text(loop.reason)),
      look_at_logs(loop.advice)};
}

Written write(const notice::BudgetUsedUp& used, const std::string& name) {
  return {
      "GAVE UP",
      fmt::format("{} is still unhealthy after {} in {}: {}.{} healer stops trying for {}; an operator is "
                  "needed.",
                  name, times(used.budget, "attempt"), format_duration(used.window), reason_text(used.reason),
                  refused(used.refusal), rounded(used.wait)),
      look_then_reset(used.advice, name)};
}

Written write(const notice::LadderEnded& ended, const std::string& name) {
  const fact::LadderEnded how{ended.attempts, ended.ineffective_restarts, 0};
  return {"GAVE UP",
          fmt::format("{} is still unhealthy: {}; {}.{} An operator is needed.", name,
                      reason_text(ended.reason), ladder_end(how), refused(ended.refusal)),
          look_then_reset(ended.advice, name)};
}

Written write(const notice::IncidentClosed& closed, const std::string& name) {
  switch (closed.outcome) {
    case IncidentOutcome::Recovered:
      return {"RECOVERED",
              fmt::format("{} is healthy again after {}, {} after it became unhealthy.", name,
                          times(closed.attempts, "remedy attempt"), rounded(closed.unhealthy_for))};
    case IncidentOutcome::RecoveredAlone:
      return {"RECOVERED", fmt::format("{} is healthy again by itself, {} after it became unhealthy.", name,
                                       rounded(closed.unhealthy_for))};
    case IncidentOutcome::StoppedByHealer: {
      const std::string& start = closed.advice.start;
      return {
          "STOPPED",
          fmt::format("{} was unhealthy ({}) and is stopped now: {}.", name, reason_text(closed.reason),
                      closed_text(closed.outcome, closed.why)),
          look_at_logs(closed.advice) + (start.empty() ? "" : fmt::format(" `{}` starts it again.", start))};
    }
    default:
      return {"CLOSED", fmt::format("The incident of {} is closed: {}.", name,
                                    closed_text(closed.outcome, closed.why))};
  }
}

Written write(const notice::Summary& summary, const std::string& name) {
  const std::string what =
      fmt::format("{} became unhealthy {} and was restarted {} in {}", name, times(summary.incidents, "time"),
                  times(summary.attempts, "time"), rounded(summary.lasted));
  if (summary.reason)
    return {"DEGRADED", fmt::format("{}; it is still unhealthy: {}.", what, reason_text(*summary.reason))};
  return {"SUMMARY", what + "; it is healthy now."};
}

Written write(const notice::Repeated& repeated, const std::string& name) {
  std::string state = repeated.gave_up ? "healer has given up on it." : "It is being healed.";
  if (repeated.hold)
    state = left_alone(*repeated.hold);
  else if (!repeated.gave_up && repeated.next_kind == RemedyKind::None)
    state = words_of(RemedyKind::None).sentence;
  const auto unhealthy_for = std::chrono::duration_cast<std::chrono::seconds>(repeated.unhealthy_for);
  return {repeated.escalation ? "ESCALATED" : "STILL UNHEALTHY",
          fmt::format("{} is still unhealthy, {} after it became unhealthy: {}. {}{}", name,
                      format_duration(unhealthy_for), reason_text(repeated.reason),
                      repeated.escalation ? "It is not acknowledged. " : "", state),
          fmt::format("{} `healer ack {}` ends the reminders.", look_at_logs(repeated.advice), name)};
}

Written write(const notice::Unknown& unknown, const std::string& name) {
  return {"UNKNOWN",
          fmt::format(
              "{} could not be checked {} times in a row: {}. Its health is unknown, and it gets no remedy.",
              name, unknown.checks, reason_text(unknown.reason))};
}

Written write(const notice::Unproven& unproven, const std::string& name) {
  return {
      "NEVER PASSED",
      fmt::format("{} has not passed a check since healer knows it: {}. healer does not restart it for that.",
                  name, reason_text(unproven.tried)),
      "If it works, set healer.path, healer.port or healer.probe to what it answers; "
      "healer.unproven=act lets such failures count."};
}

Written write(const notice::JobFailed& failed, const std::string& name) {
  return {
      "JOB FAILED",
      fmt::format("{} {}. It is a job, so healer does not run it again.", name, reason_text(failed.reason)),
      look_at_logs(failed.advice)};
}

Written write(const notice::EndedUnseen& ended, const std::string& name) {
  return {
      "ENDED UNSEEN",
      fmt::format("{} {} while healer saw no events, and the engine has forgotten them: an operator may have "
                  "stopped it. It is left alone.",
                  name, reason_text(ended.reason)),
      ended.advice.start.empty() ? std::string() : fmt::format("`{}` starts it again.", ended.advice.start)};
}

Written write(const notice::Vanished& vanished, const std::string&) {
  const bool one = vanished.names.size() == 1;
  const std::string of = vanished.project.empty() ? "" : fmt::format(" of project {}", vanished.project);
  const std::string text = fmt::format("{}{} {} removed, and nothing took {} place.", names(vanished.names),
                                       of, one ? "was" : "were", one ? "its" : "their");
  if (!is_given(vanished.during)) return {"REMOVED", text};
  return {"REMOVED", fmt::format("{} It was unhealthy: {}.", text, reason_text(vanished.during)),
          "If it should run, create it again."};
}

Written write(const notice::UnderPressure& pressure, const std::string&) {
  return {"PRESSURE",
          fmt::format("The host is under pressure ({}). Timeouts are unknown meanwhile, for 10m at most, and "
                      "cause no remedy; refused connections and wrong answers count.",
                      pressure.text)};
}

Written write(const notice::KnownAgain& known, const std::string& name) {
  return {"KNOWN AGAIN", fmt::format("{} could not be checked for {}; {}.", name, rounded(known.lasted),
                                     known_text(known.how))};
}

Written write(const notice::AlertFires& fires, const std::string& name) {
  return {"ALERT", fmt::format("{}: {} ({}). Nothing is done about it.", name, alert_line(fires.alert),
                               fires.alert.source)};
}

Written write(const notice::AlertOutlasts& outlasts, const std::string& name) {
  return {"GAVE UP",
          fmt::format(
              "No check of {} fails, but its alert has not ended after {}: {}. No further attempt follows "
              "while the alert fires; an operator is needed.",
              name, times(outlasts.attempts, "attempt"), alert_lines(outlasts.alerts)),
          look_then_reset(outlasts.advice, name)};
}

std::string with_reasons(const std::vector<notice::GroupMember>& members) {
  std::vector<std::string> each;
  for (const notice::GroupMember& member : members)
    each.push_back(fmt::format("{} ({})", member.name, clip(reason_text(member.reason), 100)));
  return names(each);
}

Written write(const notice::GroupBegan& began, const std::string&) {
  const std::string what = fmt::format("{} became unhealthy within 10s: {}.",
                                       times(static_cast<unsigned>(began.members.size()), "more container"),
                                       with_reasons(began.members));
  if (began.open.empty()) return {"RECOVERED", what + " All of these incidents have ended."};
  if (began.open.size() == began.members.size())
    return {"DEGRADED", what + " Each gets its own remedy.", "Look at what they share."};
  return {"DEGRADED", fmt::format("{} Still unhealthy: {}.", what, names(began.open)),
          "Look at what they share."};
}

Written write(const notice::GroupEnded& ended, const std::string&) {
  std::vector<std::string> all, not_healthy, alone;
  for (const notice::GroupMember& member : ended.members) all.push_back(member.name);
  for (const notice::GroupLeaver& leaver : ended.otherwise) {
    if (leaver.lacks == NotReady::None)
      alone.push_back(leaver.name);
    else
      not_healthy.push_back(leaver.name + " " + lacks_text(leaver.lacks));
  }
  if (ended.otherwise.empty()) return {"RECOVERED", fmt::format("All are healthy again: {}.", names(all))};
  std::string text = fmt::format("The incidents of {} have ended.", names(all));
  if (!not_healthy.empty()) text += fmt::format(" Not healthy: {}.", names(not_healthy));
  if (!alone.empty()) text += fmt::format(" Notified by themselves, too: {}.", names(alone));
  return {"RECOVERED", std::move(text)};
}

Written write(const notice::EngineDown& down, const std::string&) {
  return {"ENGINE DOWN",
          fmt::format(
              "The engine cannot be reached: {}. Health is unknown, and nothing is healed until it is back.",
              down.reason),
          "See whether the engine runs, and whether healer may talk to it."};
}

Written write(const notice::EngineBack& back, const std::string&) {
  return {"ENGINE BACK", fmt::format("The engine answers again{}.",
                                     back.after ? " after " + format_duration(*back.after) : "")};
}

Written write(const notice::Disconnected& gone, const std::string&) {
  return {"CONNECTIVITY",
          fmt::format("the connectivity check fails: the control target {} has not answered for {} ({}). "
                      "Failing checks are unknown until it does, and cause no remedy.",
                      gone.target, format_duration(gone.lasted), problem_text(gone.problem))};
}

Written write(const notice::ConnectedAgain& again, const std::string&) {
  return {"CONNECTIVITY", fmt::format("the connectivity check passes again, after {}: failing checks count.",
                                      format_duration(again.lasted))};
}

Written write(const notice::MassFailure& mass, const std::string&) {
  const std::string then =
      mass.hold > Duration{0}
          ? fmt::format("Remedies are on hold for {}; if it lasts, healer tries one canary.",
                        format_duration(mass.hold))
          : std::string("Remedies are on hold except for one canary; if it recovers, the others follow.");
  return {"MASS FAILURE",
          fmt::format("{} of {} containers are unhealthy at once: {}. They probably share one cause{}. {}",
                      mass.failing.size(), mass.among, names(mass.failing),
                      mass.common.empty() ? "" : ", " + mass.common, then),
          mass.common.empty() ? std::string("Look at what they share.")
                              : fmt::format("Look at {} first.", mass.common)};
}

Written write(const notice::MassFailureStays& mass, const std::string&) {
  return {"MASS FAILURE",
          fmt::format("{} of {} containers are unhealthy at once, and a restart does not help here: one was "
                      "tried, and is still unhealthy. {}. An operator is needed; meanwhile healer tries one "
                      "canary at growing intervals.",
                      mass.number, mass.among, names(mass.failing)),
          "Look at what they share: the network, a disk, a common dependency."};
}

Written write(const notice::MassFailureOver& over, const std::string&) {
  return {"MASS FAILURE OVER",
          fmt::format("The mass failure is over after {}.{}", format_duration(over.lasted),
                      over.failing.empty() ? "" : " Not healthy yet: " + names(over.failing) + ".")};
}

}  // namespace

Notification written(const SendNotification& send) {
  Notification notification = send.notification;
  Written text =
      std::visit([&](const auto& what) { return write(what, send.notification.workload); }, send.notice);
  notification.event = text.event;
  notification.text = std::move(text.text);
  notification.advice = std::move(text.advice);
  notification.cause = reason_text(send.cause);
  return notification;
}

}  // namespace healer::present
