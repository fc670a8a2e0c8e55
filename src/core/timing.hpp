#pragma once

#include <span>

#include "base/time.hpp"
#include "model/policy.hpp"

namespace healer {

/// The delay until the next probe: the interval, or the fast interval while a verdict is pending or a
/// run is starting, with 10 % jitter (+-5 %, so that the mean stays what was asked for), never below
/// 10 ms. `draw` in [0, 1). HEALING.md 2.
Duration probe_delay(const Policy& policy, bool pending, double draw);

/// The first delay: at healer's own start spread over one interval, else none.
Duration first_probe_delay(const Policy& policy, bool daemon_start, double draw);

/// How long after its start failures of an instance do not count. Set, or learned: 120 s until a first start
/// has been seen to succeed, then 3 x the slowest of the last 10, at least one interval, at most 10 min.
/// HEALING.md 2.
Duration start_period_of(const Policy& policy, bool started_healthy_once, std::span<const Duration> starts);

/// The least time between attempt n and the next one: interval x 2^(n-1), at most the cap, +- jitter;
/// none before the first. HEALING.md 4.
Duration backoff_delay(const Policy& policy, unsigned level, double draw);

/// So many answers give a verdict at the latest, and one more for the phase: what a verification waits for.
unsigned checks_to_decide(const Policy& policy);

/// The level after `healthy_for` without incident: one step down for each decay period (Envoy).
unsigned decayed_level(const Policy& policy, unsigned level, Duration healthy_for);

}  // namespace healer
