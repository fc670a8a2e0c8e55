// What people are told, and when. HEALING.md 6.
#include <algorithm>
#include <utility>

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

std::string Care::incident_key() const {
  // At most 255 bytes (PagerDuty); the incident's number alone makes it unique on this host.
  return fmt::format("healer/{:.60}/{:.120}/{}", world_.policy.host_name, w_.key,
                     w_.incident ? w_.incident->id.value : 0);
}

std::string Care::planned_text() const {
  switch (wanted_remedy()) {
    case RemedyKind::Restart:
      return "It is being restarted.";
    case RemedyKind::Kill:
      return "It is sent a signal.";
    case RemedyKind::Exec:
      return "A command is run in it.";
    case RemedyKind::Recreate:
      return "It is being recreated.";
    case RemedyKind::Webhook:
      return "The configured webhook is called.";
    case RemedyKind::Start:
      return "It is being started.";
    case RemedyKind::Stop:
      return "It is being stopped, as healer.action says.";
    case RemedyKind::None:
      break;
  }
  return "It is not touched, as healer.action says.";
}

/// The first alert of an incident comes with its first order, which has the evidence by then, or as soon as
/// that order has to wait or there is none to come.
bool Care::to_be_announced() const {
  return w_.incident && !w_.incident->announced && w_.unannounced_incidents == 0 && !silenced();
}

void Care::announce_if_due() {
  if (!to_be_announced()) return;
  const auto* planned = std::get_if<Planned>(&w_.remedy);
  const bool at_once = std::holds_alternative<Gathering>(w_.remedy) ||
                       std::holds_alternative<Checking>(w_.remedy) ||
                       (planned && !planned->hold && planned->due <= now_);
  // Its verdict is awaited afresh: it may be well already.
  const bool awaited = w_.presence == Presence::Running && w_.tracker.state() != Tracker::State::Ill &&
                       w_.incident->cause != IncidentCause::CrashLoop && !w_.network_loss && !w_.signalled &&
                       !w_.forced;
  if (at_once || awaited) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && !w_.incident->gave_up)
    announce_crash_loop();
  else
    announce_degraded();
  save_incident();
}

void Care::announce_degraded() {
  w_.incident->announced = true;
  w_.last_announced = now_;
  w_.dirty = true;
  std::string then = planned_text();
  std::string advice;
  if (const auto* planned = std::get_if<Planned>(&w_.remedy)) {
    if (planned->hold)
      then = fmt::format("It is left alone for now: {}.", planned->hold->text);
    else if (planned->due > now_)
      then = fmt::format("Next is {}, in {}.", to_string(wanted_remedy()), rounded(planned->due - now_));
  }
  if (wanted_remedy() == RemedyKind::None || w_.futile_restarts >= futile_restarts_enough)
    advice = fmt::format("Look at `docker logs {}`.", w_.name);
  if (w_.futile_restarts >= futile_restarts_enough)
    then += fmt::format(" The last {} restarts cured nothing.", w_.futile_restarts);
  raise(AlertKind::Degraded, "DEGRADED",
        fmt::format("{} is ill: {}. {}", w_.name, w_.incident->cause_text, then), incident_key(), advice);
}

/// Where the engine did not even do it, nobody need look for the cause in the workload.
std::string Care::refusal_text() const {
  return w_.refusal ? " " + *w_.refusal : std::string();
}

/// For alerts that call a person.
std::string Care::log_advice() const {
  return fmt::format("Look at `docker logs {0}`, then `healer reset {0}`.", w_.name);
}

void Care::announce_gave_up() {
  if (muted()) return;  // said when the pause is over, if it is still so
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
  decide(Rule::GaveUp, fmt::format("no attempt for {}", rounded(w_.breaker.until() - now_)),
         fmt::format("budget={}/{}", w_.policy->budget_attempts, format_duration(w_.policy->budget_window)));
  raise(AlertKind::Critical, "GAVE UP",
        fmt::format(
            "{} is still ill after {} in {}: {}.{} healer leaves it alone for {}; a person is needed.",
            w_.name, times(w_.policy->budget_attempts, "attempt"), format_duration(w_.policy->budget_window),
            illness(), refusal_text(), rounded(w_.breaker.until() - now_)),
        incident_key(), log_advice());
  save_incident();
}

/// The ladder ends in only telling.
void Care::announce_ladder_end() {
  if (w_.incident->gave_up || muted()) return;
  w_.incident->gave_up = true;
  w_.incident->announced = true;
  w_.last_announced = now_;
  w_.unannounced_incidents = 0;
  w_.unannounced_attempts = 0;
  w_.dirty = true;
  const std::string text =
      w_.incident->attempts > 0
          ? fmt::format("every rung of its ladder was tried ({})", times(w_.incident->attempts, "attempt"))
          : fmt::format("the last {} restarts cured nothing, and its ladder has nothing else",
                        w_.futile_restarts);
  log(LogLevel::Error, fmt::format("{} — GAVE UP: {}", w_.name, text));
  decide(Rule::GaveUp, text, fmt::format("rung={}", w_.incident->rung));
  raise(
      AlertKind::Critical, "GAVE UP",
      fmt::format("{} is still ill: {}; {}.{} A person is needed.", w_.name, illness(), text, refusal_text()),
      incident_key(), log_advice());
  save_incident();
}

void Care::announce_crash_loop() {
  if (silenced()) return;
  w_.incident->announced = true;
  w_.incident->gave_up = true;
  w_.last_announced = now_;
  w_.dirty = true;
  raise(AlertKind::Critical, "CRASH LOOP",
        fmt::format("{} keeps exiting: {}. The engine's restart policy restarts it each time, which does not "
                    "help; a person is needed.",
                    w_.name, w_.incident->cause_text),
        incident_key(), fmt::format("Look at `docker logs {}`.", w_.name));
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
    raise(AlertKind::Degraded, "DEGRADED", fmt::format("{}; it is still ill: {}.", what, illness()),
          incident_key());
    save_incident();
  } else {
    raise(AlertKind::Info, "SUMMARY", what + "; it is well now.",
          fmt::format("healer/{:.60}/{:.120}/summary/{}", world_.policy.host_name, w_.key,
                      now_.time_since_epoch().count()));
  }
}

void Care::announce_unasked() {
  const Verdict& verdict = w_.last_verdict;
  log(LogLevel::Warning,
      fmt::format("{} — could not be asked {} times in a row: {}", w_.name, w_.unknown_streak, verdict.text));
  raise(AlertKind::Info, "UNKNOWN",
        fmt::format(
            "{} could not be asked {} times in a row: {}. Its health is unknown, and nothing is done to it.",
            w_.name, w_.unknown_streak, verdict.text),
        unasked_key());
}

void Care::announce_known_again(const char* how) {
  log(LogLevel::Info, fmt::format("{} — {}", w_.name, how));
  raise(AlertKind::Recovered, "KNOWN AGAIN",
        fmt::format("{} could not be asked for {}; {}.", w_.name, rounded(now_ - *w_.unasked_since), how),
        unasked_key());
}

std::string Care::unasked_key() const {
  return fmt::format("healer/{:.60}/{:.120}/unasked/{}", world_.policy.host_name, w_.key,
                     w_.unasked_since->time_since_epoch().count());
}

Alert Care::draft(AlertKind kind, const char* event, std::string text, const std::string& dedup_key) const {
  Alert alert;
  alert.kind = kind;
  alert.dedup_key = dedup_key;
  alert.event = event;
  alert.text = std::move(text);
  alert.host = world_.policy.host_name;
  alert.workload = w_.name;
  alert.image = w_.container.image;
  alert.cause = w_.incident ? w_.incident->cause_text : illness();
  alert.attempt = w_.incident ? w_.incident->attempts : 0;
  alert.attempts_allowed = w_.policy->budget_attempts;
  alert.excerpt = w_.excerpt;
  alert.raised_at = now_;
  alert.project = project_of(w_);
  alert.route = w_.policy->alert_route;
  if (w_.incident && dedup_key == incident_key()) {
    alert.incident = w_.incident->id;
    alert.ill_since = w_.incident->ill_since;
  }
  alert.link = link_of(routing_of(world_.policy).link, alert);
  return alert;
}

void Care::raise(AlertKind kind, const char* event, std::string text, const std::string& dedup_key,
                 std::string advice) {
  if (!w_.policy->alerts) return;
  Alert alert = draft(kind, event, std::move(text), dedup_key);
  alert.id = AlertId{++world_.last_alert};
  alert.advice = std::move(advice);
  Following follows;
  follows.trigger = kind;
  if (alert.incident) {
    const Incident& incident = *w_.incident;
    follows.ends = incident.closed_at.has_value();
    follows.called = incident.gave_up;
    follows.told = incident.told;
    if (kind == AlertKind::Recovered)
      follows.trigger = incident.gave_up ? AlertKind::Critical : AlertKind::Degraded;
  } else if (kind == AlertKind::Recovered) {
    follows.trigger = AlertKind::Info;  // of what could not be asked
  }
  const Routed routed = route_alert(world_.policy, alert, follows, alert_clock());
  if (alert.incident) {
    if (kind == AlertKind::Critical) {  // it got worse than what was acknowledged
      w_.incident->acked_at.reset();
      w_.incident->acked_by.clear();
    }
    note_told(routed.destinations);
    if (!follows.ends && !w_.incident->acked_at)
      for (const AlertRoute* route : routed.routes) plan_escalation(*route, routed.destinations);
  }
  out_.push_back(RaiseAlert{std::move(alert), routed.destinations});
}

}  // namespace healer
