#include "core/host/recreations.hpp"

#include <fmt/format.h>

#include "core/host/remembered.hpp"

namespace healer {
namespace {

constexpr std::string_view mark = "-healer";
/// The new container begins under the set-aside name with this suffix.
constexpr std::string_view successor = "-new";

/// The same name as the engine adapter gives, see RecreateOrder::mark.
std::string set_aside_name(const std::string& name, AttemptId attempt) {
  return fmt::format("{}{}{}", name, mark, attempt.value);
}

std::string_view without_successor(std::string_view name) {
  if (name.ends_with(successor)) name.remove_suffix(successor.size());
  return name;
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
  return !names_.empty() && names_.contains(std::string(without_successor(container.name)));
}

bool Recreations::names(std::string_view container, const Workload& workload) {
  const std::string_view name = without_successor(container);
  const std::string before_attempt = workload.name + std::string(mark);
  return name.starts_with(before_attempt) && name.size() > before_attempt.size() &&
         name.find_first_not_of("0123456789", before_attempt.size()) == std::string_view::npos;
}

}  // namespace healer
