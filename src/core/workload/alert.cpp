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
  if (w_.policy->alerts == AlertUse::Off) return;
  const auto same = [&](const FiringAlert& each) {
    return each.source == event.source && each.id == event.id;
  };
  if (!event.firing) {
    if (!own_.alerts) return;
    const auto found = std::find_if(own_.alerts->begin(), own_.alerts->end(), same);
    if (found != own_.alerts->end()) alert_over(*found, "resolved");
    return;
  }
  if (!own_.alerts) own_.alerts = std::vector<FiringAlert>{};
  if (const auto found = std::find_if(own_.alerts->begin(), own_.alerts->end(), same);
      found != own_.alerts->end()) {
    if (now_ - found->reported_at >= noted_every) out_.record_changed();
    found->reported_at = now_;
    return;
  }
  if (own_.alerts->size() == most_alerts) {
    out_.log(LogLevel::Warning, fact::AlertIgnored{event.name, most_alerts});
    return;
  }
  const bool act = event.act && w_.policy->alerts == AlertUse::Act;
  own_.alerts->push_back({event.source, event.id, event.name, event.text, act, now_, now_});
  out_.record_changed();
  out_.log(LogLevel::Warning, fact::AlertFires{own_.alerts->back()});
  if (!act) out_.report(finding::AlertFires{own_.alerts->back()});
}

void HealthMachine::alert_over(const FiringAlert& alert, const char* how) {
  out_.log(LogLevel::Info, fact::AlertOver{alert.name, how});
  std::erase_if(*own_.alerts, [&](const FiringAlert& each) { return &each == &alert; });
  if (own_.alerts->empty()) own_.alerts.reset();
  out_.record_changed();
  out_.report(finding::AlertOver{});
}

Instant HealthMachine::counts_from(const FiringAlert& alert) const {
  return alert.since >= own_.alerts_from ? alert.since : own_.alerts_from + w_.policy->alert_lookback;
}

bool Health::awaits_alert() const {
  return alerts &&
         std::any_of(alerts->begin(), alerts->end(), [](const FiringAlert& each) { return each.act; });
}

std::string Health::failure_text() const {
  return !alert_firing || unhealthy() ? last_verdict.text : alert_text();
}

void HealthMachine::alerts_due() {
  if (own_.alerts) {
    const auto stale = std::find_if(
        own_.alerts->begin(), own_.alerts->end(),
        [this](const FiringAlert& each) { return now_ >= each.reported_at + said_again_within; });
    if (stale != own_.alerts->end()) alert_over(*stale, "not repeated");
  }
  const bool asked = w_.lifecycle.presence == Presence::Running && !own_.in_start_period(now_);
  own_.alert_firing = asked && own_.alerts &&
                      std::any_of(own_.alerts->begin(), own_.alerts->end(), [this](const FiringAlert& each) {
                        return each.act && now_ >= counts_from(each);
                      });
  if (!own_.alert_firing || w_.incident || w_.remediation.attempt || w_.remediation.in_flight) return;
  out_.report(finding::IncidentDue{IncidentCause::AlertFiring, own_.alert_text()});
}

std::optional<Instant> HealthMachine::alert_deadline() const {
  if (!own_.alerts) return std::nullopt;
  std::optional<Instant> next;
  for (const FiringAlert& each : *own_.alerts) {
    Instant at = each.reported_at + said_again_within;
    const Instant counts = std::max(counts_from(each), own_.start_period_until);
    if (each.act && counts > now_) at = std::min(at, counts);
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

std::string Health::alert_text() const {
  if (!alerts) return {};
  std::string all;
  for (const FiringAlert& each : *alerts)
    if (each.act) all += (all.empty() ? "" : "; ") + alert_line(each);
  return all;
}

}  // namespace healer
