// The answer of `healer explain`.
#include "present/explain.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/alert_permit.hpp"
#include "core/workload/ladder.hpp"
#include "model/forms.hpp"
#include "present/reason_text.hpp"
#include "present/status.hpp"
#include "present/words.hpp"

namespace healer::present {
namespace {

std::string in(Instant at, Instant now) {
  if (at <= now) return "now";
  return "in " + format_duration(std::chrono::duration_cast<std::chrono::seconds>(at - now + 999ms));
}

/// What healer does next, and when, if nothing else happens.
std::string next_of(const Workload& w, Instant now, bool engine_up) {
  if (!engine_up) return "nothing until the engine is back";
  if (w.lifecycle.stopped_by_operator) return "nothing until an operator starts it";
  switch (w.lifecycle.presence) {
    case Presence::Paused:
      return "nothing until it is unpaused";
    case Presence::Absent:
      return "nothing: the container is gone";
    case Presence::Restarting:
      return "left to the engine's own restart policy";
    case Presence::Running:
    case Presence::Exited:
      break;
  }
  const auto ladder_step =
      choose_step(w.ladder, w.incident ? w.remediation.ladder_step : 0,
                  w.lifecycle.presence == Presence::Exited, w.remediation.ineffective_restarts);
  const std::string step =
      ladder_step ? to_string(ladder_step->step) : "nothing: its ladder ends in a notification only";
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase)) {
    if (!planned->hold) return fmt::format("{} {}", step, in(planned->due, now));
    const std::string until =
        planned->hold->until ? fmt::format(", {} at the latest", in(*planned->hold->until, now)) : "";
    return fmt::format("{} when nothing holds it any more{}", step, until);
  }
  if (std::holds_alternative<Gathering>(w.remediation.phase))
    return step + " as soon as its evidence is saved";
  if (std::holds_alternative<Checking>(w.remediation.phase)) return step + " after a fresh inspect";
  if (std::holds_alternative<Acting>(w.remediation.phase))
    return "the engine's answer to " + w.remediation.attempt->detail;
  if (std::holds_alternative<Settling>(w.remediation.phase))
    return "healer inspects whether " + w.remediation.attempt->detail + " was executed";
  if (const auto* verifying = std::get_if<Verifying>(&w.remediation.phase))
    return fmt::format("a verdict on {}, {} at the latest", w.remediation.attempt->detail,
                       in(verifying->deadline, now));
  if (w.lifecycle.judge_exit_at) return "its exit is judged " + in(*w.lifecycle.judge_exit_at, now);
  if (w.lifecycle.back_by)
    return "left to the engine's own restart policy; started " + in(*w.lifecycle.back_by, now);
  if (w.incident && w.remediation.breaker.state() == BreakerState::Open)
    return fmt::format("one try {}, or `healer reset {}`", in(w.remediation.breaker.until(), now), w.name);
  if (w.incident && !ladder_step) return step;
  if (w.health.probe_due) return "asked again " + in(*w.health.probe_due, now);
  return "listened to";
}

std::string check_text(Outcome outcome, Cause cause) {
  if (outcome == Outcome::Pass) return "check passed";
  const std::string why = cause == Cause::None ? "" : fmt::format(" ({})", to_string(cause));
  return outcome == Outcome::Fail ? "check failed" + why : "could not be checked" + why;
}

constexpr std::size_t index_of(std::string_view tag) {
  constexpr const auto& tags = tags_of<EngineReport>();
  return static_cast<std::size_t>(std::find(tags.begin(), tags.end(), tag) - tags.begin());
}

std::string event_text(std::size_t report, std::int32_t value) {
  std::string text{tags_of<EngineReport>().at(report)};
  std::replace(text.begin(), text.end(), '_', ' ');
  if (report == index_of(type_name<Ended>())) text += fmt::format(" (exit code {})", value);
  if (report == index_of(type_name<StopRequested>()) && value != 0)
    text += fmt::format(" (signal {})", signal_name(value));
  if (report == index_of(type_name<HealthReported>()))
    text += fmt::format(" ({})", to_string(static_cast<EngineHealth>(value)));
  return "the engine reported: " + text;
}

std::string text(const FactLog::Entry& entry) {
  std::string text;
  switch (entry.kind) {
    case FactLog::Kind::None:
      break;
    case FactLog::Kind::Check:
      text = check_text(static_cast<Outcome>(entry.what), static_cast<Cause>(entry.value));
      break;
    case FactLog::Kind::EngineEvent:
      text = event_text(entry.what, entry.value);
      break;
    case FactLog::Kind::State:
      text = fmt::format("inspected: {}", to_string(static_cast<ContainerState>(entry.what)));
      break;
  }
  if (entry.count > 1)
    text += fmt::format(", {} times in {}", entry.count, format_duration(entry.last - entry.first));
  return text;
}

std::string alert_note(const Workload& w, const FiringAlert& alert) {
  if (!alert.act) return " (notify only)";
  std::string note = alert.outlasted ? "; an attempt did not end it" : "";
  const AlertCheck* check = check_of(w.alerts, alert);
  if (check != nullptr && check->answer == AlertAnswer::Unknown)
    note += fmt::format("; not confirmed ({}), so one attempt follows each notification of it",
                        alert_answer(check->why));
  return note;
}

/// The newest observations, oldest first, with the alerts that fire.
std::vector<Observation> observations(const Workload& w) {
  std::vector<Observation> all;
  for (const FactLog::Entry& entry : w.facts.entries()) all.push_back({entry.last, text(entry)});
  if (!w.alerts.firing) return all;
  for (const FiringAlert& each : *w.alerts.firing)
    all.push_back({each.since, fmt::format("alert of {} fires: {}{}", each.source, alert_line(each),
                                           alert_note(w, each))});
  std::stable_sort(all.begin(), all.end(),
                   [](const Observation& one, const Observation& other) { return one.at < other.at; });
  return all;
}

}  // namespace

std::optional<WorkloadExplanation> explain(const Supervisor& core, std::string_view key_or_name,
                                           Instant now) {
  auto status = status_of(core, key_or_name, now);
  if (!status) return std::nullopt;
  const Workload& w = *core.workload(status->key);
  WorkloadExplanation explanation;
  explanation.facts = observations(w);
  if (w.decision) explanation.decision = *w.decision;
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase); planned && planned->hold)
    explanation.holds.push_back(hold_status(*planned->hold));
  explanation.next = next_of(w, now, core.engine_up());
  explanation.status = std::move(*status);
  return explanation;
}

}  // namespace healer::present
