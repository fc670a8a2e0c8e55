#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/care.hpp"

namespace healer {
namespace {

/// Seconds are fine enough for people once it is more than a few.
std::string rounded(Duration duration) {
  if (duration < Duration{10s}) return format_duration(std::max(Duration{0}, duration));
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string times(unsigned count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

void Care::open_incident(IncidentCause cause, const std::string& text) {
  Incident incident;
  incident.id = IncidentId{++world_.last_incident};
  incident.workload = w_.key;
  incident.name = w_.name;
  incident.image = w_.container.image;
  incident.cause = cause;
  incident.cause_text = text;
  const bool by_checks = cause == IncidentCause::ProbeFailed || cause == IncidentCause::EngineUnhealthy;
  incident.ill_since = by_checks && w_.failing_since > w_.run_started ? w_.failing_since : now_;
  incident.opened_at = now_;
  w_.incident = incident;
  out_.push_back(Count{CountIncidentOpened{cause}});

  if (cause == IncidentCause::CrashLoop) {
    announce_crash_loop();
  } else if (w_.last_announced != Instant{} && now_ - w_.last_announced < w_.policy->alert_cooldown) {
    // Told about this workload just now: what happens until the cooldown ends is one summary.
    if (w_.unannounced_incidents++ == 0) w_.quiet_since = now_;
    w_.dirty = true;
  } else {
    announce_degraded();
  }
  save_incident();
}

void Care::close_incident(IncidentOutcome outcome, const std::string& why) {
  if (!w_.incident) return;
  Incident& incident = *w_.incident;
  incident.closed_at = now_;
  incident.outcome = outcome;
  w_.backoff_changed_at = now_;  // from here on it is well, and the backoff decays
  w_.dirty = true;
  const Duration ill_for = now_ - incident.ill_since;
  const bool well = outcome == IncidentOutcome::Recovered || outcome == IncidentOutcome::RecoveredAlone;
  std::string text;
  if (outcome == IncidentOutcome::Recovered) {
    text = fmt::format("{} is healthy again after {}, {} after it fell ill.", w_.name,
                       times(incident.attempts, "remedy attempt"), rounded(ill_for));
    log(LogLevel::Info, fmt::format("{} — RECOVERED after {} ({})", w_.name,
                                    times(incident.attempts, "attempt"), rounded(ill_for)));
  } else if (outcome == IncidentOutcome::RecoveredAlone) {
    text = fmt::format("{} is healthy again by itself, {} after it fell ill.", w_.name, rounded(ill_for));
    log(LogLevel::Info, fmt::format("{} — well again by itself ({})", w_.name, rounded(ill_for)));
  } else {
    text = fmt::format("The incident of {} is closed: {}.", w_.name, why);
    log(LogLevel::Info, fmt::format("{} — incident closed: {}", w_.name, why));
  }
  out_.push_back(Count{CountIncidentClosed{outcome, ill_for}});
  if (outcome == IncidentOutcome::StoppedByHealer) {
    // Critical was said already where it gave up before: one alert of a kind per incident.
    raise(incident.gave_up ? AlertKind::Info : AlertKind::Critical, "STOPPED",
          fmt::format("{} was ill ({}) and is stopped now: {}.", w_.name, incident.cause_text, why),
          incident_key());
  } else if (incident.announced) {
    raise(well ? AlertKind::Recovered : AlertKind::Info, well ? "RECOVERED" : "CLOSED", text, incident_key());
  }
  save_incident();
  w_.incident.reset();
}

std::string Care::incident_key() const {
  // At most 255 bytes (PagerDuty); the incident's number alone makes it unique on this host.
  return fmt::format("healer/{:.60}/{:.120}/{}", world_.policy.host_name, w_.key,
                     w_.incident ? w_.incident->id.value : 0);
}

std::string Care::planned_text() const {
  switch (wanted_remedy()) {
    case RemedyKind::Restart:
      return "It is being restarted.";
    case RemedyKind::Start:
      return "It is being started.";
    case RemedyKind::Stop:
      return "It is being stopped, as healer.action says.";
    default:
      return "It is not touched, as healer.action says.";
  }
}

void Care::announce_degraded() {
  w_.incident->announced = true;
  w_.last_announced = now_;
  w_.dirty = true;
  raise(AlertKind::Degraded, "DEGRADED",
        fmt::format("{} is ill: {}. {}", w_.name, w_.incident->cause_text, planned_text()), incident_key());
}

void Care::announce_gave_up() {
  w_.incident->gave_up = true;
  w_.incident->announced = true;
  w_.last_announced = now_;
  w_.unannounced_incidents = 0;
  w_.unannounced_attempts = 0;
  w_.dirty = true;
  log(LogLevel::Error,
      fmt::format("{} — GAVE UP: {} in {} did not help; no more until {} from now, or `healer reset {}`",
                  w_.name, times(w_.policy->budget_attempts, "attempt"),
                  format_duration(w_.policy->budget_window), rounded(w_.breaker.until() - now_), w_.name));
  raise(AlertKind::Critical, "GAVE UP",
        fmt::format("{} is still ill after {} in {}: {}. healer leaves it alone for {}; a person is needed. "
                    "Look at `docker logs {}`, then `healer reset {}`.",
                    w_.name, times(w_.policy->budget_attempts, "attempt"),
                    format_duration(w_.policy->budget_window), w_.last_verdict.text,
                    rounded(w_.breaker.until() - now_), w_.name, w_.name),
        incident_key());
  save_incident();
}

void Care::announce_crash_loop() {
  w_.incident->announced = true;
  w_.incident->gave_up = true;
  w_.last_announced = now_;
  w_.dirty = true;
  raise(AlertKind::Critical, "CRASH LOOP",
        fmt::format("{} keeps exiting: {}. The engine's restart policy restarts it each time, which does not "
                    "help; a person is needed.",
                    w_.name, w_.incident->cause_text),
        incident_key());
}

void Care::announce_summary() {
  const std::string what = fmt::format(
      "{} fell ill {} and was restarted {} in {}", w_.name, times(w_.unannounced_incidents, "time"),
      times(w_.unannounced_attempts, "time"), rounded(now_ - w_.quiet_since));
  w_.unannounced_incidents = 0;
  w_.unannounced_attempts = 0;
  w_.last_announced = now_;
  w_.dirty = true;
  if (w_.incident && !w_.incident->announced) {
    w_.incident->announced = true;
    raise(AlertKind::Degraded, "DEGRADED",
          fmt::format("{}; it is still ill: {}.", what, w_.last_verdict.text), incident_key());
    save_incident();
  } else {
    raise(AlertKind::Info, "SUMMARY", what + "; it is well now.",
          fmt::format("healer/{:.60}/{:.120}/summary/{}", world_.policy.host_name, w_.key,
                      now_.time_since_epoch().count()));
  }
}

void Care::announce_unasked() {
  log(LogLevel::Warning, fmt::format("{} — could not be asked {} times in a row: {}", w_.name,
                                     w_.unknown_streak, w_.last_verdict.text));
  raise(AlertKind::Info, "UNKNOWN",
        fmt::format(
            "{} could not be asked {} times in a row: {}. Its health is unknown, and nothing is done to it.",
            w_.name, w_.unknown_streak, w_.last_verdict.text),
        fmt::format("healer/{:.60}/{:.120}/unasked/{}", world_.policy.host_name, w_.key,
                    now_.time_since_epoch().count()));
}

void Care::raise(AlertKind kind, const char* event, std::string text, const std::string& dedup_key) {
  Alert alert;
  alert.id = AlertId{++world_.last_alert};
  alert.kind = kind;
  alert.dedup_key = dedup_key;
  alert.event = event;
  alert.text = std::move(text);
  alert.host = world_.policy.host_name;
  alert.workload = w_.name;
  alert.image = w_.container.image;
  alert.cause = w_.incident ? w_.incident->cause_text : w_.last_verdict.text;
  alert.attempt = w_.incident ? w_.incident->attempts : 0;
  alert.attempts_allowed = w_.policy->budget_attempts;
  alert.raised_at = now_;
  out_.push_back(RaiseAlert{std::move(alert)});
}

void Care::log(LogLevel level, std::string message) {
  out_.push_back(LogLine{level, std::move(message), w_.name});
}

void Care::save_incident() {
  out_.push_back(Persist{*w_.incident});
}

void Care::save_attempt() {
  out_.push_back(Persist{*w_.attempt});
}

}  // namespace healer
