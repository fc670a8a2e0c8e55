#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// The attempt budget of one workload and its circuit breaker. HEALING.md 4. Similar to systemd's start
/// limit, but the budget is on disk, so a restart of healer refills nothing.
///
///   state    | input                             | next
///   ---------+-----------------------------------+---------------------------
///   Closed   | permit(), budget left             | Closed, allowed
///   Closed   | permit(), budget used up          | Open until now + open_for
///   any      | permit(), the budget is 0         | same, never allowed
///   Open     | until() is reached                | HalfOpen
///   HalfOpen | permit(), window has room         | HalfOpen, allowed once
///   HalfOpen | that attempt failed               | Open until now + open_for
///   HalfOpen | that attempt recovered            | Closed
///   any      | reset by an operator              | Closed, attempts forgotten
class Breaker {
 public:
  Breaker() = default;
  Breaker(BreakerState state, Instant until, std::vector<Instant> attempts);

  /// When budget and breaker allow the next attempt; empty: not before until(), or never if the budget is 0.
  /// Changes Closed to Open when the budget is used up.
  std::optional<Instant> permit(const Policy& policy, Instant now);
  void count_attempt(Instant now);
  void attempt_failed(const Policy& policy, Instant now);
  void attempt_recovered();
  void reset();
  /// Changes Open to HalfOpen at until(); true if the state changed.
  bool advance(Instant now);

  BreakerState state() const { return state_; }
  Instant until() const { return until_; }
  unsigned attempts_in_window(const Policy& policy, Instant now) const;
  std::optional<Instant> last_attempt() const;
  const std::vector<Instant>& attempts() const { return attempts_; }

 private:
  void forget_before(const Policy& policy, Instant now);

  BreakerState state_ = BreakerState::Closed;
  Instant until_{};
  std::vector<Instant> attempts_;  ///< those within the window and always the newest, oldest first
};

}  // namespace healer
