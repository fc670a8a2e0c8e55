#include "core/tracker.hpp"

namespace healer {

void Tracker::begin_run(bool after_illness) {
  *this = Tracker{};
  after_illness_ = after_illness;
}

Tracker::Transition Tracker::observe(Outcome outcome, bool in_grace, const Thresholds& thresholds) {
  if (outcome == Outcome::Unknown) return Transition::Unchanged;
  if (outcome == Outcome::Pass) {
    failures_ = 0;
    passed_once_ = true;
    if (state_ == State::Well) return Transition::Unchanged;
    ++passes_;
    const unsigned needed = state_ == State::Ill || after_illness_ ? thresholds.passes : 1;
    if (passes_ < needed) return Transition::Pending;
    return settle(true);
  }
  passes_ = 0;
  if (in_grace && !passed_once_) return Transition::Unchanged;
  if (state_ == State::Ill) return Transition::Unchanged;
  ++failures_;
  if (failures_ < thresholds.failures) return Transition::Pending;
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
