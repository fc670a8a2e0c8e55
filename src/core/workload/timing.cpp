#include "core/workload/timing.hpp"

#include <algorithm>
#include <cmath>

namespace healer {
namespace {

Duration scaled(Duration duration, double factor) {
  return Duration{std::llround(static_cast<double>(duration.count()) * factor)};
}

}  // namespace

Duration probe_delay(const Policy& policy, bool pending, double draw) {
  const Duration base = pending ? policy.effective_fast_interval() : policy.interval;
  return std::max(Duration{10ms}, scaled(base, 0.95 + 0.1 * draw));
}

Duration step_towards(Duration rest, Duration delay) {
  const auto steps = (rest + delay / 4) / delay;
  return steps > 0 ? rest / steps : delay;
}

FirstRounds first_rounds(std::size_t watched) {
  constexpr std::size_t spread_from = 100;
  return watched < spread_from ? FirstRounds::AtOnce : FirstRounds::Spread;
}

Duration first_probe_delay(const Policy& policy, FirstRounds rounds, double draw) {
  return rounds == FirstRounds::Spread ? scaled(policy.interval, draw) : Duration{0};
}

Duration start_period_of(const Policy& policy, bool started_healthy_once, std::span<const Duration> starts) {
  if (policy.start_period) return *policy.start_period;
  if (!started_healthy_once || starts.empty()) return 120s;
  const Duration slowest = *std::max_element(starts.begin(), starts.end());
  return std::clamp(slowest * 3, std::min(policy.interval, Duration{10min}), Duration{10min});
}

Duration backoff_delay(const Policy& policy, unsigned level, double draw) {
  if (level == 0) return Duration{0};
  Duration delay = policy.interval;
  for (unsigned n = 1; n < level && delay < policy.retry.backoff_max; ++n) delay *= 2;
  delay = std::min(delay, policy.retry.backoff_max);
  return scaled(delay, 1.0 + policy.retry.backoff_jitter * (2.0 * draw - 1.0));
}

unsigned checks_to_decide(const Policy& policy) {
  const unsigned in_a_row = std::max(policy.failure_threshold, policy.success_threshold);
  return 1 + std::max(in_a_row, policy.window ? policy.window->of : 0);
}

unsigned decayed_level(const Policy& policy, unsigned level, Duration healthy_for) {
  if (healthy_for <= Duration{0} || policy.retry.backoff_decay <= Duration{0}) return level;
  const auto steps = static_cast<std::uint64_t>(healthy_for / policy.retry.backoff_decay);
  return steps >= level ? 0 : level - static_cast<unsigned>(steps);
}

}  // namespace healer
