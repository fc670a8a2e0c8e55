// Rules of Prometheus that fire about the workload: reported by Alertmanager, or found by healer's own
// queries. Prometheus has applied the rule's `for`, so a firing alert counts like a reached threshold: the
// same backoff, budget, holds, evidence and explanation follow. HEALING.md 2.
//
//   alert    | input                                           | what follows
//   ---------+-------------------------------------------------+---------------------------------------------
//   (none)   | fires, use `notify`                             | one info notification
//   (none)   | fires, use `act`                                | Counting
//   Counting | a new instance began, or a remedy kept the      | Waiting, for alert_lookback
//            | instance                                        |
//   Waiting  | alert_lookback is over                          | Counting
//   Counting | the workload runs, past its start period        | unhealthy: an incident, a remedy; an attempt
//            |                                                 | in verification is NotRecovered
//   any      | reported again                                  | nothing new
//   any      | resolved, or not repeated for 6 hours           | (none): the probes alone decide
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// An alert that is not repeated within this time is over. Alertmanager's default repeat_interval is 4 h.
constexpr Duration said_again_within = 6h;
/// Limit of alerts per workload; further ones are ignored.
constexpr std::size_t most_alerts = 16;
/// A repeated alert is written to disk only this often.
constexpr Duration noted_every = 10min;

}  // namespace

std::string alert_line(const FiringAlert& alert) {
  return alert.text.empty() || alert.text == alert.name ? alert.name
                                                        : fmt::format("{}: {}", alert.name, alert.text);
}

void WorkloadController::alert_reported(const AlertReported& event) {
  if (w_.policy->alerts == AlertUse::Off) return;
  const auto same = [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  };
  if (!event.firing) {
    if (!w_.health.alerts) return;
    const auto found = std::find_if(w_.health.alerts->begin(), w_.health.alerts->end(), same);
    if (found != w_.health.alerts->end()) alert_over(*found, "resolved");
    return;
  }
  if (!w_.health.alerts) w_.health.alerts = std::vector<FiringAlert>{};
  if (const auto found = std::find_if(w_.health.alerts->begin(), w_.health.alerts->end(), same);
      found != w_.health.alerts->end()) {
    w_.dirty |= now_ - found->reported_at >= noted_every;
    found->reported_at = now_;
    return;
  }
  if (w_.health.alerts->size() == most_alerts) {
    log(LogLevel::Warning,
        fmt::format("{} — alert {} is ignored: {} fire already", w_.name, event.name, most_alerts));
    return;
  }
  const bool act = event.act && w_.policy->alerts == AlertUse::Act;
  w_.health.alerts->push_back({event.source, event.id, event.name, event.text, act, now_, now_});
  w_.dirty = true;
  const std::string text = alert_line(w_.health.alerts->back());
  log(LogLevel::Warning, fmt::format("{} — alert of {} fires: {}", w_.name, event.source, text));
  if (!act && !notifications_paused())
    notify(NotificationKind::Info, "ALERT",
           fmt::format("{}: {} ({}). Nothing is done about it.", w_.name, text, event.source),
           // A new key each time: a later firing is a new notification.
           fmt::format("healer/{:.60}/{:.100}/alert/{:.60}/{}", host_state_.policy.host_name, w_.key,
                       event.id, now_.time_since_epoch().count()));
}

void WorkloadController::alert_over(const FiringAlert& alert, const char* why) {
  log(LogLevel::Info, fmt::format("{} — alert {} is over: {}", w_.name, alert.name, why));
  std::erase_if(*w_.health.alerts, [&](const FiringAlert& each) { return &each == &alert; });
  if (w_.health.alerts->empty()) w_.health.alerts.reset();
  w_.dirty = true;
  // From now on the checks decide, in the same time as without an alert.
  if (auto* verifying = std::get_if<Verifying>(&w_.remediation.phase); verifying && !awaits_alert())
    verifying->deadline = std::min(verifying->deadline, verified_by(w_.lifecycle.instance_started));
}

Instant WorkloadController::counts_from(const FiringAlert& alert) const {
  return alert.since >= w_.health.alerts_from ? alert.since
                                              : w_.health.alerts_from + w_.policy->alert_lookback;
}

bool WorkloadController::awaits_alert() const {
  return w_.health.alerts && std::any_of(w_.health.alerts->begin(), w_.health.alerts->end(),
                                         [](const FiringAlert& each) { return each.act; });
}

std::string WorkloadController::failure_text() const {
  if (!w_.health.alert_firing || w_.health.tracker.state() == Tracker::State::Unhealthy)
    return w_.health.last_verdict.text;
  return alert_text(w_);
}

void WorkloadController::alerts_due() {
  if (w_.health.alerts) {
    const auto stale = std::find_if(
        w_.health.alerts->begin(), w_.health.alerts->end(),
        [this](const FiringAlert& each) { return now_ >= each.reported_at + said_again_within; });
    if (stale != w_.health.alerts->end()) alert_over(*stale, "not repeated");
  }
  const bool asked = w_.lifecycle.presence == Presence::Running && !in_start_period();
  w_.health.alert_firing =
      asked && w_.health.alerts &&
      std::any_of(w_.health.alerts->begin(), w_.health.alerts->end(),
                  [this](const FiringAlert& each) { return each.act && now_ >= counts_from(each); });
  if (!w_.health.alert_firing || w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  const std::string text = alert_text(w_);
  open_incident(IncidentCause::AlertFiring, text);
  decide(Rule::Unhealthy, text, fmt::format("cause={}", to_string(IncidentCause::AlertFiring)));
}

std::optional<Instant> WorkloadController::alert_deadline() const {
  if (!w_.health.alerts) return std::nullopt;
  std::optional<Instant> next;
  for (const FiringAlert& each : *w_.health.alerts) {
    Instant at = each.reported_at + said_again_within;
    const Instant counts = std::max(counts_from(each), w_.health.start_period_until);
    if (each.act && counts > now_) at = std::min(at, counts);
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

std::string alert_text(const Workload& workload) {
  if (!workload.health.alerts) return {};
  std::string all;
  for (const FiringAlert& each : *workload.health.alerts)
    if (each.act) all += (all.empty() ? "" : "; ") + alert_line(each);
  return all;
}

}  // namespace healer
