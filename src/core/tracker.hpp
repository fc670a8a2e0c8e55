#pragma once

#include <cstdint>

#include "model/policy.hpp"
#include "model/probe.hpp"

namespace healer {

/// Health of one instance, from the outcomes of its probes. HEALING.md 2; the state does not move below a
/// threshold (kubelet), a transition is a value with a pending state (Envoy), unknown moves nothing.
///
///   state     | outcome                                   | next      | transition
///   ----------+-------------------------------------------+-----------+--------------------------------
///   Fresh     | pass, the needed one in a row, window met | Healthy   | BecameHealthy
///   Fresh     | pass, otherwise                           | Fresh     | Pending
///   Fresh     | fail in the start period                  | Fresh     | Unchanged (not counted)
///   Fresh     | fail, threshold-th in a row, or window    | Unhealthy | BecameUnhealthy
///   Fresh     | fail, fewer                               | Fresh     | Pending
///   Healthy   | pass                                      | Healthy   | Unchanged
///   Healthy   | fail, threshold-th in a row, or window    | Unhealthy | BecameUnhealthy
///   Healthy   | fail, fewer                               | Healthy   | Pending
///   Unhealthy | pass, the needed one in a row, window met | Healthy   | BecameHealthy
///   Unhealthy | pass, otherwise                           | Unhealthy | Pending
///   Unhealthy | fail                                      | Unhealthy | Unchanged (the window notes it)
///   any       | unknown                                   | same      | Unchanged
///
/// The window (`healer.window=m/n`), where there is one: m failures of this instance among the last n
/// outcomes make it unhealthy as well, whatever passed between them; and it is healthy again only when fewer
/// than m of the last n failed, those of the runs before counted in as long as an incident lasts. So "healthy
/// for five seconds after each restart" is never a recovery: the failures before the restart stand against
/// it, until as many passes as the window is long have pushed them out. They do not condemn the new instance:
/// what makes it unhealthy is its own. Failures in the start period are in no window.
class Tracker {
 public:
  enum class State { Fresh, Healthy, Unhealthy };
  enum class Transition { Unchanged, Pending, BecameHealthy, BecameUnhealthy };

  struct Thresholds {
    unsigned failures = 3;
    unsigned passes = 2;
    FailureWindow window{0, 0};  ///< failures 0: only those in a row count; `of` at most 64
  };

  /// A new instance. `after_incident`: an incident is open, so one pass is not enough, and the window goes
  /// on.
  void begin_instance(bool after_incident);
  Transition observe(Outcome outcome, bool in_start_period, const Thresholds& thresholds);
  /// A verdict whose thresholds were already applied elsewhere (the engine's HEALTHCHECK, an exit).
  Transition settle(bool healthy);

  State state() const { return state_; }
  unsigned failures() const { return failures_; }
  unsigned passes() const { return passes_; }
  bool passed_once() const { return passed_once_; }
  /// Something is about to be decided: ask faster.
  bool pending() const;
  /// Failures of this instance among the last `length` outcomes.
  unsigned failures_of_instance(unsigned length) const;
  /// Failures among the last `length` outcomes, runs before included while an incident lasts.
  unsigned failures_in(unsigned length) const;

 private:
  void note(bool failed);

  State state_ = State::Fresh;
  unsigned failures_ = 0;
  unsigned passes_ = 0;
  std::uint64_t failed_ = 0;  ///< the last 64 outcomes: bit 0 is the newest, set when it failed
  unsigned of_instance_ = 0;  ///< how many of those are this instance's
  bool passed_once_ = false;
  bool after_incident_ = false;
};

}  // namespace healer
