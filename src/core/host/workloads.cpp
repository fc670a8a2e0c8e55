#include "core/host/workloads.hpp"

#include <algorithm>

namespace healer {

bool keeps_its_container(const Workload& workload, const Container& another) {
  const Container& present = workload.container;
  if (present.id == another.id) return false;
  // The replacement of a removed container does not run yet: its start event will cause an inspect.
  const Presence presence = workload.lifecycle.presence;
  if (presence == Presence::Absent)
    return workload.lifecycle.forget_at && another.state == ContainerState::Created;
  // A replacement that does not run yet, or an older container that is about to be removed.
  const bool older = presence == Presence::Running && another.started && present.started &&
                     *another.started < *present.started;
  return another.state != ContainerState::Running || older;
}

bool may_be_forgotten(const Workload& workload, Instant now) {
  return workload.lifecycle.forget_at && now >= *workload.lifecycle.forget_at && !workload.incident &&
         !workload.remediation.in_flight;
}

std::optional<std::string> Workloads::key_of(std::string_view key_or_name) const {
  if (const auto exact = by_key_.find(std::string(key_or_name)); exact != by_key_.end()) return exact->first;
  std::optional<std::string> found;
  for (const auto& [key, workload] : by_key_)
    if (workload->name == key_or_name && (!found || key < *found)) found = key;
  return found;
}

std::vector<std::string> Workloads::containers_not_in(const std::vector<std::string>& listed) const {
  std::vector<std::string> others;
  for (const auto& [id, key] : key_of_container_)
    if (!std::binary_search(listed.begin(), listed.end(), id)) others.push_back(id);
  std::sort(others.begin(), others.end());
  return others;
}

std::unordered_map<std::string, std::string> Workloads::running() const {
  std::unordered_map<std::string, std::string> running;
  each([&running](const Workload& workload) {
    const ContainerState state = workload.container.state;
    if (state == ContainerState::Running || state == ContainerState::Paused)
      running[workload.container.id] = workload.container.started_at;
  });
  return running;
}

void Workloads::rekey(const std::string& key, const std::string& other) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end() || by_key_.contains(other)) return;
  std::unique_ptr<Workload> workload = std::move(found->second);
  by_key_.erase(found);
  workload->key = other;
  key_of_container_[workload->container.id] = other;
  by_key_.emplace(other, std::move(workload));
}

void Workloads::forget(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto of = key_of_container_.find(found->second->container.id);
  if (of != key_of_container_.end() && of->second == key) key_of_container_.erase(of);
  by_key_.erase(found);
}

}  // namespace healer
