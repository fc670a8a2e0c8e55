#include "core/workload/breaker.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace healer {

Breaker::Breaker(BreakerState state, Instant until, std::vector<Instant> attempts)
    : state_(state), until_(until), attempts_(std::move(attempts)) {
  std::sort(attempts_.begin(), attempts_.end());
}

void Breaker::go(Input input, State next) {
  assert((has_row<Breaker>({state_, input, next})));
  static_cast<void>(input);
  state_ = next;
}

void Breaker::forget_before(const Policy& policy, Instant now) {
  // The newest attempt stays at any age: backoff counts from it.
  while (attempts_.size() > 1 && attempts_.front() + policy.retry.budget_window <= now)
    attempts_.erase(attempts_.begin());
}

unsigned Breaker::attempts_in_window(const Policy& policy, Instant now) const {
  return static_cast<unsigned>(std::count_if(
      attempts_.begin(), attempts_.end(), [&](Instant at) { return at + policy.retry.budget_window > now; }));
}

std::optional<Instant> Breaker::last_attempt() const {
  return attempts_.empty() ? std::nullopt : std::optional<Instant>(attempts_.back());
}

std::optional<Instant> Breaker::permit(const Policy& policy, Instant now) {
  forget_before(policy, now);
  // until_ may be from before the clock was set back.
  until_ = std::min(until_, now + policy.retry.breaker_open_for * (1 << most_doublings));
  advance(Input::Permit, now);
  const unsigned used = attempts_in_window(policy, now);
  if (policy.retry.budget_attempts == 0) return std::nullopt;
  switch (state_) {
    case BreakerState::Open:
      return std::nullopt;
    case BreakerState::Closed:
      if (used < policy.retry.budget_attempts) return now;
      go(Input::Permit, BreakerState::Open);
      until_ = now + policy.retry.breaker_open_for;
      return std::nullopt;
    case BreakerState::HalfOpen:
      // The half-open attempt counts in the window, too: attempts in any window never exceed the budget.
      if (used < policy.retry.budget_attempts) return now;
      return attempts_[attempts_.size() - policy.retry.budget_attempts] + policy.retry.budget_window;
  }
  return std::nullopt;
}

void Breaker::count_attempt(Instant now) {
  attempts_.push_back(now);
}

Breaker::Row Breaker::attempt_failed(const Policy& policy, Instant now, unsigned in_vain) {
  const State before = state_;
  // Attempts with long verifications never fill the window, but they show as much.
  const unsigned budget = policy.retry.budget_attempts;
  if (before == BreakerState::HalfOpen || (before == BreakerState::Closed && in_vain >= budget)) {
    go(Input::AttemptFailed, BreakerState::Open);
    const unsigned doublings = in_vain > budget ? std::min(in_vain - budget, most_doublings) : 0;
    until_ = now + policy.retry.breaker_open_for * (1 << doublings);
  }
  return {before, Input::AttemptFailed, state_};
}

Breaker::Row Breaker::attempt_recovered() {
  const State before = state_;
  if (before == BreakerState::HalfOpen) go(Input::AttemptRecovered, BreakerState::Closed);
  return {before, Input::AttemptRecovered, state_};
}

Breaker::Row Breaker::reset() {
  const State before = state_;
  go(Input::Reset, BreakerState::Closed);
  attempts_.clear();
  return {before, Input::Reset, state_};
}

std::optional<Breaker::Row> Breaker::advance(Instant now) {
  return advance(Input::TimeUp, now);
}

std::optional<Breaker::Row> Breaker::advance(Input input, Instant now) {
  if (state_ != BreakerState::Open || now < until_) return std::nullopt;
  go(input, BreakerState::HalfOpen);
  return Row{BreakerState::Open, input, state_};
}

}  // namespace healer
