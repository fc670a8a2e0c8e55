#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/container.hpp"
#include "model/policy.hpp"

namespace healer {

/// What one workload says about whom it needs. HEALING.md 5.
struct DependencyNode {
  std::string key;
  std::string name;                   ///< the container's
  std::string service;                ///< "project/service"; empty: it belongs to no service
  std::vector<std::string> declared;  ///< services that the engine's tools say it needs: "project/service"
  std::vector<std::string> named;     ///< Policy.depends_on, as written
  std::string network_parent;         ///< key of the workload whose network it shares; empty: none
  bool operator==(const DependencyNode&) const = default;
};

/// Who depends on whom, among the watched. Keys in, keys out; what a name means is looked up late, so the
/// target may appear after the one that names it, and vanish and return.
///
/// A name of `healer.depends_on` means every container of that service in the own project; where
/// there is none, whatever is called so: a container's name, a "project/service", or a workload's key.
///
/// An edge that closes a cycle is refused. Within a cycle the walk begins at the smallest key, so the same
/// workloads lose the same edges in whatever order they appeared.
///
///   a workload ...   | what follows
///   -----------------+----------------------------------------------------------------
///   appears, changes | its names are looked up, and those who name it look it up again
///   goes             | the same; what it closed a cycle with has its edge back
///   same as before   | nothing
///
/// A change costs what the workload can reach, a look costs what is looked at; nothing is recursive.
class DependencyGraph {
 public:
  using NotReady = std::function<bool(const std::string& key)>;

  /// Adds it, or takes over what changed. False: nothing did.
  bool set(DependencyNode node);
  /// False: there is none.
  bool remove(const std::string& key);

  std::size_t size() const { return place_of_.size(); }

  // Sorted by key, refused edges left out, empty for an unknown key.
  std::vector<std::string> dependencies(const std::string& key) const;
  /// Everything it depends on, directly or not.
  std::vector<std::string> closure(const std::string& key) const;
  /// Everything that depends on it, directly or not.
  std::vector<std::string> ripple(const std::string& key) const;

  bool has_dependents(const std::string& key) const;

  /// Of everything below `key` that fails, one with nothing failing below it: the root, to be healed first.
  /// The smallest such key; nothing when nothing below fails.
  std::optional<std::string> failing_root(const std::string& key, const NotReady& not_ready) const;

  /// One for each refused edge, with the cycle printed in container names: "web -> api -> web".
  std::vector<LabelProblem> problems(const std::string& key) const;
  /// Keys whose problems changed since the last call, sorted.
  std::vector<std::string> take_changed_problems();

 private:
  using Index = std::uint32_t;
  using Indices = std::vector<Index>;
  struct Refused {
    Index target = 0;
    std::string cycle;
    bool operator==(const Refused&) const = default;
  };
  struct Place {
    DependencyNode node;
    Indices targets;  ///< all that is meant, sorted
    Indices sources;  ///< who means it, sorted
    std::vector<Refused> refused;
    bool used = false;
  };
  /// What can be meant by a name, and who uses it.
  struct Name {
    Indices providers;
    Indices wanters;
  };

  const Place* place(const std::string& key) const;
  bool refuses(const Place& place, Index target) const;
  Indices effective_targets(Index of) const;
  Indices effective_sources(Index of) const;
  std::vector<std::string> keys_of(const Indices& places) const;
  std::vector<std::string> reach(const std::string& key, Indices (DependencyGraph::*next)(Index) const) const;

  void link_names(Index of);
  void unlink_names(Index of);
  Indices meant_by(const DependencyNode& node) const;
  /// Looks its names up again; true when they mean something else now.
  bool resolve(Index of);
  Indices wanters_of_names(const DependencyNode& node) const;
  void refresh(Indices places);
  void untangle(Indices changed);
  Indices knot_of(Index of) const;
  void cut(Indices knot);

  std::vector<Place> places_;
  Indices free_;
  std::unordered_map<std::string, Index> place_of_;
  std::unordered_map<std::string, Name> names_;
  Indices tangled_;  ///< those with a refused edge
  std::vector<std::string> changed_problems_;
};

}  // namespace healer
