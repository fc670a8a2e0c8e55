#pragma once

#include <optional>

#include "model/policy.hpp"

namespace healer {

/// The step of the ladder that applies now.
struct LadderStep {
  unsigned index = 0;
  RemedyStep step;  ///< what is done: of an exited container a restart is a start
  bool skipped_restarts = false;
};

/// Restarts in a row that did not help, after which another step is taken. HEALING.md 4, efficacy.
inline constexpr unsigned ineffective_restarts_enough = 5;

/// Finds the step for an attempt, from `step` (failed attempts of this incident, and steps skipped) on. The
/// last step repeats; steps that cannot be applied to the container as it is are passed over:
///
///   step     | it runs         | it has exited
///   ---------+-----------------+----------------
///   restart  | restart         | start
///   start    | passed over     | start
///   kill     | the signal      | start
///   exec     | the command     | start
///   recreate | recreate        | recreate
///   webhook  | the call        | the call
///   stop     | stop            | nothing is done
///   none     | nothing is done | nothing is done
///
/// With `ineffective_restarts` at the limit, steps that (re)start are passed over when another kind follows.
/// Nothing: there is none to take, or it is `none`.
std::optional<LadderStep> choose_step(const Policy& policy, unsigned ladder_step, bool exited,
                                      unsigned ineffective_restarts);

/// Whether an attempt of this kind counts as a restart for its efficacy.
bool is_restart(RemedyKind kind);

/// Whether the container goes on in the instance it had: there is no start to wait for.
bool keeps_instance(RemedyKind kind);

}  // namespace healer
