#include "core/workload/starts.hpp"

#include <algorithm>

#include "core/workload/timing.hpp"
#include "core/workload/view.hpp"

namespace healer {
namespace {

/// HEALING.md 2: the last 10 starts.
constexpr std::size_t remembered_starts = 10;
/// A start that healer has not learned yet. HEALING.md 2.
constexpr Duration unlearned_start = 120s;
constexpr Duration longest_start = 10min;
/// A container that was started so soon after its engine's process began shares a cold machine with the
/// others.
constexpr Duration cold_for = 10min;

/// How long an unhealthy HEALTHCHECK is not acted on: it knows nothing of a slow start.
Duration engine_start_period(const View& view) {
  const Workload& w = view.workload;
  const LearnedStarts& starts = w.health.starts;
  if (starts.first_of(w.container.image_id) || starts.none()) return unlearned_start;
  const auto& began = view.host.engine_memory.began;
  const bool cold = began && w.lifecycle.instance_started < *began + cold_for;
  return std::min(starts.longest() * (cold ? 3 : 2), longest_start);
}

}  // namespace

void LearnedStarts::passed(const std::string& image_id) {
  if (!first_of(image_id)) return;
  clean.clear();
  unclean.clear();
  image = image_id;
}

void LearnedStarts::add(Duration took, After end) {
  healthy_once = true;
  std::vector<Duration>& starts = end == After::UncleanEnd ? unclean : clean;
  starts.push_back(took);
  if (starts.size() > remembered_starts) starts.erase(starts.begin());
}

Duration LearnedStarts::longest() const {
  Duration longest{0};
  for (const auto* starts : {&clean, &unclean})
    for (const Duration start : *starts) longest = std::max(longest, start);
  return longest;
}

Duration learned_start_period(const Workload& workload) {
  const LearnedStarts& starts = workload.health.starts;
  const Duration clean = start_period_of(*workload.policy, starts.healthy_once, starts.clean);
  const Duration unclean = start_period_of(*workload.policy, starts.healthy_once, starts.unclean);
  const auto& began_unclean = workload.lifecycle.began_unclean;
  if (began_unclean) return *began_unclean ? unclean : clean;
  return starts.unclean.empty() ? clean : std::max(clean, unclean);
}

Duration start_period(const View& view) {
  const Workload& w = view.workload;
  const Duration by_engine = w.container.health_check.start_period;
  if (w.health.probes.uses_engine_health() && !w.policy->start_period)
    return std::max(engine_start_period(view), by_engine);
  Duration own = learned_start_period(w);
  if (!w.policy->start_period && w.health.starts.first_of(w.container.image_id))
    own = std::max(own, unlearned_start);
  return w.health.probes.listens_to_engine() ? std::max(own, by_engine) : own;
}

}  // namespace healer
