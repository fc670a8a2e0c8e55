#pragma once

#include "model/probe.hpp"

namespace healer {

/// Health of one run, from the outcomes of its probes. HEALING.md 2; the state does not move below a
/// threshold (kubelet), a transition is a value with a pending state (Envoy), unknown moves nothing.
///
///   state   | outcome                         | next  | transition
///   --------+---------------------------------+-------+-----------------------------
///   Fresh   | pass, the needed one in a row   | Well  | BecameWell
///   Fresh   | pass, fewer                     | Fresh | Pending
///   Fresh   | fail in the start grace         | Fresh | Unchanged (not counted)
///   Fresh   | fail, threshold-th in a row     | Ill   | BecameIll
///   Fresh   | fail, fewer                     | Fresh | Pending
///   Well    | pass                            | Well  | Unchanged
///   Well    | fail, fewer / threshold-th      | Well / Ill | Pending / BecameIll
///   Ill     | pass, fewer / the needed one    | Ill / Well | Pending / BecameWell
///   Ill     | fail                            | Ill   | Unchanged
///   any     | unknown                         | same  | Unchanged
class Tracker {
 public:
  enum class State { Fresh, Well, Ill };
  enum class Transition { Unchanged, Pending, BecameWell, BecameIll };

  struct Thresholds {
    unsigned failures = 3;
    unsigned passes = 2;
  };

  /// A new run. `after_illness`: an incident is open, so one pass is not enough.
  void begin_run(bool after_illness);
  Transition observe(Outcome outcome, bool in_grace, const Thresholds& thresholds);
  /// A verdict whose thresholds were already applied elsewhere (the engine's HEALTHCHECK, an exit).
  Transition settle(bool well);

  State state() const { return state_; }
  unsigned failures() const { return failures_; }
  unsigned passes() const { return passes_; }
  bool passed_once() const { return passed_once_; }
  /// Something is about to be decided: ask faster.
  bool pending() const;

 private:
  State state_ = State::Fresh;
  unsigned failures_ = 0;
  unsigned passes_ = 0;
  bool passed_once_ = false;
  bool after_illness_ = false;
};

}  // namespace healer
