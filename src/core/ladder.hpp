#pragma once

#include <optional>

#include "model/policy.hpp"

namespace healer {

/// The step of the ladder that applies now.
struct LadderStep {
  unsigned index = 0;
  RemedyStep step;  ///< what is done; for an exited container, a restart becomes a start
  bool skipped_restarts = false;
};

/// After this many ineffective restarts in a row another step is taken. HEALING.md 4, efficacy.
inline constexpr unsigned ineffective_restarts_enough = 5;

/// Finds the step for an attempt, from `ladder_step` (failed attempts of this incident plus steps skipped)
/// on. The last step repeats. Steps that cannot be applied to the container in its state are passed over:
///
///   step     | running         | exited
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
/// With `ineffective_restarts` at the limit, restarts and starts are passed over if a step of another kind
/// follows. Empty: there is no step to take, or the step is `none`.
std::optional<LadderStep> choose_step(const Policy& policy, unsigned ladder_step, bool exited,
                                      unsigned ineffective_restarts);

/// Whether an attempt of this kind counts as a restart in ineffective_restarts.
bool is_restart(RemedyKind kind);

/// Whether the container stays the same instance, so that there is no start to wait for.
bool keeps_instance(RemedyKind kind);

}  // namespace healer
