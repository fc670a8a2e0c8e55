#include "core/host/shared_networks.hpp"

#include <algorithm>
#include <utility>

#include "core/host/workloads.hpp"

namespace healer {

const Container* SharedNetworks::present(const std::string& parent_key) const {
  const auto network = networks_.find(parent_key);
  if (network == networks_.end() || network->second.id.empty()) return nullptr;
  return facts(network->second.id);
}

const Container* SharedNetworks::facts(const std::string& id) const {
  const auto found = facts_.find(id);
  return found == facts_.end() ? nullptr : &found->second;
}

SharedNetworks::Followed SharedNetworks::follow(Workload& workload, Effects& out) {
  const std::string id = workload.container.network_parent;
  if (id == workload.network_parent_id) return Followed::SameParent;
  const std::string before = workload.network_parent;
  leave(workload);
  workload.network_parent_id = id;
  if (id.empty()) {
    workload.network_parent.clear();
  } else if (const auto known = key_of_.find(id); known != key_of_.end()) {
    workload.network_parent = known->second;
    networks_[known->second].children.insert(workload.key);
  } else {
    // The parent's key comes with its inspect; the state file may have stored it.
    if (!before.empty()) networks_[before].children.insert(workload.key);
    awaited_[id].insert(workload.key);
    out.push_back(Inspect{id});
  }
  return Followed::OtherParent;
}

void SharedNetworks::leave(Workload& workload) {
  const std::string id = std::exchange(workload.network_parent_id, {});
  if (const auto asked = awaited_.find(id); asked != awaited_.end()) {
    asked->second.erase(workload.key);
    if (asked->second.empty()) awaited_.erase(asked);
  }
  const auto network = networks_.find(workload.network_parent);
  if (network == networks_.end()) return;
  network->second.children.erase(workload.key);
  if (!network->second.children.empty()) return;
  std::erase_if(key_of_, [&](const auto& known) {
    if (known.second != network->first) return false;
    facts_.erase(known.first);
    return true;
  });
  networks_.erase(network);
}

std::optional<std::string> SharedNetworks::inspected(const Container& container,
                                                     const std::string& container_key, Workloads& workloads) {
  if (awaited_.empty() && networks_.empty()) return std::nullopt;
  const auto known = key_of_.find(container.id);
  const auto asked = awaited_.find(container.id);
  // A parent that was renamed keeps its key: the children still share its network.
  const std::string key = known != key_of_.end() ? known->second : container_key;
  if (known == key_of_.end() && asked == awaited_.end() && !networks_.contains(key)) return std::nullopt;
  Network& network = networks_[key];
  if (asked != awaited_.end()) {
    for (const std::string& child : asked->second) {
      if (Workload* workload = workloads.find(child)) {
        workload->network_parent = key;
        workload->dirty = true;
        network.children.insert(child);
      }
    }
    awaited_.erase(asked);
  }
  key_of_[container.id] = key;
  Container kept = container;
  kept.labels.clear();
  facts_[container.id] = std::move(kept);
  if (network.id != container.id &&
      (container.state == ContainerState::Running || !facts_.contains(network.id)))
    network.id = container.id;
  return key;
}

std::set<std::string> SharedNetworks::awaited_gone(const std::string& id, const Workloads& workloads) {
  std::set<std::string> parents;
  for (const std::string& child : std::exchange(awaited_[id], {}))
    if (const Workload* workload = workloads.find(child);
        workload != nullptr && !workload->network_parent.empty())
      parents.insert(workload->network_parent);
  awaited_.erase(id);
  return parents;
}

std::optional<std::string> SharedNetworks::gone(const std::string& id) {
  const auto known = key_of_.extract(id);
  if (!known) return std::nullopt;
  const std::string& key = known.mapped();
  facts_.erase(id);
  Network& network = networks_[key];
  if (network.id == id) {
    network.id.clear();
    for (const auto& [other, of] : key_of_)
      if (of == key && (network.id.empty() || other < network.id)) network.id = other;
  }
  return key;
}

std::vector<std::string> SharedNetworks::children(const std::string& parent_key) const {
  const auto network = networks_.find(parent_key);
  if (network == networks_.end()) return {};
  return {network->second.children.begin(), network->second.children.end()};
}

std::vector<std::string> SharedNetworks::to_inspect(const std::vector<std::string>& listed,
                                                    const Workloads& workloads) const {
  std::vector<std::string> ids;
  for (const auto& [id, key] : key_of_)
    if (!workloads.has_container(id) || !std::binary_search(listed.begin(), listed.end(), id))
      ids.push_back(id);
  for (const auto& [id, children] : awaited_) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace healer
