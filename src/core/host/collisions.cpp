#include "core/host/collisions.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace healer {
namespace {

bool runs(ContainerState state) {
  return state == ContainerState::Running || state == ContainerState::Paused ||
         state == ContainerState::Restarting;
}

}  // namespace

Collisions::Finding Collisions::seen(const Workload& present, const Container& facts) {
  const std::string& key = present.key;
  const bool both = present.container.id != facts.id && runs(present.container.state) && runs(facts.state) &&
                    present.lifecycle.presence != Presence::Absent && !present.lifecycle.evidence.died() &&
                    !present.remediation.recreating();
  if (!both) {
    if (present.container.id != facts.id) suspected_.erase(key);
    return Finding::None;
  }
  const auto [found, is_new] = suspected_.try_emplace(key, facts.id);
  if (is_new || found->second != facts.id) {
    found->second = facts.id;
    return Finding::Suspected;
  }
  suspected_.erase(found);
  confirmed_[key] =
      Pair{{present.container.id, present.container.name}, {facts.id, facts.name}, facts.identity.service};
  return Finding::Confirmed;
}

std::optional<std::string> Collisions::ended_by(const std::string& container_id) {
  for (auto each = confirmed_.begin(); each != confirmed_.end(); ++each) {
    const Pair& pair = each->second;
    if (pair.first.id != container_id && pair.second.id != container_id) continue;
    const std::string other = pair.first.id == container_id ? pair.second.id : pair.first.id;
    confirmed_.erase(each);
    return other;
  }
  return std::nullopt;
}

bool Collisions::of_service(const std::string& service) const {
  return std::any_of(confirmed_.begin(), confirmed_.end(),
                     [&](const auto& each) { return each.second.service == service; });
}

ContainerObserved Collisions::with_problem(ContainerObserved seen, const std::string& key) const {
  const auto found = confirmed_.find(key);
  if (found == confirmed_.end()) return seen;
  seen.problems.push_back(
      {"identity", "",
       fmt::format("the running containers {} and {} claim to be the same workload, so each is "
                   "watched under its own name",
                   found->second.first.name, found->second.second.name)});
  return seen;
}

}  // namespace healer
