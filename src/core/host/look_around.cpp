#include "core/host/look_around.hpp"

#include <algorithm>

#include "core/workload/view.hpp"

namespace healer {
namespace {

/// A prober gives its result soon after its timeout.
constexpr Duration prober_margin = 500ms;
constexpr Duration longest_look = 10s;

bool checks_itself(const Workload& workload) {
  return workload.lifecycle.presence == Presence::Running && !workload.health.unprobed() &&
         !workload.health.probes.uses_engine_health();
}

/// An older failure may be over: a hold, a backoff or a wait for a place lay between it and the remedy.
constexpr Duration recent = 10s;

/// The workload's own newest failure is too old to act on.
bool own_failure_is_old(const View& view) {
  const Workload& w = view.workload;
  return w.health.counted_failure && checks_itself(w) && w.health.last_check &&
         view.now - *w.health.last_check > recent;
}

/// Since when the workload has what the remedy is for.
Instant failing_from(const Workload& workload) {
  return workload.health.unhealthy() ? workload.health.failing_since : workload.incident->opened_at;
}

}  // namespace

std::vector<std::string> to_check_first(const View& view) {
  std::vector<std::string> keys;
  const Workload& w = view.workload;
  if (!w.incident || w.lifecycle.presence != Presence::Running || w.health.network_loss ||
      w.remediation.forced)
    return keys;
  if (own_failure_is_old(view)) keys.push_back(w.key);
  const Instant since = failing_from(w);
  for (const std::string& key : view.host.graph.closure(w.key)) {
    const Workload* other = view.host.find(key);
    if (other != nullptr && checks_itself(*other) &&
        (!other->health.last_check || *other->health.last_check < since))
      keys.push_back(key);
  }
  return keys;
}

Duration look_limit(const View& view, const std::vector<std::string>& looked_at) {
  Duration longest{0};
  for (const std::string& key : looked_at)
    if (const Workload* other = view.host.find(key))
      longest = std::max(longest, other->policy->effective_timeout() + prober_margin);
  return std::min(longest, longest_look);
}

}  // namespace healer
