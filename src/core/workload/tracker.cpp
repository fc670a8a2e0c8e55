#include "core/workload/tracker.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace healer {
namespace {

constexpr unsigned remembered = 64;

std::uint64_t newest(unsigned count) {
  return count >= remembered ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

Tracker::Row Tracker::begin_instance(bool after_incident) {
  const std::uint64_t failed = after_incident ? failed_ : 0;
  const State before = state_;
  *this = Tracker{};
  state_ = before;
  failed_ = failed;
  after_incident_ = after_incident;
  return go(Input::InstanceBegins, State::Fresh);
}

void Tracker::note(bool failed) {
  failed_ = failed_ << 1 | (failed ? 1U : 0U);
  of_instance_ = std::min(of_instance_ + 1, remembered);
}

unsigned Tracker::failures_in(unsigned length) const {
  return static_cast<unsigned>(std::popcount(failed_ & newest(length)));
}

unsigned Tracker::failures_of_instance(unsigned length) const {
  return failures_in(std::min(length, of_instance_));
}

Tracker::Row Tracker::go(Input input, State next) {
  return {std::exchange(state_, next), input, next};
}

Tracker::Row Tracker::observe(Outcome outcome, bool in_start_period, const Thresholds& thresholds) {
  if (outcome == Outcome::Unknown) return go(Input::Unknown, state_);
  const FailureWindow& window = thresholds.window;
  if (outcome == Outcome::Pass) {
    note(false);
    failures_ = 0;
    passed_once_ = true;
    if (state_ == State::Healthy) return go(Input::PassedEnough, State::Healthy);
    ++passes_;
    const unsigned needed = state_ == State::Unhealthy || after_incident_ ? thresholds.passes : 1;
    if (passes_ < needed) return go(Input::PassedTooFew, state_);
    if (window.failures > 0 && failures_in(window.of) >= window.failures)
      return go(Input::PassedTooFew, state_);
    became_healthy();
    return go(Input::PassedEnough, State::Healthy);
  }
  passes_ = 0;
  if (in_start_period && !passed_once_) return go(Input::FailedInStartPeriod, state_);
  note(true);
  if (state_ == State::Unhealthy) return go(Input::FailedEnough, State::Unhealthy);
  ++failures_;
  const bool by_window = window.failures > 0 && failures_of_instance(window.of) >= window.failures;
  const bool in_a_row = failures_ >= thresholds.failures && thresholds.streak == Streak::LongEnough;
  if (!in_a_row && !by_window) return go(Input::FailedTooFew, state_);
  return go(Input::FailedEnough, State::Unhealthy);  // failures_ stays, because the status shows it
}

Tracker::Row Tracker::continue_streak(unsigned failures) {
  for (unsigned count = 0; count < failures; ++count) note(true);
  failures_ = failures;
  return go(Input::FailedTooFew, state_);
}

void Tracker::forget_failures() {
  if (state_ == State::Unhealthy) return;
  failures_ = 0;
  failed_ = 0;
}

void Tracker::became_healthy() {
  passes_ = 0;
  failures_ = 0;
  passed_once_ = true;
  after_incident_ = false;
}

Tracker::Row Tracker::settle(bool healthy) {
  passes_ = 0;
  if (!healthy) return go(Input::KnownUnhealthy, State::Unhealthy);
  became_healthy();
  return go(Input::KnownHealthy, State::Healthy);
}

bool Tracker::pending() const {
  switch (state_) {
    case State::Fresh:
      return true;
    case State::Healthy:
      return failures_ > 0;
    case State::Unhealthy:
      return passes_ > 0;
  }
  return false;
}

Tracker::Thresholds thresholds(const Policy& policy) {
  return {policy.failure_threshold, policy.success_threshold, policy.window.value_or(FailureWindow{0, 0})};
}

}  // namespace healer
