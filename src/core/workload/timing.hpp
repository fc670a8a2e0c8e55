#pragma once

#include <cstddef>
#include <span>

#include "base/time.hpp"
#include "model/policy.hpp"

namespace healer {

/// The delay until the next check: the interval, or the fast interval while a verdict is pending or an
/// instance is starting. With 10 % jitter (+-5 %, so that the mean is the configured interval), never below
/// 10 ms. `draw` in [0, 1). HEALING.md 2.
Duration probe_delay(const Policy& policy, bool pending, double draw);

/// The failures in a row that make a workload unhealthy span at least this. HEALING.md 2.
inline constexpr Duration shortest_streak = 1s;

/// The delay until the next check when one has to be due after `rest`: `rest` in equal steps of about
/// `delay` each (at least four fifths of it), so that a recovery before then is seen; `delay` itself if
/// `rest` is shorter than that, or over. HEALING.md 2.
Duration step_towards(Duration rest, Duration delay);

/// How the rounds of many workloads begin that healer sees for the first time: together, or spread over one
/// interval, so that some check soon shows what befalls all of them.
enum class FirstRounds { AtOnce, Spread };
/// The first rounds of so few workloads begin at once; their second rounds are spread.
FirstRounds first_rounds(std::size_t watched);
Duration first_probe_delay(const Policy& policy, FirstRounds rounds, double draw);

/// How long after an instance's start failures do not count. Configured, or learned: 120 s until a first
/// start has succeeded, then 3 x the slowest of `starts` (the last 10), at least one interval, at most 10
/// min. HEALING.md 2.
Duration start_period_of(const Policy& policy, bool started_healthy_once, std::span<const Duration> starts);

/// The least time between attempt n (`level`) and the next: interval x 2^(n-1), at most backoff_max, +-
/// jitter; 0 before the first. HEALING.md 4.
Duration backoff_delay(const Policy& policy, unsigned level, double draw);

/// How many checks a verification waits for: after so many checks there is a verdict (one more, because the
/// first may come late in the interval).
unsigned checks_to_decide(const Policy& policy);

/// The backoff level after `healthy_for` without an incident: one step down for each decay period (Envoy).
unsigned decayed_level(const Policy& policy, unsigned level, Duration healthy_for);

}  // namespace healer
