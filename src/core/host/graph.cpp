#include "core/host/graph.hpp"

#include <algorithm>
#include <unordered_set>

#include "base/text.hpp"

namespace healer {
namespace {

using Index = std::uint32_t;

void insert_sorted(std::vector<Index>& into, Index value) {
  const auto at = std::lower_bound(into.begin(), into.end(), value);
  if (at == into.end() || *at != value) into.insert(at, value);
}

void erase_sorted(std::vector<Index>& from, Index value) {
  const auto at = std::lower_bound(from.begin(), from.end(), value);
  if (at != from.end() && *at == value) from.erase(at);
}

void sort_unique(std::vector<Index>& all) {
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

const std::string& shown(const DependencyNode& node) {
  return node.name.empty() ? node.key : node.name;
}

/// The name within the workload's own project: "project/name".
std::string in_project(const DependencyNode& node, const std::string& name) {
  return node.service.substr(0, node.service.find('/') + 1) + name;
}

/// Every name by which other workloads can name this one.
std::vector<std::string> names_of(const DependencyNode& node) {
  std::vector<std::string> names{node.key};
  if (!node.name.empty() && node.name != node.key) names.push_back(node.name);
  if (!node.service.empty() && node.service != node.key) names.push_back(node.service);
  return names;
}

/// Every name that must be resolved to find the workload's dependencies.
std::vector<std::string> names_wanted(const DependencyNode& node) {
  std::vector<std::string> names;
  names.insert(names.end(), node.declared.begin(), node.declared.end());
  for (const std::string& name : node.named) {
    if (!node.service.empty()) names.push_back(in_project(node, name));
    names.push_back(name);
  }
  if (!node.network_parent.empty()) names.push_back(node.network_parent);
  return names;
}

}  // namespace

// Queries.

const DependencyGraph::Place* DependencyGraph::place(const std::string& key) const {
  const auto found = place_of_.find(key);
  return found == place_of_.end() ? nullptr : &places_[found->second];
}

bool DependencyGraph::refuses(const Place& place, Index target) const {
  return std::any_of(place.refused.begin(), place.refused.end(),
                     [&](const Refused& refused) { return refused.target == target; });
}

DependencyGraph::Indices DependencyGraph::effective_targets(Index of) const {
  const Place& from = places_[of];
  if (from.refused.empty()) return from.targets;
  Indices targets;
  for (const Index target : from.targets)
    if (!refuses(from, target)) targets.push_back(target);
  return targets;
}

DependencyGraph::Indices DependencyGraph::effective_sources(Index of) const {
  Indices sources;
  for (const Index source : places_[of].sources)
    if (!refuses(places_[source], of)) sources.push_back(source);
  return sources;
}

std::vector<std::string> DependencyGraph::keys_of(const Indices& places) const {
  std::vector<std::string> keys;
  keys.reserve(places.size());
  for (const Index index : places) keys.push_back(places_[index].node.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

std::vector<std::string> DependencyGraph::dependencies(const std::string& key) const {
  const auto found = place_of_.find(key);
  return found == place_of_.end() ? std::vector<std::string>{} : keys_of(effective_targets(found->second));
}

std::vector<std::string> DependencyGraph::reach(const std::string& key,
                                                Indices (DependencyGraph::*next)(Index) const) const {
  const auto found = place_of_.find(key);
  if (found == place_of_.end()) return {};
  std::unordered_set<Index> seen{found->second};
  Indices order{found->second};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const Index other : (this->*next)(order[i]))
      if (seen.insert(other).second) order.push_back(other);
  order.erase(order.begin());
  return keys_of(order);
}

std::vector<std::string> DependencyGraph::closure(const std::string& key) const {
  return reach(key, &DependencyGraph::effective_targets);
}

std::vector<std::string> DependencyGraph::ripple(const std::string& key) const {
  return reach(key, &DependencyGraph::effective_sources);
}

bool DependencyGraph::has_dependents(const std::string& key) const {
  const auto found = place_of_.find(key);
  return found != place_of_.end() && !effective_sources(found->second).empty();
}

bool DependencyGraph::provided(const std::string& name) const {
  const auto found = names_.find(name);
  return found != names_.end() && !found->second.providers.empty();
}

std::optional<std::string> DependencyGraph::unwatched_dependency(const std::string& key) const {
  const Place* found = place(key);
  if (found == nullptr) return std::nullopt;
  const DependencyNode& node = found->node;
  for (const std::string& service : node.declared)
    if (!provided(service)) return service;
  for (const std::string& name : node.named)
    if (!provided(name) && (node.service.empty() || !provided(in_project(node, name)))) return name;
  return std::nullopt;
}

std::optional<std::string> DependencyGraph::failing_root(const std::string& key,
                                                         const NotReady& not_ready) const {
  const auto start = place_of_.find(key);
  if (start == place_of_.end()) return std::nullopt;
  // Dependencies before dependents. The stack is explicit: a chain may contain every workload of the host.
  struct Frame {
    Index at;
    Indices targets;
    std::size_t next = 0;
    bool not_ready_below = false;
  };
  std::unordered_map<Index, bool> not_ready_here_or_below;
  std::vector<Frame> stack{{start->second, effective_targets(start->second)}};
  std::optional<std::string> root;
  while (!stack.empty()) {
    Frame& frame = stack.back();
    if (frame.next < frame.targets.size()) {
      const Index target = frame.targets[frame.next];
      const auto known = not_ready_here_or_below.find(target);
      if (known == not_ready_here_or_below.end()) {
        stack.push_back({target, effective_targets(target)});
        continue;
      }
      frame.not_ready_below |= known->second;
      ++frame.next;
      continue;
    }
    const std::string& here = places_[frame.at].node.key;
    const bool failing = frame.at != start->second && not_ready(here);
    if (failing && !frame.not_ready_below && (!root || here < *root)) root = here;
    not_ready_here_or_below[frame.at] = failing || frame.not_ready_below;
    stack.pop_back();
  }
  return root;
}

std::vector<LabelProblem> DependencyGraph::problems(const std::string& key) const {
  std::vector<LabelProblem> problems;
  const Place* found = place(key);
  if (found == nullptr) return problems;
  for (const Refused& refused : found->refused)
    problems.push_back(
        {"dependencies", shown(places_[refused.target].node),
         "it would depend on itself: " + refused.cycle + "; this one edge is left out, the others count"});
  return problems;
}

std::vector<std::string> DependencyGraph::take_changed_problems() {
  std::vector<std::string> changed = std::move(changed_problems_);
  changed_problems_.clear();
  std::sort(changed.begin(), changed.end());
  changed.erase(std::unique(changed.begin(), changed.end()), changed.end());
  return changed;
}

// Changes.

void DependencyGraph::link_names(Index of) {
  for (const std::string& name : names_of(places_[of].node)) insert_sorted(names_[name].providers, of);
  for (const std::string& name : names_wanted(places_[of].node)) insert_sorted(names_[name].wanters, of);
}

void DependencyGraph::unlink_names(Index of) {
  const auto unlink = [&](const std::string& text, Indices Name::*list) {
    const auto found = names_.find(text);
    if (found == names_.end()) return;
    erase_sorted(found->second.*list, of);
    if (found->second.providers.empty() && found->second.wanters.empty()) names_.erase(found);
  };
  for (const std::string& name : names_of(places_[of].node)) unlink(name, &Name::providers);
  for (const std::string& name : names_wanted(places_[of].node)) unlink(name, &Name::wanters);
}

DependencyGraph::Indices DependencyGraph::meant_by(const DependencyNode& node) const {
  Indices meant;
  const auto add = [&](const std::string& name) {
    if (!provided(name)) return false;
    const Indices& providers = names_.at(name).providers;
    meant.insert(meant.end(), providers.begin(), providers.end());
    return true;
  };
  for (const std::string& service : node.declared) add(service);
  for (const std::string& name : node.named)
    if (node.service.empty() || !add(in_project(node, name))) add(name);
  if (!node.network_parent.empty()) add(node.network_parent);
  sort_unique(meant);
  return meant;
}

bool DependencyGraph::resolve(Index of) {
  Indices targets = meant_by(places_[of].node);
  if (targets == places_[of].targets) return false;
  for (const Index old : places_[of].targets) erase_sorted(places_[old].sources, of);
  for (const Index target : targets) insert_sorted(places_[target].sources, of);
  places_[of].targets = std::move(targets);
  return true;
}

DependencyGraph::Indices DependencyGraph::wanters_of_names(const DependencyNode& node) const {
  Indices wanters;
  for (const std::string& name : names_of(node)) {
    const auto found = names_.find(name);
    if (found != names_.end())
      wanters.insert(wanters.end(), found->second.wanters.begin(), found->second.wanters.end());
  }
  return wanters;
}

void DependencyGraph::refresh(Indices places) {
  sort_unique(places);
  Indices changed;
  for (const Index index : places)
    if (resolve(index)) changed.push_back(index);
  if (!changed.empty()) untangle(std::move(changed));
}

bool DependencyGraph::set(DependencyNode node) {
  const auto found = place_of_.find(node.key);
  Indices touched;
  Index at = 0;
  if (found != place_of_.end()) {
    at = found->second;
    if (places_[at].node == node) return false;
    touched = wanters_of_names(places_[at].node);
    unlink_names(at);
  } else if (!free_.empty()) {
    at = free_.back();
    free_.pop_back();
  } else {
    at = static_cast<Index>(places_.size());
    places_.emplace_back();
  }
  place_of_[node.key] = at;
  places_[at].node = std::move(node);
  places_[at].used = true;
  link_names(at);
  const Indices wanters = wanters_of_names(places_[at].node);
  touched.insert(touched.end(), wanters.begin(), wanters.end());
  touched.push_back(at);
  refresh(std::move(touched));
  return true;
}

bool DependencyGraph::remove(const std::string& key) {
  const auto found = place_of_.find(key);
  if (found == place_of_.end()) return false;
  const Index at = found->second;
  Indices touched = wanters_of_names(places_[at].node);
  touched.push_back(at);
  unlink_names(at);
  places_[at].node = DependencyNode{};
  places_[at].used = false;
  place_of_.erase(found);
  refresh(std::move(touched));
  places_[at] = Place{};
  free_.push_back(at);
  return true;
}

// Cycles.

/// The places that this place reaches and that reach it, itself included; empty if it is on no cycle.
DependencyGraph::Indices DependencyGraph::knot_of(Index of) const {
  const Place& start = places_[of];
  if (start.targets.empty() || start.sources.empty()) return {};
  std::unordered_set<Index> ahead{of};
  Indices order{of};
  for (std::size_t i = 0; i < order.size(); ++i)
    for (const Index target : places_[order[i]].targets)
      if (ahead.insert(target).second) order.push_back(target);
  Indices knot{of};
  std::unordered_set<Index> in_knot{of};
  for (std::size_t i = 0; i < knot.size(); ++i)
    for (const Index source : places_[knot[i]].sources)
      if (ahead.count(source) != 0 && in_knot.insert(source).second) knot.push_back(source);
  const bool itself = std::binary_search(start.targets.begin(), start.targets.end(), of);
  return knot.size() > 1 || itself ? knot : Indices{};
}

/// Refuses every edge that leads back onto the walk through these places.
void DependencyGraph::cut(Indices knot) {
  const auto by_key = [this](Index a, Index b) { return places_[a].node.key < places_[b].node.key; };
  std::sort(knot.begin(), knot.end(), by_key);
  const std::unordered_set<Index> members(knot.begin(), knot.end());
  enum class Seen { OnTheWalk, Done };
  std::unordered_map<Index, Seen> seen;
  struct Frame {
    Index at;
    Indices targets;
    std::size_t next = 0;
  };
  std::vector<Frame> walk;
  const auto enter = [&](Index at) {
    Frame frame{at, {}};
    for (const Index target : places_[at].targets)
      if (members.count(target) != 0) frame.targets.push_back(target);
    std::sort(frame.targets.begin(), frame.targets.end(), by_key);
    seen[at] = Seen::OnTheWalk;
    walk.push_back(std::move(frame));
  };
  for (const Index start : knot) {
    if (seen.count(start) != 0) continue;
    enter(start);
    while (!walk.empty()) {
      Frame& frame = walk.back();
      if (frame.next == frame.targets.size()) {
        seen[frame.at] = Seen::Done;
        walk.pop_back();
        continue;
      }
      const Index target = frame.targets[frame.next++];
      const auto known = seen.find(target);
      if (known == seen.end()) {
        enter(target);
      } else if (known->second == Seen::OnTheWalk) {
        std::string cycle = shown(places_[frame.at].node);
        bool on_cycle = false;
        for (const Frame& step : walk) {
          on_cycle = on_cycle || step.at == target;
          if (on_cycle) cycle += " -> " + shown(places_[step.at].node);
        }
        places_[frame.at].refused.push_back({target, std::move(cycle)});
      }
    }
  }
}

void DependencyGraph::untangle(Indices changed) {
  std::vector<std::pair<Index, std::vector<Refused>>> before;
  for (const Index index : tangled_) before.emplace_back(index, std::exchange(places_[index].refused, {}));
  changed.insert(changed.end(), tangled_.begin(), tangled_.end());
  sort_unique(changed);
  std::unordered_set<Index> done;
  Indices tangled;
  for (const Index index : changed) {
    if (done.count(index) != 0) continue;
    const Indices knot = knot_of(index);
    if (knot.empty()) continue;
    cut(knot);
    for (const Index member : knot) {
      done.insert(member);
      if (!places_[member].refused.empty()) insert_sorted(tangled, member);
    }
  }
  tangled_ = std::move(tangled);

  for (const auto& [index, refused] : before)
    if (places_[index].used && places_[index].refused != refused)
      changed_problems_.push_back(places_[index].node.key);
  for (const Index index : tangled_)
    if (std::none_of(before.begin(), before.end(),
                     [&, i = index](const auto& was) { return was.first == i; }))
      changed_problems_.push_back(places_[index].node.key);
}

}  // namespace healer
