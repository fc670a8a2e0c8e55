#pragma once

#include <optional>

#include "base/time.hpp"
#include "core/host/mass_guard.hpp"
#include "core/workload/workload.hpp"

namespace healer {

// How a workload affects the others: as a dependency, in the count of a mass failure, and as a remedy under
// way. HEALING.md 5.

/// Why dependents must wait for this workload now. A workload that cannot be checked is no reason.
NotReady not_ready_reason(const Workload& workload, Instant now);

/// The workload runs or should run: a mass failure is a share of these workloads. False for a workload that
/// an operator stopped or paused.
bool counts_among(const Workload& workload);

/// The cause of the failure is known, so the workload does not count in a mass failure: it went down with the
/// engine, or lost the network that it shares.
bool cause_is_elsewhere(const Workload& workload);

/// Whether the workload counts as failing in a mass failure; see mass_guard.hpp.
bool counts_as_failing(const Workload& workload);

/// It fails, and a verified attempt of its open incident did not help.
bool tried_in_vain(const Workload& workload);

/// It passed a check after the mass failure had begun, in the instance that fails now: the common cause, if
/// there is one, did not make it fail. `good_at`: its newest check before it failed.
bool failed_apart(const Workload& workload, const MassGuard& mass, Instant good_at);

/// A remedy is under way, from the capture of evidence to the end of the verification.
bool in_remedy(const Workload& workload);

/// When its verification has lasted for HostPolicy::slot_limit: it leaves its place to another, for labels
/// may ask for a verification of hours. Empty: nothing is verified.
std::optional<Instant> slot_until(const Workload& workload, const HostPolicy& policy);

/// It is one of those that ConcurrencyLimiter counts: a remedy is under way, within slot_until(), and no
/// operator has paused it.
bool takes_slot(const Workload& workload, const HostPolicy& policy, Instant now);

}  // namespace healer
