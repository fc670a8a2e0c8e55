#include "core/host/recreations.hpp"

#include <string_view>

#include <fmt/format.h>

#include "core/host/remembered.hpp"

namespace healer {
namespace {

/// The same name as the engine adapter gives, see RecreateOrder::mark.
std::string set_aside_name(const std::string& name, AttemptId attempt) {
  return fmt::format("{}-healer{}", name, attempt.value);
}

}  // namespace

Recreations::Recreations(const StoredState& stored) {
  for (const Attempt& attempt : stored.attempts) {
    if (!is_unfinished(attempt) || attempt.remedy != RemedyKind::Recreate) continue;
    for (const WorkloadRecord& record : stored.workloads)
      if (record.key == attempt.workload) names_.insert(set_aside_name(record.name, attempt.id));
  }
}

AttemptId Recreations::of(const Workload& workload) {
  const auto& attempt = workload.remediation.attempt;
  return attempt && attempt->remedy == RemedyKind::Recreate ? attempt->id : AttemptId{};
}

void Recreations::decided(const Workload& workload, AttemptId before) {
  const AttemptId after = of(workload);
  if (after == before) return;
  if (before) names_.erase(set_aside_name(workload.name, before));
  if (after) names_.insert(set_aside_name(workload.name, after));
}

bool Recreations::sets_aside(const Container& container) const {
  if (names_.empty()) return false;
  // The new container begins under the set-aside name with this suffix.
  constexpr std::string_view successor = "-new";
  std::string name = container.name;
  if (name.ends_with(successor)) name.resize(name.size() - successor.size());
  return names_.contains(name);
}

}  // namespace healer
