#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// Receives what the runtime reports about itself: for the log, the metrics and recordings.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void log(const LogLine& line) = 0;
  virtual void count(const Metric& metric) = 0;
  /// `lag` from the engine's time of the event to now; negative when the clocks differ.
  virtual void engine_event(const EngineReport& report, Duration lag) = 0;
  virtual void loop_lag(Duration lag) = 0;
  virtual void store_failed(const Error& error) = 0;
  /// Called before and after each step of the core, with everything that the step depends on: for recordings
  /// and checks.
  virtual void step_begins(const Event& /*event*/, Instant /*now*/) {}
  virtual void step_ended(const Event& /*event*/, Instant /*now*/, const Effects& /*effects*/) {}
};

}  // namespace healer
