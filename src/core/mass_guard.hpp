#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "model/policy.hpp"

namespace healer {

/// When too much is unhealthy at once, the cause is not in each of them: hold, then try one. HEALING.md 5.
/// It counts and times; who fails, and notifications, is the supervisor's business.
///
///   phase   | input                              | next    | what follows
///   --------+------------------------------------+---------+-----------------------------------------------
///   Off     | more than the share fails, and at  | Holding | nothing is ordered for `mass_hold`
///           | least so many                      |         |
///   Holding | time is up                         | Canary  | one at a time
///   Canary  | fewer are in remedy than the batch | Canary  | one more may act, roots alone
///   Canary  | as many remedies as the batch      | Canary  | twice as many at a time
///   Canary  | a remedy did not help              | Backoff | hold twice as long as before, at most
///           |                                    |         | `mass_hold_max`; the first time it is said:
///           |                                    |         | a restart does not help here
///   Backoff | time is up                         | Canary  | one at a time again
///   any     | the share has not ailed for 15 s   | Off     |
///   Off     | the same again within `mass_hold`  | as it   | one that comes and goes, as with a crash loop,
///           |                                    | was     | is one: what had been held or tried counts
///   (start) | operators know of one (from disk)  | Holding | not left before everything was asked once
///
/// What fails: its latest answer was a failure that counts, or it ended by itself, or it is in remedy and not
/// yet verified. Among: what runs or crashed. Left out: what an operator stopped or paused, what went down
/// with the engine, and what only lost the network it shares.
class MassGuard {
 public:
  enum class Phase { Off, Holding, Canary, Backoff };
  enum class Change {
    None,
    Began,         ///< Off -> Holding
    Trying,        ///< -> Canary
    Widened,       ///< the batch doubled
    NotRecovered,  ///< -> Backoff
    Over,          ///< -> Off
  };

  MassGuard() = default;
  /// A former process notified operators of one that was not over when it ended.
  static MassGuard restored(const HostPolicy& policy, Instant since, Instant now);

  /// What is counted now; also to be called when deadline() is there.
  Change update(std::size_t failing, std::size_t among, Instant now, const HostPolicy& policy);
  /// A remedy ended, whoever it was ordered for.
  Change remedy_ended(bool recovered, Instant now, const HostPolicy& policy);

  bool on() const { return phase_ != Phase::Off; }
  Phase phase() const { return phase_; }
  /// How many more may begin, with so many in remedy now. Without a limit when off.
  std::size_t room(std::size_t in_remedy) const;
  /// When it wants to be looked at again.
  std::optional<Instant> deadline() const;
  Instant since() const { return since_; }
  std::size_t batch() const { return batch_; }
  std::size_t failing() const { return failing_; }
  std::size_t among() const { return among_; }
  /// So many canaries of this episode were not recovered.
  unsigned failures() const { return failures_; }
  /// For operators: "8 of 10 are unhealthy at once; remedies are on hold for 40s"; empty when off.
  std::string text(Instant now) const;
  /// Why one is held, in words that change with the phase alone.
  const char* reason() const;

 private:
  /// Fewer ail for a moment when one of them is between two falls.
  static constexpr Duration calm = 15s;

  bool too_many(const HostPolicy& policy) const;
  void hold(Phase phase, Duration length, Instant now);

  Phase phase_ = Phase::Off;
  Instant since_{};
  Instant until_{};   ///< Holding, Backoff
  Duration hold_{0};  ///< the length of the last one
  std::size_t batch_ = 1;
  std::size_t recovered_ = 0;  ///< of the batch
  std::size_t failing_ = 0;
  std::size_t among_ = 0;
  unsigned failures_ = 0;
  std::optional<Instant> not_over_before_;
  std::optional<Instant> calm_since_;  ///< on, and fewer ail
  Phase left_ = Phase::Off;            ///< where it was when the last one was over
  Instant over_at_{};
};

}  // namespace healer
