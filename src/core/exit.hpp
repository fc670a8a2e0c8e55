#pragma once

#include <optional>

#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"

namespace healer {

/// Why a process ended. HEALING.md 3.
enum class ExitKind {
  Ours,    ///< a remedy of ours ended it
  Person,  ///< a person stopped it: hands off until someone starts it
  Crash,   ///< by itself
  OutOfMemory,
  Completed,  ///< ended with 0 under restart policy on-failure: that is its job done
};

/// What the event stream said about the present run, gathered until its exit is judged. Decides on
/// facts, not on order: engines report `stop` before or after `die`, but the kill that ends a process
/// always comes before its `die` (Docker), so a `die` without one is a crash.
class ExitEvidence {
 public:
  /// Feeds one event of the present run (older ones were dropped by their time).
  void observe(const EngineEvent& event);
  bool died() const { return died_; }
  bool person_acted() const { return killed_ || stopped_; }
  std::optional<int> exit_code() const { return exit_code_; }

  /// The judgement once the exit is a fact. `ours`: a remedy of ours was under way on this run.
  ExitKind judge(bool ours, const Container& facts) const;

 private:
  bool died_ = false;
  bool killed_ = false;
  bool stopped_ = false;
  bool oom_ = false;
  std::optional<int> exit_code_;
};

/// The judgement without events: healer was not there when it ended. Only what cannot be a stop counts as
/// a crash; a code that a stop also leaves behind (0, 130, 137, 143) means hands off. HEALING.md, promise 1.
ExitKind judge_unseen_exit(const Container& facts);

/// Whether the engine's own restart policy starts it again, so that it is left to the engine. HEALING.md 3.
bool engine_restarts(const Container& facts);

}  // namespace healer
