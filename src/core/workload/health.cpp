#include "core/workload/health.hpp"

#include <algorithm>

namespace healer {
namespace {

template <class How>
bool any(const std::vector<WorkloadProbe>& probes) {
  return std::any_of(probes.begin(), probes.end(), [](const WorkloadProbe& probe) {
    return std::holds_alternative<How>(probe.resolution.how);
  });
}

}  // namespace

bool Health::listens_to_engine() const {
  return any<UseEngineHealth>(probes);
}

bool Health::uses_engine_health() const {
  return listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

bool Health::unprobed() const {
  return !listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

std::string Health::probe_text() const {
  std::string text;
  for (const WorkloadProbe& probe : probes) {
    if (!text.empty()) text += ", ";
    if (!probe.name.empty()) text += probe.name + ": ";
    text += probe.resolution.text;
  }
  return text;
}

}  // namespace healer
