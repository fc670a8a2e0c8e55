#include "core/tracker.hpp"

#include <algorithm>
#include <bit>

namespace healer {
namespace {

constexpr unsigned remembered = 64;

std::uint64_t newest(unsigned count) {
  return count >= remembered ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

void Tracker::begin_run(bool after_illness) {
  const std::uint64_t failed = after_illness ? failed_ : 0;
  *this = Tracker{};
  failed_ = failed;
  after_illness_ = after_illness;
}

void Tracker::note(bool failed) {
  failed_ = failed_ << 1 | (failed ? 1U : 0U);
  of_run_ = std::min(of_run_ + 1, remembered);
}

unsigned Tracker::failures_in(unsigned length) const {
  return static_cast<unsigned>(std::popcount(failed_ & newest(length)));
}

unsigned Tracker::failures_of_run(unsigned length) const {
  return failures_in(std::min(length, of_run_));
}

Tracker::Transition Tracker::observe(Outcome outcome, bool in_grace, const Thresholds& thresholds) {
  if (outcome == Outcome::Unknown) return Transition::Unchanged;
  const FailureWindow& window = thresholds.window;
  if (outcome == Outcome::Pass) {
    note(false);
    failures_ = 0;
    passed_once_ = true;
    if (state_ == State::Well) return Transition::Unchanged;
    ++passes_;
    const unsigned needed = state_ == State::Ill || after_illness_ ? thresholds.passes : 1;
    if (passes_ < needed) return Transition::Pending;
    if (window.failures > 0 && failures_in(window.of) >= window.failures) return Transition::Pending;
    return settle(true);
  }
  passes_ = 0;
  if (in_grace && !passed_once_) return Transition::Unchanged;
  note(true);
  if (state_ == State::Ill) return Transition::Unchanged;
  ++failures_;
  const bool by_window = window.failures > 0 && failures_of_run(window.of) >= window.failures;
  if (failures_ < thresholds.failures && !by_window) return Transition::Pending;
  state_ = State::Ill;  // failures_ stays: it is shown
  return Transition::BecameIll;
}

Tracker::Transition Tracker::settle(bool well) {
  const State next = well ? State::Well : State::Ill;
  const bool changed = state_ != next;
  state_ = next;
  passes_ = 0;
  if (well) {
    failures_ = 0;
    passed_once_ = true;
    after_illness_ = false;
  }
  if (!changed) return Transition::Unchanged;
  return well ? Transition::BecameWell : Transition::BecameIll;
}

bool Tracker::pending() const {
  switch (state_) {
    case State::Fresh:
      return true;
    case State::Well:
      return failures_ > 0;
    case State::Ill:
      return passes_ > 0;
  }
  return false;
}

}  // namespace healer
