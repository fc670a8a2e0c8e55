#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// What the runtime tells those who watch the watcher: the log and the metrics.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void log(const LogLine& line) = 0;
  virtual void count(const Metric& metric) = 0;
  /// `lag` from the engine's time of the event to now; negative when the clocks differ.
  virtual void engine_event(EngineEventKind kind, Duration lag) = 0;
  virtual void loop_lag(Duration lag) = 0;
  virtual void store_failed(const Error& error) = 0;
  /// Around each step of the core, with all that it depended on: for recordings and checks.
  virtual void step_begins(const Event& /*event*/, Instant /*now*/) {}
  virtual void step_ended(const Event& /*event*/, Instant /*now*/, const Effects& /*effects*/) {}
};

}  // namespace healer
