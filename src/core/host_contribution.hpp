#pragma once

#include "base/time.hpp"
#include "core/workload.hpp"

namespace healer {

// How a workload stands for the others: as a dependency, in the count of a mass failure, and among
// the remedies under way. HEALING.md 5.

/// Why it cannot be built upon now, for operators ("is unhealthy", "is starting"); null: nothing is known
/// against it. What cannot be checked is no reason: only what is known is.
const char* not_ready_reason(const Workload& workload, Instant now);

/// Runs, or should: those a mass failure is counted among. Not what an operator stopped or paused.
bool counts_among(const Workload& workload);

/// Its cause is known, and not one it shares with those that merely fail at the same time: it went down with
/// the engine, or lost the network it shares.
bool cause_is_elsewhere(const Workload& workload);

/// Counted as failing in a mass failure; see mass_guard.hpp.
bool counts_as_failing(const Workload& workload);

/// A remedy is under way, from the gathering of evidence to the end of its verification.
bool in_remedy(const Workload& workload);

}  // namespace healer
