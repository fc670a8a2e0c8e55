#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "core/workload/transition.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// The attempt budget of one workload and its circuit breaker. HEALING.md 4. Similar to systemd's start
/// limit, but the budget is on disk, so a restart of healer refills nothing.
class Breaker {
 public:
  // clang-format off
  static constexpr const char* name = "breaker";
  using State = BreakerState;
  enum class Input : std::uint8_t { Permit, TimeUp, AttemptFailed, AttemptRecovered, Reset };
  static constexpr Transition<State, Input> table[] = {
      {State::Closed,   Input::Permit,           State::Closed},    // budget left: allowed; a budget of 0: never
      {State::Closed,   Input::Permit,           State::Open},      // budget used up: until now + open_for
      {State::Open,     Input::Permit,           State::Open},      // not allowed
      {State::Open,     Input::Permit,           State::HalfOpen},  // until() is reached: allowed once
      {State::HalfOpen, Input::Permit,           State::HalfOpen},  // allowed once the window has room
      {State::Open,     Input::TimeUp,           State::HalfOpen},
      {State::Closed,   Input::AttemptFailed,    State::Closed},
      {State::Closed,   Input::AttemptFailed,    State::Open},      // a budget of attempts in a row, however far apart
      {State::HalfOpen, Input::AttemptFailed,    State::Open},      // until now + open_for, twice as long each time
      {State::Closed,   Input::AttemptRecovered, State::Closed},
      {State::HalfOpen, Input::AttemptRecovered, State::Closed},
      {State::Closed,   Input::Reset,            State::Closed},    // by an operator: attempts forgotten
      {State::Open,     Input::Reset,            State::Closed},
      {State::HalfOpen, Input::Reset,            State::Closed},
  };
  // clang-format on
  using Row = Transition<State, Input>;

  Breaker() = default;
  Breaker(BreakerState state, Instant until, std::vector<Instant> attempts);

  /// When budget and breaker allow the next attempt; empty: not before until(), or never if the budget is 0.
  /// Changes Closed to Open when the budget is used up.
  std::optional<Instant> permit(const Policy& policy, Instant now);
  void count_attempt(Instant now);
  // Each gives the row of the table that it took.
  /// `in_vain`: so many attempts in a row did not help, this one included.
  Row attempt_failed(const Policy& policy, Instant now, unsigned in_vain);
  Row attempt_recovered();
  Row reset();
  /// Changes Open to HalfOpen at until(); empty: the state did not change.
  std::optional<Row> advance(Instant now);

  BreakerState state() const { return state_; }
  Instant until() const { return until_; }
  unsigned attempts_in_window(const Policy& policy, Instant now) const;
  std::optional<Instant> last_attempt() const;
  const std::vector<Instant>& attempts() const { return attempts_; }

 private:
  /// At most eight times the configured length.
  static constexpr unsigned most_doublings = 3;

  /// Changes the state.
  void go(Input input, State next);
  std::optional<Row> advance(Input input, Instant now);
  void forget_before(const Policy& policy, Instant now);

  BreakerState state_ = BreakerState::Closed;
  Instant until_{};
  std::vector<Instant> attempts_;  ///< those within the window and always the newest, oldest first
};

}  // namespace healer
