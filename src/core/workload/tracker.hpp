#pragma once

#include <cstdint>

#include "model/policy.hpp"
#include "model/probe.hpp"

namespace healer {

/// Health of one instance, from the outcomes of its checks. HEALING.md 2. The state does not change below a
/// threshold (kubelet); a transition may be pending (Envoy); unknown changes nothing.
///
///   state     | outcome                                   | next      | transition
///   ----------+-------------------------------------------+-----------+--------------------------------
///   Fresh     | pass, enough in a row, and window met     | Healthy   | BecameHealthy
///   Fresh     | pass, otherwise                           | Fresh     | Pending
///   Fresh     | fail in the start period                  | Fresh     | Unchanged (not counted)
///   Fresh     | fail, threshold or window reached         | Unhealthy | BecameUnhealthy
///   Fresh     | fail, otherwise                           | Fresh     | Pending
///   Healthy   | pass                                      | Healthy   | Unchanged
///   Healthy   | fail, threshold or window reached         | Unhealthy | BecameUnhealthy
///   Healthy   | fail, otherwise                           | Healthy   | Pending
///   Unhealthy | pass, enough in a row, and window met     | Healthy   | BecameHealthy
///   Unhealthy | pass, otherwise                           | Unhealthy | Pending
///   Unhealthy | fail                                      | Unhealthy | Unchanged (counts in the window)
///   any       | unknown                                   | same      | Unchanged
///
/// With a window (`healer.window=m/n`), m failures of this instance among the last n outcomes also make it
/// unhealthy. It becomes healthy only when fewer than m of the last n outcomes failed; while an incident is
/// open, the outcomes of earlier instances count here, too. So a target that is healthy for five seconds
/// after each restart never recovers: the failures before the restart count until enough passes have pushed
/// them out of the window. Failures of earlier instances never make the new instance unhealthy. Failures in
/// the start period are in no window.
class Tracker {
 public:
  enum class State { Fresh, Healthy, Unhealthy };
  enum class Transition { Unchanged, Pending, BecameHealthy, BecameUnhealthy };

  struct Thresholds {
    unsigned failures = 3;
    unsigned passes = 2;
    FailureWindow window{0, 0};  ///< failures 0: no window; `of` at most 64
  };

  /// Begins a new instance. `after_incident`: an incident is open, so one pass is not enough, and the window
  /// continues.
  void begin_instance(bool after_incident);
  Transition observe(Outcome outcome, bool in_start_period, const Thresholds& thresholds);
  /// Takes a verdict whose thresholds were applied elsewhere (the engine's HEALTHCHECK, an exit).
  Transition settle(bool healthy);

  State state() const { return state_; }
  unsigned failures() const { return failures_; }
  unsigned passes() const { return passes_; }
  bool passed_once() const { return passed_once_; }
  /// A verdict is pending, so checks use the fast interval.
  bool pending() const;
  /// Failures of this instance among the last `length` outcomes.
  unsigned failures_of_instance(unsigned length) const;
  /// Failures among the last `length` outcomes, with earlier instances while an incident is open.
  unsigned failures_in(unsigned length) const;

 private:
  void note(bool failed);

  State state_ = State::Fresh;
  unsigned failures_ = 0;
  unsigned passes_ = 0;
  std::uint64_t failed_ = 0;  ///< the last 64 outcomes: bit 0 is the newest; 1: failed
  unsigned of_instance_ = 0;  ///< how many of these outcomes are of this instance
  bool passed_once_ = false;
  bool after_incident_ = false;
};

/// The policy's thresholds.
Tracker::Thresholds thresholds(const Policy& policy);

}  // namespace healer
