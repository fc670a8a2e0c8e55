#include "core/workload/alert_permit.hpp"

#include <algorithm>

#include "base/earliest.hpp"

namespace healer {
namespace {

using State = AlertPermit::State;

/// An attempt follows an answer within this time.
constexpr Duration answer_valid = 30s;

bool counts(const View& view, const FiringAlert& alert) {
  return alert.act && view.now >= counts_from(view.workload, alert);
}

State state_of(const View& view, const FiringAlert& alert) {
  const AlertCheck* check = check_of(view.workload.alerts, alert);
  if (check == nullptr || !check->answer) return State::Asking;
  if (alert.outlasted && !view.workload.health.unprobed()) return State::Outlasted;
  const bool notified = !alert.attempted_at || alert.reported_at > *alert.attempted_at;
  if (check->answer == AlertAnswer::Unknown && !notified) return State::Used;
  return view.now < check->answered_at + answer_valid ? State::Granted : State::Asking;
}

}  // namespace

Instant counts_from(const Workload& workload, const FiringAlert& alert) {
  const Health& health = workload.health;
  const Duration lookback = workload.policy->alerts.lookback;
  const Instant from = workload.alerts.count_from;
  const Instant counts = alert.since >= from ? alert.since : from + lookback;
  // Failing checks explain the alert, and they pass again, or a remedy is being verified: one outage, one
  // remedy.
  const bool fails_now = health.unhealthy() || health.tracker.failures() > 0;
  if (!health.failed_at || fails_now || alert.since >= *health.failed_at + lookback) return counts;
  return std::max(counts, *health.failed_at + lookback);
}

bool is_about(const AlertCheck& check, const FiringAlert& alert) {
  return check.source == alert.source && check.id == alert.id;
}

const AlertCheck* check_of(const Alerts& alerts, const FiringAlert& alert) {
  if (!alerts.checks) return nullptr;
  const auto found = std::find_if(alerts.checks->begin(), alerts.checks->end(),
                                  [&](const AlertCheck& each) { return is_about(each, alert); });
  return found == alerts.checks->end() ? nullptr : &*found;
}

bool caused_by_alert(const View& view) {
  const Health& health = view.workload.health;
  return view.workload.alerts.acting && !health.unhealthy() && !health.network_loss;
}

bool asks_now(const View& view, const FiringAlert& alert) {
  if (!counts(view, alert)) return false;
  const AlertCheck* check = check_of(view.workload.alerts, alert);
  if (check == nullptr) return true;
  if (check->pending) return false;
  const State state = state_of(view, alert);
  return state == State::Asking ||
         (state != State::Granted && view.now >= check->answered_at + confirmation_interval);
}

AlertPermit alert_permit(const View& view) {
  AlertPermit permit;
  const Alerts& alerts = view.workload.alerts;
  if (!alerts.firing) return permit;
  constexpr State order[] = {State::Asking, State::Granted, State::Outlasted, State::Used};
  const auto rank = [&](State state) { return std::find(std::begin(order), std::end(order), state); };
  bool found = false;
  Earliest until;
  for (const FiringAlert& each : *alerts.firing) {
    if (!counts(view, each)) continue;
    const State state = state_of(view, each);
    const AlertCheck* check = check_of(alerts, each);
    if (state == State::Asking)
      until.at((check != nullptr && check->pending ? check->asked_at : view.now) + confirmation_limit);
    if (found && rank(state) >= rank(permit.state)) continue;
    found = true;
    permit.state = state;
    permit.alert = each.name;
    permit.answer = state == State::Used && check != nullptr ? check->why : std::string();
  }
  permit.until = until.when();
  return permit;
}

std::optional<std::string> unconfirmed(const View& view) {
  const Alerts& alerts = view.workload.alerts;
  if (!alerts.firing) return std::nullopt;
  for (const FiringAlert& each : *alerts.firing)
    if (const AlertCheck* check = check_of(alerts, each);
        counts(view, each) && check != nullptr && check->answer == AlertAnswer::Unknown)
      return check->why;
  return std::nullopt;
}

}  // namespace healer
