#pragma once

#include <cstdint>

#include "core/workload/transition.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"

namespace healer {

/// Health of one instance, from the outcomes of its checks. HEALING.md 2. The state does not change below a
/// threshold (kubelet); a transition may be pending (Envoy); unknown changes nothing. Each input gives the
/// row of the table that it took.
///
/// With a window (`healer.window=m/n`), m failures of this instance among the last n outcomes also make it
/// unhealthy. It becomes healthy only when fewer than m of the last n outcomes failed; while an incident is
/// open, the outcomes of earlier instances count here, too. So a target that is healthy for five seconds
/// after each restart never recovers: the failures before the restart count until enough passes have pushed
/// them out of the window. Failures of earlier instances never make the new instance unhealthy. Failures in
/// the start period are in no window.
class Tracker {
 public:
  // clang-format off
  static constexpr const char* name = "health";
  enum class State : std::uint8_t { Fresh, Healthy, Unhealthy };
  /// PassedEnough: enough in a row, and the window is met. FailedEnough: by threshold or window.
  enum class Input : std::uint8_t {
    PassedEnough, PassedTooFew, FailedEnough, FailedTooFew, FailedInStartPeriod, Unknown,
    KnownHealthy, KnownUnhealthy,  // the thresholds were applied elsewhere
    InstanceBegins,
  };
  static constexpr Transition<State, Input> table[] = {
      {State::Fresh,     Input::PassedEnough,        State::Healthy},
      {State::Fresh,     Input::PassedTooFew,        State::Fresh},      // pending
      {State::Fresh,     Input::FailedEnough,        State::Unhealthy},
      {State::Fresh,     Input::FailedTooFew,        State::Fresh},      // pending
      {State::Fresh,     Input::FailedInStartPeriod, State::Fresh},      // not counted
      {State::Fresh,     Input::Unknown,             State::Fresh},
      {State::Fresh,     Input::KnownHealthy,        State::Healthy},
      {State::Fresh,     Input::KnownUnhealthy,      State::Unhealthy},
      {State::Fresh,     Input::InstanceBegins,      State::Fresh},
      {State::Healthy,   Input::PassedEnough,        State::Healthy},
      {State::Healthy,   Input::FailedEnough,        State::Unhealthy},
      {State::Healthy,   Input::FailedTooFew,        State::Healthy},    // pending
      {State::Healthy,   Input::Unknown,             State::Healthy},
      {State::Healthy,   Input::KnownHealthy,        State::Healthy},
      {State::Healthy,   Input::KnownUnhealthy,      State::Unhealthy},
      {State::Healthy,   Input::InstanceBegins,      State::Fresh},
      {State::Unhealthy, Input::PassedEnough,        State::Healthy},
      {State::Unhealthy, Input::PassedTooFew,        State::Unhealthy},  // pending
      {State::Unhealthy, Input::FailedEnough,        State::Unhealthy},  // counts in the window
      {State::Unhealthy, Input::FailedInStartPeriod, State::Unhealthy},  // unhealthy by KnownUnhealthy; not counted
      {State::Unhealthy, Input::Unknown,             State::Unhealthy},
      {State::Unhealthy, Input::KnownHealthy,        State::Healthy},
      {State::Unhealthy, Input::KnownUnhealthy,      State::Unhealthy},
      {State::Unhealthy, Input::InstanceBegins,      State::Fresh},
  };
  // clang-format on
  using Row = Transition<State, Input>;

  /// Whether the failures in a row span enough time: a reload or a garbage collection is no outage.
  enum class Streak : std::uint8_t { LongEnough, TooShort };

  struct Thresholds {
    unsigned failures = 3;
    unsigned passes = 2;
    FailureWindow window{0, 0};  ///< failures 0: no window; `of` at most 64
    Streak streak = Streak::LongEnough;
  };

  /// Begins a new instance. `after_incident`: an incident is open, so one pass is not enough, and the window
  /// continues.
  Row begin_instance(bool after_incident);
  Row observe(Outcome outcome, bool in_start_period, const Thresholds& thresholds);
  /// After begin_instance(): a former process saw so many failures in a row, too few for a verdict.
  Row continue_streak(unsigned failures);
  /// Takes a verdict whose thresholds were applied elsewhere (the engine's HEALTHCHECK, an exit).
  Row settle(bool healthy);

  State state() const { return state_; }
  unsigned failures() const { return failures_; }
  unsigned passes() const { return passes_; }
  bool passed_once() const { return passed_once_; }
  /// The failures so far say nothing any more, for example because healer itself stood still.
  void forget_failures();
  /// A verdict is pending, so checks use the fast interval.
  bool pending() const;
  /// Failures of this instance among the last `length` outcomes.
  unsigned failures_of_instance(unsigned length) const;
  /// Failures among the last `length` outcomes, with earlier instances while an incident is open.
  unsigned failures_in(unsigned length) const;

 private:
  Row go(Input input, State next);
  void became_healthy();
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
