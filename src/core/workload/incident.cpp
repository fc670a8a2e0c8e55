#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// Whole seconds from 10 s on.
std::string rounded(Duration duration) {
  if (duration < Duration{10s}) return format_duration(std::max(Duration{0}, duration));
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string times(unsigned count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

void WorkloadController::open_incident(IncidentCause cause, const std::string& text) {
  Incident incident;
  incident.id = IncidentId{++host_state_.last_incident};
  incident.workload = w_.key;
  incident.name = w_.name;
  incident.image = w_.container.image;
  incident.cause = cause;
  incident.cause_text = text;
  const bool by_checks = cause == IncidentCause::ProbeFailed || cause == IncidentCause::EngineUnhealthy;
  incident.unhealthy_since =
      by_checks && w_.health.failing_since > w_.lifecycle.instance_started ? w_.health.failing_since : now_;
  incident.opened_at = now_;
  w_.incident = incident;
  out_.push_back(Count{CountIncidentOpened{cause}});

  if (cause == IncidentCause::CrashLoop) {
    notify_crash_loop();
  } else if (cause != IncidentCause::ByOperator && w_.notifications.last_notified != Instant{} &&
             now_ - w_.notifications.last_notified < w_.policy->notification_cooldown) {
    // Within the cooldown: what happens until its end is notified as one summary.
    if (w_.notifications.unnotified_incidents++ == 0) w_.notifications.unnotified_since = now_;
    w_.dirty = true;
  }  // else notified with the order, or as soon as the order has to wait: notify_if_due()
  save_incident();
}

void WorkloadController::close_incident(IncidentOutcome outcome, const std::string& why) {
  if (!w_.incident) return;
  drop_queued("its incident is over");  // there is no remedy without an incident
  Incident& incident = *w_.incident;
  incident.closed_at = now_;
  incident.outcome = outcome;
  w_.remediation.backoff_changed_at = now_;  // the backoff decays from now on
  w_.dirty = true;
  const Duration unhealthy_for = now_ - incident.unhealthy_since;
  const bool healthy = outcome == IncidentOutcome::Recovered || outcome == IncidentOutcome::RecoveredAlone;
  std::string text;
  if (outcome == IncidentOutcome::Recovered) {
    text = fmt::format("{} is healthy again after {}, {} after it became unhealthy.", w_.name,
                       times(incident.attempts, "remedy attempt"), rounded(unhealthy_for));
    decide(Rule::Recovered, fmt::format("healthy again after {}", times(incident.attempts, "attempt")));
    log(LogLevel::Info, fmt::format("{} — RECOVERED after {} ({})", w_.name,
                                    times(incident.attempts, "attempt"), rounded(unhealthy_for)));
  } else if (outcome == IncidentOutcome::RecoveredAlone) {
    text = fmt::format("{} is healthy again by itself, {} after it became unhealthy.", w_.name,
                       rounded(unhealthy_for));
    decide(Rule::Recovered, "healthy again by itself");
    log(LogLevel::Info, fmt::format("{} — healthy again by itself ({})", w_.name, rounded(unhealthy_for)));
  } else {
    text = fmt::format("The incident of {} is closed: {}.", w_.name, why);
    decide(Rule::Closed, why);
    log(LogLevel::Info, fmt::format("{} — incident closed: {}", w_.name, why));
  }
  out_.push_back(Count{CountIncidentClosed{outcome, unhealthy_for}});
  if (outcome == IncidentOutcome::StoppedByHealer) {
    // One critical notification per incident: this one is info if healer gave up before.
    notify(incident.gave_up ? NotificationKind::Info : NotificationKind::Critical, "STOPPED",
           fmt::format("{} was unhealthy ({}) and is stopped now: {}.", w_.name, incident.cause_text, why),
           incident_key(),
           fmt::format("{}{}", look_at_logs(),
                       w_.container.advice.start.empty()
                           ? std::string()
                           : fmt::format(" `{}` starts it again.", w_.container.advice.start)));
  } else if (incident.notified) {
    notify(healthy ? NotificationKind::Recovered : NotificationKind::Info, healthy ? "RECOVERED" : "CLOSED",
           text, incident_key());
  }
  save_incident();
  w_.incident.reset();
  w_.remediation.excerpt.clear();
}

void WorkloadController::decide(Rule rule, std::string outcome, std::string inputs) {
  Decision decision;
  decision.at = now_;
  decision.workload = w_.key;
  if (w_.incident) decision.incident = w_.incident->id;
  decision.rule = rule;
  decision.inputs = std::move(inputs);
  decision.outcome = std::move(outcome);
  w_.decision = decision;
  out_.push_back(Persist{std::move(decision)});
}

void WorkloadController::log(LogLevel level, std::string message) {
  out_.push_back(LogLine{level, std::move(message), w_.name});
}

void WorkloadController::save_incident() {
  out_.push_back(Persist{*w_.incident});
}

void WorkloadController::save_attempt() {
  out_.push_back(Persist{*w_.remediation.attempt});
}

}  // namespace healer
