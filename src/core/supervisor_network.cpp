// Network parents: containers whose network others share, watched or not. Their facts are kept here, because
// workload/network.cpp decides by them about the containers that share the network (the children).
#include <algorithm>

#include "core/identity.hpp"
#include "core/supervisor.hpp"

namespace healer {
namespace {

/// The usual name of a container of this workload. A guess: the labels in the inspect answer decide.
std::string likely_name(std::string key) {
  std::replace(key.begin(), key.end(), '/', '-');
  return key;
}

}  // namespace

void Supervisor::follow_network(Workload& workload, Step& step) {
  const std::string id = workload.container.network_parent;
  if (id == workload.network_parent_id) return;
  const std::string before = workload.network_parent;
  leave_network(workload);
  workload.network_parent_id = id;
  if (id.empty()) {
    workload.network_parent.clear();
  } else if (const auto known = parent_key_of_.find(id); known != parent_key_of_.end()) {
    workload.network_parent = known->second;
    host_state_.shared_networks[known->second].children.insert(workload.key);
  } else {
    // The parent's key comes with its inspect; the state file may have stored it.
    if (!before.empty()) host_state_.shared_networks[before].children.insert(workload.key);
    host_state_.awaited_parents[id].insert(workload.key);
    step.out.push_back(Inspect{id});
  }
  run_controller_for(workload, step, [](WorkloadController& controller) { controller.resolve_targets(); });
}

void Supervisor::leave_network(Workload& workload) {
  const std::string id = std::move(workload.network_parent_id);
  workload.network_parent_id.clear();
  if (const auto asked = host_state_.awaited_parents.find(id); asked != host_state_.awaited_parents.end()) {
    asked->second.erase(workload.key);
    if (asked->second.empty()) host_state_.awaited_parents.erase(asked);
  }
  const auto shared = host_state_.shared_networks.find(workload.network_parent);
  if (shared == host_state_.shared_networks.end()) return;
  shared->second.children.erase(workload.key);
  if (!shared->second.children.empty()) return;
  for (auto known = parent_key_of_.begin(); known != parent_key_of_.end();) {
    if (known->second != shared->first) {
      ++known;
      continue;
    }
    host_state_.network_parents.erase(known->first);
    known = parent_key_of_.erase(known);
  }
  host_state_.shared_networks.erase(shared);
}

void Supervisor::note_parent(const Container& facts, Step& step) {
  if (host_state_.awaited_parents.empty() && host_state_.shared_networks.empty()) return;
  const auto known = parent_key_of_.find(facts.id);
  const auto asked = host_state_.awaited_parents.find(facts.id);
  // A parent that was renamed keeps its key: the children still share its network.
  const std::string key = known != parent_key_of_.end() ? known->second : workload_key(facts);
  const bool of_interest = known != parent_key_of_.end() || asked != host_state_.awaited_parents.end() ||
                           host_state_.shared_networks.count(key) != 0;
  if (!of_interest || is_set_aside(facts)) return;
  SharedNetwork& shared = host_state_.shared_networks[key];
  if (asked != host_state_.awaited_parents.end()) {
    for (const std::string& child : asked->second) {
      if (Workload* workload = by_key(child)) {
        workload->network_parent = key;
        workload->dirty = true;
        shared.children.insert(child);
      }
    }
    host_state_.awaited_parents.erase(asked);
  }
  parent_key_of_[facts.id] = key;
  Container kept = facts;
  kept.labels.clear();
  host_state_.network_parents[facts.id] = std::move(kept);
  if (shared.id != facts.id &&
      (facts.state == ContainerState::Running || host_state_.network_parents.count(shared.id) == 0))
    shared.id = facts.id;
  look_at_children(key, step);
}

void Supervisor::parent_gone(const std::string& id, Step& step) {
  std::string key;
  if (const auto asked = host_state_.awaited_parents.find(id); asked != host_state_.awaited_parents.end()) {
    // The parent was removed before its first inspect. Its replacement may exist under the stored name.
    const std::set<std::string> children = asked->second;
    host_state_.awaited_parents.erase(asked);
    std::set<std::string> parents;
    for (const std::string& child : children)
      if (const Workload* workload = by_key(child); workload != nullptr && !workload->network_parent.empty())
        parents.insert(workload->network_parent);
    for (const std::string& parent : parents) {
      if (const Workload* watched = by_key(parent); watched != nullptr && !watched->container.id.empty())
        step.out.push_back(Inspect{watched->container.id});
      else
        step.out.push_back(Inspect{likely_name(parent)});
      look_at_children(parent, step);
    }
    return;
  }
  const auto known = parent_key_of_.find(id);
  if (known == parent_key_of_.end()) return;
  key = known->second;
  parent_key_of_.erase(known);
  host_state_.network_parents.erase(id);
  SharedNetwork& shared = host_state_.shared_networks[key];
  if (shared.id == id) {
    shared.id.clear();
    std::vector<std::string> others;
    for (const auto& [other, of] : parent_key_of_)
      if (of == key) others.push_back(other);
    if (!others.empty()) shared.id = *std::min_element(others.begin(), others.end());
  }
  look_at_children(key, step);
}

void Supervisor::parent_event(const EngineEvent& event, Step& step) {
  if (parent_key_of_.count(event.container_id) == 0) return;
  if (std::holds_alternative<Removed>(event.report))
    parent_gone(event.container_id, step);
  else
    step.out.push_back(Inspect{event.container_id});
}

/// After each full list: inspects the parents that are unwatched, unlisted or awaited. Their events may be
/// lost.
void Supervisor::look_at_parents(const std::vector<std::string>& listed, Step& step) {
  std::vector<std::string> ids;
  for (const auto& [id, key] : parent_key_of_)
    if (key_of_container_.count(id) == 0 || !std::binary_search(listed.begin(), listed.end(), id))
      ids.push_back(id);
  for (const auto& [id, children] : host_state_.awaited_parents) ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const std::string& id : ids) step.out.push_back(Inspect{id});
}

void Supervisor::look_at_children(const std::string& parent_key, Step& step) {
  const auto shared = host_state_.shared_networks.find(parent_key);
  if (shared == host_state_.shared_networks.end()) return;
  const std::set<std::string> children = shared->second.children;
  for (const std::string& child : children)
    if (Workload* workload = by_key(child))
      run_controller_for(*workload, step,
                         [](WorkloadController& controller) { controller.resolve_targets(); });
}

}  // namespace healer
