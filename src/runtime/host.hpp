#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace healer {

/// What the runtime needs from its machine: the time, one alarm, and calls on the loop. Real in the daemon,
/// virtual in a simulator.
class Host {
 public:
  virtual ~Host() = default;
  /// The present time on the core's timeline.
  virtual Instant now() = 0;
  /// The wall clock, for operators.
  virtual WallTime wall() = 0;
  /// Sets the function that the alarm calls.
  virtual void on_alarm(std::function<void()> work) = 0;
  /// Sets the alarm: one call at this instant. Replaces an earlier alarm.
  virtual void set_alarm(Instant at) = 0;
  /// Calls `work` soon, never before post() returns.
  virtual void post(std::function<void()> work) = 0;
  /// The networks that this process reaches without a router, as "10.1.0.0/16"; empty: not known.
  virtual std::vector<std::string> connected_networks() { return {}; }
};

}  // namespace healer
