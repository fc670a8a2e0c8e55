#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// The restart budget of one workload and its breaker. HEALING.md 4; systemd's start limit is the model,
/// but the budget is on disk, so restarting healer refills nothing.
///
///   state    | input                             | next
///   ---------+-----------------------------------+---------------------------
///   Closed   | wants an attempt, budget left     | Closed, allowed
///   Closed   | wants an attempt, budget used up  | Open until now + open_for
///   any      | wants an attempt, the budget is 0 | same, never allowed
///   Open     | time is up                        | HalfOpen
///   HalfOpen | wants an attempt, window has room | HalfOpen, allowed once
///   HalfOpen | that attempt did not help         | Open until now + open_for
///   HalfOpen | that attempt recovered            | Closed
///   any      | reset by an operator              | Closed, attempts forgotten
class Breaker {
 public:
  Breaker() = default;
  Breaker(BreakerState state, Instant until, std::vector<Instant> attempts);

  /// When the next attempt may be made, as far as budget and breaker go; nothing: not before `until()`.
  /// Moves Closed to Open when the budget is used up.
  std::optional<Instant> permit(const Policy& policy, Instant now);
  void count_attempt(Instant now);
  void attempt_failed(const Policy& policy, Instant now);
  void attempt_recovered();
  void reset();
  /// Open -> HalfOpen when its time is up; true when it moved.
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
  std::vector<Instant> attempts_;  ///< oldest first, those within the window
};

}  // namespace healer
