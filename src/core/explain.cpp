#include "core/explain.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/status.hpp"
#include "core/workload/ladder.hpp"

namespace healer {
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

}  // namespace

WorkloadExplanation explain_workload(const Workload& w, const HostState& host, Instant now) {
  WorkloadExplanation explanation;
  explanation.facts = w.facts.facts();
  if (w.health.alerts) {
    for (const FiringAlert& each : *w.health.alerts)
      explanation.facts.push_back(
          {each.since, fmt::format("alert of {} fires: {}{}", each.source, alert_line(each),
                                   each.act ? "" : " (notify only)")});
    std::stable_sort(explanation.facts.begin(), explanation.facts.end(),
                     [](const Fact& one, const Fact& other) { return one.at < other.at; });
  }
  if (w.decision) explanation.decision = *w.decision;
  if (const auto* planned = std::get_if<Planned>(&w.remediation.phase); planned && planned->hold)
    explanation.holds.push_back(*planned->hold);
  explanation.next = next_of(w, now, host.engine_up);
  explanation.status = status_of_workload(w, host, now);
  return explanation;
}

}  // namespace healer
