#include "core/workload/alert.hpp"

#include <algorithm>

#include "core/workload/alert_permit.hpp"
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

bool Alerts::awaited() const {
  return firing &&
         std::any_of(firing->begin(), firing->end(), [](const FiringAlert& each) { return each.act; });
}

reason::Alerts Alerts::acted() const {
  reason::Alerts acted;
  if (!firing) return acted;
  for (const FiringAlert& each : *firing)
    if (each.act) acted.alerts.push_back({each.name, each.text});
  return acted;
}

AlertMachine::AlertMachine(Alerts& own, const View& view, Out& out)
    : own_(own), view_(view), w_(view.workload), now_(view.now), out_(out) {}

void AlertMachine::instance_began() {
  own_.count_from = w_.lifecycle.instance_started;
}

void AlertMachine::instance_kept() {
  own_.count_from = now_;
}

void AlertMachine::reported(const AlertReported& event) {
  if (w_.policy->alerts.use == AlertUse::Off) return;
  const auto same = [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  };
  if (!event.firing) {
    if (!own_.firing) return;
    const auto found = std::find_if(own_.firing->begin(), own_.firing->end(), same);
    if (found != own_.firing->end()) over(*found, AlertEnd::Resolved);
    return;
  }
  if (!own_.firing) own_.firing = std::vector<FiringAlert>{};
  if (const auto found = std::find_if(own_.firing->begin(), own_.firing->end(), same);
      found != own_.firing->end()) {
    if (now_ - found->reported_at >= noted_every) out_.record_changed();
    found->reported_at = now_;
    found->ask_at = event.ask_at;
    return;
  }
  if (own_.firing->size() == most_alerts) {
    out_.log(LogLevel::Warning, fact::AlertIgnored{event.name, most_alerts});
    return;
  }
  const bool act = event.act && w_.policy->alerts.use == AlertUse::Act;
  own_.firing->push_back(
      {event.source, event.id, event.name, event.text, act, now_, now_, event.ask_at, event.labels});
  out_.record_changed();
  out_.log(LogLevel::Warning, fact::AlertFires{own_.firing->back()});
  if (!act) out_.report(finding::AlertFires{own_.firing->back()});
}

void AlertMachine::over(const FiringAlert& alert, AlertEnd how, const std::string& answer) {
  out_.log(LogLevel::Info, fact::AlertOver{alert.name, how, answer});
  if (own_.checks) std::erase_if(*own_.checks, [&](const AlertCheck& each) { return is_about(each, alert); });
  std::erase_if(*own_.firing, [&](const FiringAlert& each) { return &each == &alert; });
  if (own_.firing->empty()) own_.firing.reset();
  out_.record_changed();
  out_.report(finding::AlertOver{});
}

void AlertMachine::due() {
  if (own_.checks)
    for (AlertCheck& each : *own_.checks)
      if (each.pending && now_ >= each.asked_at + confirmation_limit) not_confirmed(each, {});
  if (own_.firing) {
    const auto stale = std::find_if(
        own_.firing->begin(), own_.firing->end(),
        [this](const FiringAlert& each) { return now_ >= each.reported_at + said_again_within; });
    if (stale != own_.firing->end()) over(*stale, AlertEnd::NotRepeated);
  }
  const bool asked = w_.lifecycle.presence == Presence::Running && !w_.health.in_start_period(now_);
  own_.acting = asked && own_.firing &&
                std::any_of(own_.firing->begin(), own_.firing->end(), [this](const FiringAlert& each) {
                  return each.act && now_ >= counts_from(w_, each);
                });
  if (!own_.acting || w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  out_.report(finding::IncidentDue{IncidentCause::AlertFiring, own_.acted()});
}

std::optional<Instant> AlertMachine::deadline() const {
  if (!own_.firing || w_.lifecycle.presence != Presence::Running) return std::nullopt;
  std::optional<Instant> next;
  for (const FiringAlert& each : *own_.firing) {
    Instant at = each.reported_at + said_again_within;
    const Instant counts = std::max(counts_from(w_, each), w_.health.start_period_until);
    if (each.act && counts > now_) at = std::min(at, counts);
    next = next ? std::min(*next, at) : at;
  }
  if (next && own_.checks)
    for (const AlertCheck& each : *own_.checks) {
      const Instant at =
          each.pending ? each.asked_at + confirmation_limit : each.answered_at + confirmation_interval;
      if (at > now_) next = std::min(*next, at);  // an earlier one: the alert allows an attempt
    }
  return next;
}

void AlertMachine::confirm() {
  if (!own_.firing) return;
  for (const FiringAlert& each : *own_.firing) {
    if (!asks_now(view_, each)) continue;
    if (!own_.checks) own_.checks = std::vector<AlertCheck>{};
    auto check = std::find_if(own_.checks->begin(), own_.checks->end(),
                              [&](const AlertCheck& known) { return is_about(known, each); });
    if (check == own_.checks->end())
      check = own_.checks->insert(check, AlertCheck{each.source, each.id, {}, true, {}, {}, {}});
    check->asked_at = now_;
    check->pending = true;
    out_.add(ConfirmAlert{w_.key, each.source, each.id, each.ask_at, each.labels});
  }
}

void AlertMachine::confirmed(const AlertConfirmed& event) {
  if (!own_.firing || !own_.checks) return;
  const auto alert = std::find_if(own_.firing->begin(), own_.firing->end(), [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  });
  if (alert == own_.firing->end()) return;
  const auto check = std::find_if(own_.checks->begin(), own_.checks->end(),
                                  [&](const AlertCheck& each) { return is_about(each, *alert); });
  if (check == own_.checks->end() || !check->pending) return;
  switch (event.answer) {
    case AlertAnswer::Fires:
      check->pending = false;
      check->answer = AlertAnswer::Fires;
      check->answered_at = now_;
      check->why.clear();
      return;
    case AlertAnswer::Over:
      over(*alert, AlertEnd::Answered, event.why);
      return;
    case AlertAnswer::Unknown:
      not_confirmed(*check, event.why);
      return;
  }
}

void AlertMachine::not_confirmed(AlertCheck& check, const std::string& why) {
  if (check.answer != AlertAnswer::Unknown || check.why != why)
    if (const auto alert = std::find_if(own_.firing->begin(), own_.firing->end(),
                                        [&](const FiringAlert& each) { return is_about(check, each); });
        alert != own_.firing->end())
      out_.log(LogLevel::Warning, fact::AlertUnconfirmed{alert->name, why});
  check.pending = false;
  check.answer = AlertAnswer::Unknown;
  check.answered_at = now_;
  check.why = why;
}

void AlertMachine::attempt_began() {
  if (own_.checks)
    for (AlertCheck& each : *own_.checks) each.answer.reset();
  if (!own_.firing) return;
  for (FiringAlert& each : *own_.firing)
    if (each.act) each.attempted_at = now_;
  out_.record_changed();
}

void AlertMachine::attempt_did_not_help() {
  if (!own_.firing) return;
  for (FiringAlert& each : *own_.firing)
    if (each.attempted_at) each.outlasted = true;
  out_.record_changed();
}

void AlertMachine::reset() {
  if (!own_.firing) return;
  for (FiringAlert& each : *own_.firing) {
    each.attempted_at.reset();
    each.outlasted = false;
  }
  out_.record_changed();
}

}  // namespace healer
