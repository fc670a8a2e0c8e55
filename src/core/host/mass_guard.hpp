#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "model/fact.hpp"
#include "model/policy.hpp"

namespace healer {

/// Too many unhealthy workloads at once probably have one cause: hold remedies, then try one. HEALING.md 5.
/// This class has the phases and their times; HostController counts the workloads, MassFailure notifies
/// operators.
///
///   phase   | input                              | next    | what follows
///   --------+------------------------------------+---------+-----------------------------------------------
///   Off     | more than mass_share fails, and at | Holding | no remedies for `mass_hold`
///           | least mass_least                   |         |
///   Off     | fewer, but many began to fail      | Canary  | one remedy at a time
///           | together                           |         |
///   Canary  | after that, before any remedy      | Holding | no remedies for `mass_hold`
///           | ended: more than mass_share fails  |         |
///   Holding | time is up                         | Canary  | one remedy at a time
///   Canary  | fewer in remedy than the batch     | Canary  | one more remedy may begin, of roots only
///   Canary  | a batch of remedies has recovered  | Canary  | twice as many remedies at a time
///           | the same, and many began to fail   | Canary  | all that are left at once
///           | together while others are healthy  |         |
///   Canary  | a remedy did not help              | Backoff | hold twice as long as before, at most
///           |                                    |         | `mass_hold_max`; the first time, operators are
///           |                                    |         | notified that a restart does not help
///   Backoff | time is up                         | Canary  | one remedy at a time again
///   any     | not too many failing for 15 s      | Off     |
///   Off     | too many again within `mass_hold`  | the one | a mass failure that comes and goes, as in a
///           |                                    | before  | crash loop, continues: holds and failures count
///   (start) | one was open, from disk            | Holding | not Off before `mass_hold` has passed
///
/// Failing: the latest result was a failure that counts, or the container exited by itself, or a remedy is
/// under way and not yet verified. The share is of the workloads that run or crashed. Not counted: workloads
/// that an operator stopped or paused, that went down with the engine, or that only lost the network that
/// they share.
class MassGuard {
 public:
  using Phase = fact::MassPhase;
  /// How a mass failure shows.
  enum class Spread {
    None,
    Share,     ///< too large a share fails
    Together,  ///< many began to fail together while others are healthy
  };
  enum class Change {
    None,
    Began,         ///< Off -> Holding or Canary, Canary -> Holding, or the phase of one that came back
    Trying,        ///< -> Canary
    Widened,       ///< the batch doubled
    NotRecovered,  ///< -> Backoff
    Over,          ///< -> Off
  };

  MassGuard() = default;
  /// Continues a mass failure that an earlier process notified operators of and that was not over.
  static MassGuard restored(const HostPolicy& policy, Instant since, Instant now);

  /// Takes the present counts; to be called also at deadline(). `began`: Together if many of the failures
  /// began together.
  Change update(std::size_t failing, std::size_t among, Instant now, const HostPolicy& policy,
                Spread began = Spread::None);
  /// A remedy of any workload has ended.
  Change remedy_ended(bool recovered, Instant now, const HostPolicy& policy);

  bool on() const { return phase_ != Phase::Off; }
  Phase phase() const { return phase_; }
  /// How many more remedies may begin while `in_remedy` are under way. Unlimited when off.
  std::size_t room(std::size_t in_remedy) const;
  /// When update() must be called again; empty: no time.
  std::optional<Instant> deadline() const;
  Instant since() const { return since_; }
  std::size_t batch() const { return batch_; }
  std::size_t failing() const { return failing_; }
  std::size_t among() const { return among_; }
  /// Number of failed canaries in this mass failure.
  unsigned failures() const { return failures_; }
  /// Phase, counts, and how long the remedies are still on hold.
  fact::MassFailure fact(Instant now) const;

 private:
  /// The count must stay low this long: it drops for a moment while a container is between two crashes.
  static constexpr Duration calm = 15s;

  Spread spread(const HostPolicy& policy, Spread began) const;
  Change begin(Spread spread, Instant now, const HostPolicy& policy);
  void hold(Phase phase, Duration length, Instant now);

  Phase phase_ = Phase::Off;
  Spread spread_ = Spread::None;  ///< how it shows, or showed at its beginning
  Instant since_{};
  Instant until_{};   ///< end of Holding and Backoff
  Duration hold_{0};  ///< length of the last Holding or Backoff
  std::size_t batch_ = 1;
  std::size_t recovered_ = 0;  ///< recovered canaries of the batch
  std::size_t failing_ = 0;
  std::size_t among_ = 0;
  unsigned failures_ = 0;
  std::optional<Instant> not_over_before_;
  std::optional<Instant> calm_since_;  ///< since when not too many fail, while on
  Phase left_ = Phase::Off;            ///< the phase when the last mass failure was over
  Instant over_at_{};
};

}  // namespace healer
