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
  Ours,      ///< a remedy of healer ended it
  Operator,  ///< an operator stopped it: healer leaves it alone until an operator starts it
  Crash,     ///< it ended by itself
  OutOfMemory,
  Completed,  ///< exit code 0: its job is done
  JobFailed,  ///< a job ended with another code: its exit is final, too
  Unseen,     ///< nobody saw why: the engine forgot the events
};

/// The reports of the event stream about the present instance, kept until its exit is judged. The judgement
/// does not depend on their order: a stop may be reported before or after the exit that it causes.
///
/// Events may arrive before the inspect of their instance, so their time says which instance they are about:
/// a new instance forgets events from before its start and keeps the rest.
class ExitEvidence {
 public:
  /// Adds one event. A repeated event that was forgotten before stays forgotten. True: it is newer than all
  /// events before it.
  bool observe(const EngineEvent& event);
  /// The instance was started at this time of the engine's clock.
  void note_start(std::int64_t unix_nanoseconds) {
    started_ = std::max(started_.value_or(unix_nanoseconds), unix_nanoseconds);
  }
  /// Forgets the events from before this time of the engine's clock: they are about an earlier instance.
  void forget_before(std::int64_t unix_nanoseconds);
  /// Forgets all events so far.
  void forget_seen() { forget_before(newest_ + 1); }

  std::int64_t newest() const { return newest_; }  ///< the engine's clock, Unix nanoseconds
  bool died() const { return died_.has_value(); }
  bool operator_acted() const { return stop_requested_.has_value(); }
  /// By the events, an operator stopped the container, and it was not started since.
  bool stays_stopped() const { return died_ && operator_acted() && !(started_ && *started_ >= *died_); }
  std::optional<int> exit_code() const { return end_ ? std::optional<int>(end_->exit_code) : std::nullopt; }

  /// Why the process ended. For an exit that an inspect has confirmed and that healer did not cause.
  ExitKind judge(const Container& facts) const;

 private:
  using Nanoseconds = std::optional<std::int64_t>;
  std::int64_t newest_ = 0;
  std::int64_t floor_ = 0;  ///< events before this time are not this instance's
  Nanoseconds died_;
  Nanoseconds stop_requested_;
  Nanoseconds started_;
  std::optional<Ended> end_;  ///< as reported at died_
};

/// The judgement without events, for an exit while healer was not running. An exit code that a stop may leave
/// (0, 130, 137, 143) counts as an operator's stop, any other code as a crash. HEALING.md, promise 1.
ExitKind judge_unseen_exit(const Container& facts);

/// Whether a process with this exit code had no time to shut down cleanly: killed, crashed, out of memory.
/// The exit codes of a graceful stop (0, 130, 143) are a clean end.
bool is_unclean(int exit_code);

/// Whether the engine's restart policy starts the container again, so that healer does not. HEALING.md 3.
bool engine_restarts(const Container& facts);

}  // namespace healer
