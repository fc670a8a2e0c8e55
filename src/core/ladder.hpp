#pragma once

#include <optional>

#include "model/policy.hpp"

namespace healer {

/// The rung of the ladder that applies now.
struct Rung {
  unsigned index = 0;
  RemedyStep step;  ///< what is done: of an exited container a restart is a start
  bool skipped_restarts = false;
};

/// Restarts in a row that cured nothing, after which another rung is taken. HEALING.md 4, efficacy.
inline constexpr unsigned futile_restarts_enough = 5;

/// Finds the rung for an attempt, from `rung` (failed attempts of this incident, and rungs skipped) on. The
/// last rung repeats; rungs that cannot be applied to the container as it is are passed over:
///
///   rung      | it runs                | it has exited
///   ----------+------------------------+------------------
///   restart   | restart                | start
///   start     | passed over            | start
///   kill      | the signal             | start
///   exec      | the command            | start
///   recreate  | recreate               | recreate
///   webhook   | the call               | the call
///   stop      | stop                   | nothing is done
///   none      | nothing is done        | nothing is done
///
/// With `futile_restarts` at the limit, rungs that (re)start are passed over when another kind follows.
/// Nothing: there is none to take, or it is `none`.
std::optional<Rung> choose_rung(const Policy& policy, unsigned rung, bool exited, unsigned futile_restarts);

/// Whether an attempt of this kind counts as a restart for its efficacy.
bool is_restart(RemedyKind kind);

/// Whether the container goes on in the run it had: there is no start to wait for.
bool keeps_run(RemedyKind kind);

}  // namespace healer
