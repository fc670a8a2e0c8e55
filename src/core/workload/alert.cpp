// Rules of Prometheus that fire about the workload: reported by Alertmanager, or found by healer's own
// queries. Prometheus has applied the rule's `for`, so a firing alert counts like a reached threshold: the
// same backoff, budget, holds, evidence and explanation follow. HEALING.md 2. Whether an attempt may follow
// is in alert_permit.hpp.
//
//   alert    | input                                           | what follows
//   ---------+-------------------------------------------------+---------------------------------------------
//   (none)   | fires, use `notify`                             | one info notification
//   (none)   | fires, use `act`                                | Counting
//   Counting | a new instance began, or a remedy kept the      | Waiting, for alert_lookback
//            | instance                                        |
//   Counting | the checks failed and pass again                | Waiting, for alert_lookback
//   Waiting  | alert_lookback is over, or a check fails        | Counting
//   Counting | the workload runs, past its start period        | unhealthy: an incident, a remedy; an attempt
//            |                                                 | in verification is NotRecovered
//   any      | reported again                                  | nothing new
//   any      | resolved, or not repeated for 6 hours, or its   | (none): the probes alone decide
//            | source answers that it is over                  |
#include <algorithm>

#include "core/workload/alert_permit.hpp"
#include "core/workload/health.hpp"
#include "core/workload/out.hpp"

namespace healer {
namespace {

/// An alert that is not repeated within this time is over. Alertmanager's default repeat_interval is 4 h.
constexpr Duration said_again_within = 6h;
/// Limit of alerts per workload; further ones are ignored.
constexpr std::size_t most_alerts = 16;
/// A repeated alert is written to disk only this often.
constexpr Duration noted_every = 10min;

}  // namespace

void HealthMachine::alert_reported(const AlertReported& event) {
  if (w_.policy->alerts.use == AlertUse::Off) return;
  const auto same = [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  };
  if (!event.firing) {
    if (!own_.alerts) return;
    const auto found = std::find_if(own_.alerts->begin(), own_.alerts->end(), same);
    if (found != own_.alerts->end()) alert_over(*found, AlertEnd::Resolved);
    return;
  }
  if (!own_.alerts) own_.alerts = std::vector<FiringAlert>{};
  if (const auto found = std::find_if(own_.alerts->begin(), own_.alerts->end(), same);
      found != own_.alerts->end()) {
    if (now_ - found->reported_at >= noted_every) out_.record_changed();
    found->reported_at = now_;
    found->ask_at = event.ask_at;
    return;
  }
  if (own_.alerts->size() == most_alerts) {
    out_.log(LogLevel::Warning, fact::AlertIgnored{event.name, most_alerts});
    return;
  }
  const bool act = event.act && w_.policy->alerts.use == AlertUse::Act;
  own_.alerts->push_back(
      {event.source, event.id, event.name, event.text, act, now_, now_, event.ask_at, event.labels});
  out_.record_changed();
  out_.log(LogLevel::Warning, fact::AlertFires{own_.alerts->back()});
  if (!act) out_.report(finding::AlertFires{own_.alerts->back()});
}

void HealthMachine::alert_over(const FiringAlert& alert, AlertEnd how, const std::string& answer) {
  out_.log(LogLevel::Info, fact::AlertOver{alert.name, how, answer});
  if (own_.alert_checks)
    std::erase_if(*own_.alert_checks, [&](const AlertCheck& each) { return is_about(each, alert); });
  std::erase_if(*own_.alerts, [&](const FiringAlert& each) { return &each == &alert; });
  if (own_.alerts->empty()) own_.alerts.reset();
  out_.record_changed();
  out_.report(finding::AlertOver{});
}

bool Health::awaits_alert() const {
  return alerts &&
         std::any_of(alerts->begin(), alerts->end(), [](const FiringAlert& each) { return each.act; });
}

Reason Health::failure() const {
  if (alert_firing && !unhealthy()) return acted_alerts();
  return last_verdict.reason;
}

void HealthMachine::alerts_due() {
  if (own_.alert_checks)
    for (AlertCheck& each : *own_.alert_checks)
      if (each.pending && now_ >= each.asked_at + confirmation_limit) not_confirmed(each, {});
  if (own_.alerts) {
    const auto stale = std::find_if(
        own_.alerts->begin(), own_.alerts->end(),
        [this](const FiringAlert& each) { return now_ >= each.reported_at + said_again_within; });
    if (stale != own_.alerts->end()) alert_over(*stale, AlertEnd::NotRepeated);
  }
  const bool asked = w_.lifecycle.presence == Presence::Running && !own_.in_start_period(now_);
  own_.alert_firing = asked && own_.alerts &&
                      std::any_of(own_.alerts->begin(), own_.alerts->end(), [this](const FiringAlert& each) {
                        return each.act && now_ >= counts_from(w_, each);
                      });
  if (!own_.alert_firing || w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  out_.report(finding::IncidentDue{IncidentCause::AlertFiring, own_.acted_alerts()});
}

std::optional<Instant> HealthMachine::alert_deadline() const {
  if (!own_.alerts) return std::nullopt;
  std::optional<Instant> next;
  for (const FiringAlert& each : *own_.alerts) {
    Instant at = each.reported_at + said_again_within;
    const Instant counts = std::max(counts_from(w_, each), own_.start_period_until);
    if (each.act && counts > now_) at = std::min(at, counts);
    next = next ? std::min(*next, at) : at;
  }
  if (next && own_.alert_checks)
    for (const AlertCheck& each : *own_.alert_checks) {
      const Instant at =
          each.pending ? each.asked_at + confirmation_limit : each.answered_at + confirmation_interval;
      if (at > now_) next = std::min(*next, at);  // an earlier one: the alert allows an attempt
    }
  return next;
}

void HealthMachine::confirm_alerts() {
  if (!own_.alerts) return;
  for (const FiringAlert& each : *own_.alerts) {
    if (!asks_now(view_, each)) continue;
    if (!own_.alert_checks) own_.alert_checks = std::vector<AlertCheck>{};
    auto check = std::find_if(own_.alert_checks->begin(), own_.alert_checks->end(),
                              [&](const AlertCheck& known) { return is_about(known, each); });
    if (check == own_.alert_checks->end())
      check = own_.alert_checks->insert(check, AlertCheck{each.source, each.id, {}, true, {}, {}, {}});
    check->asked_at = now_;
    check->pending = true;
    out_.add(ConfirmAlert{w_.key, each.source, each.id, each.ask_at, each.labels});
  }
}

void HealthMachine::alert_confirmed(const AlertConfirmed& event) {
  if (!own_.alerts || !own_.alert_checks) return;
  const auto alert = std::find_if(own_.alerts->begin(), own_.alerts->end(), [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  });
  if (alert == own_.alerts->end()) return;
  const auto check = std::find_if(own_.alert_checks->begin(), own_.alert_checks->end(),
                                  [&](const AlertCheck& each) { return is_about(each, *alert); });
  if (check == own_.alert_checks->end() || !check->pending) return;
  switch (event.answer) {
    case AlertAnswer::Fires:
      check->pending = false;
      check->answer = AlertAnswer::Fires;
      check->answered_at = now_;
      check->why.clear();
      return;
    case AlertAnswer::Over:
      alert_over(*alert, AlertEnd::Answered, event.why);
      return;
    case AlertAnswer::Unknown:
      not_confirmed(*check, event.why);
      return;
  }
}

void HealthMachine::not_confirmed(AlertCheck& check, const std::string& why) {
  if (check.answer != AlertAnswer::Unknown || check.why != why)
    if (const auto alert = std::find_if(own_.alerts->begin(), own_.alerts->end(),
                                        [&](const FiringAlert& each) { return is_about(check, each); });
        alert != own_.alerts->end())
      out_.log(LogLevel::Warning, fact::AlertUnconfirmed{alert->name, why});
  check.pending = false;
  check.answer = AlertAnswer::Unknown;
  check.answered_at = now_;
  check.why = why;
}

void HealthMachine::attempt_began() {
  if (own_.alert_checks)
    for (AlertCheck& each : *own_.alert_checks) each.answer.reset();
  if (!own_.alerts) return;
  for (FiringAlert& each : *own_.alerts)
    if (each.act) each.attempted_at = now_;
  out_.record_changed();
}

void HealthMachine::attempt_did_not_help() {
  if (!own_.alerts) return;
  for (FiringAlert& each : *own_.alerts)
    if (each.attempted_at) each.outlasted = true;
  out_.record_changed();
}

void HealthMachine::alerts_reset() {
  if (!own_.alerts) return;
  for (FiringAlert& each : *own_.alerts) {
    each.attempted_at.reset();
    each.outlasted = false;
  }
  out_.record_changed();
}

reason::Alerts Health::acted_alerts() const {
  reason::Alerts acted;
  if (!alerts) return acted;
  for (const FiringAlert& each : *alerts)
    if (each.act) acted.alerts.push_back({each.name, each.text});
  return acted;
}

}  // namespace healer
