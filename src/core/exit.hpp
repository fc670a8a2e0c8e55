#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"

namespace healer {

/// Why a process ended. HEALING.md 3.
enum class ExitKind {
  Ours,      ///< a remedy of ours ended it
  Operator,  ///< an operator stopped it: hands off until an operator starts it
  Crash,     ///< by itself
  OutOfMemory,
  Completed,  ///< ended with 0 under restart policy on-failure: that is its job done
};

/// What the event stream reports about the present instance, gathered until its exit is judged. Decides on
/// facts, not on their order: a stop may be reported before or after the exit that it causes.
///
/// Events may reach us before the facts of the instance they are about, so they are distinguished by their
/// time: a new instance forgets what is older than its start and keeps the rest.
class ExitEvidence {
 public:
  /// Feeds one event; what was forgotten before is not learned again from a repetition. True when it is
  /// newer than all that was seen.
  bool observe(const EngineEvent& event);
  /// It was started at this instant of the engine's clock.
  void note_start(std::int64_t unix_nanoseconds) {
    started_ = std::max(started_.value_or(unix_nanoseconds), unix_nanoseconds);
  }
  /// Forgets what happened before this instant of the engine's clock: another instance's.
  void forget_before(std::int64_t unix_nanoseconds);
  /// Forgets all that was seen so far.
  void forget_seen() { forget_before(newest_ + 1); }

  std::int64_t newest() const { return newest_; }  ///< the engine's clock, Unix nanoseconds
  bool died() const { return died_.has_value(); }
  bool operator_acted() const { return stop_requested_.has_value(); }
  /// An operator stopped it, and it was not started since, as far as was heard.
  bool stays_stopped() const { return died_ && operator_acted() && !(started_ && *started_ >= *died_); }
  std::optional<int> exit_code() const { return end_ ? std::optional<int>(end_->exit_code) : std::nullopt; }

  /// The judgement once the exit is a fact, of an exit that was not ours.
  ExitKind judge(const Container& facts) const;

 private:
  using Nanoseconds = std::optional<std::int64_t>;
  std::int64_t newest_ = 0;
  std::int64_t floor_ = 0;  ///< older ones are not this instance's
  Nanoseconds died_;
  Nanoseconds stop_requested_;
  Nanoseconds started_;
  std::optional<Ended> end_;  ///< as reported at died_
};

/// The judgement without events: healer was not there when it ended. Only what cannot be a stop counts as
/// a crash; a code that a stop also leaves behind (0, 130, 137, 143) means hands off. HEALING.md, promise 1.
ExitKind judge_unseen_exit(const Container& facts);

/// Whether a process that ended so had no time to put its house in order: killed, crashed, out of memory.
/// What a stop leaves behind (0, 130, 143) is a clean end.
bool is_unclean(int exit_code);

/// Whether the engine's own restart policy starts it again, so that it is left to the engine. HEALING.md 3.
bool engine_restarts(const Container& facts);

}  // namespace healer
