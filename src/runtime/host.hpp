#pragma once

#include <functional>

#include "base/time.hpp"

namespace healer {

/// What the runtime needs of the machine it runs on: time, one alarm, a way to go on later.
/// The daemon gives it the real ones, a simulator virtual ones.
class Host {
 public:
  virtual ~Host() = default;
  /// The present on the core's timeline.
  virtual Instant now() = 0;
  /// The wall clock, for operators.
  virtual WallTime wall() = 0;
  /// What the alarm calls.
  virtual void on_alarm(std::function<void()> work) = 0;
  /// Calls that once at this instant, which replaces the one set before.
  virtual void set_alarm(Instant at) = 0;
  /// Calls `work` soon, never from inside.
  virtual void post(std::function<void()> work) = 0;
};

}  // namespace healer
