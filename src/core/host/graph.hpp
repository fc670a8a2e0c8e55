#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "model/container.hpp"
#include "model/policy.hpp"

namespace healer {

/// What a workload's configuration says about its dependencies. HEALING.md 5.
struct DependencyNode {
  std::string key;
  std::string name;                   ///< of the container
  std::string service;                ///< "project/service"; empty: it belongs to no service
  std::vector<std::string> declared;  ///< by the engine's tools (compose), as "project/service"
  std::vector<std::string> named;     ///< Policy.depends_on, as written
  std::string network_parent;         ///< key of the workload whose network it shares; empty: none
  bool operator==(const DependencyNode&) const = default;
};

/// The dependencies among watched workloads, by key. Each change resolves the affected names anew, so a
/// dependency may appear after the workload that names it, and may vanish and return.
///
/// A name of `healer.depends_on` means every container of that service in the workload's own project. If
/// there is none, it means each workload with that container name, that "project/service" or that key.
///
/// An edge that closes a cycle is refused. Within a cycle the walk begins at the smallest key, so the refused
/// edges do not depend on the order in which the workloads appeared.
///
///   a workload ...   | what follows
///   -----------------+-----------------------------------------------------------------------------------
///   appears, changes | its names are resolved, and the names of the workloads that name it
///   is removed       | the names of the workloads that name it are resolved; refused edges of a cycle that
///                    | it was part of count again
///   same as before   | nothing
///
/// A change costs as much as the workload can reach, a query as much as it visits. Nothing is recursive.
class DependencyGraph {
 public:
  using NotReady = std::function<bool(const std::string& key)>;

  /// Adds or updates the workload with this key. False: nothing changed.
  bool set(DependencyNode node);
  /// False: there is no workload with this key.
  bool remove(const std::string& key);

  /// Workloads wait until the jobs of this service have completed.
  void await_jobs(const std::string& service) { awaited_jobs_.insert(service); }
  bool awaits_jobs(const std::string& service) const { return awaited_jobs_.contains(service); }

  std::size_t size() const { return place_of_.size(); }

  // Results are sorted by key and leave out refused edges. Empty for an unknown key.
  std::vector<std::string> dependencies(const std::string& key) const;
  /// All dependencies of `key`, direct or not.
  std::vector<std::string> closure(const std::string& key) const;
  /// All workloads that depend on `key`, directly or not.
  std::vector<std::string> ripple(const std::string& key) const;

  bool has_dependents(const std::string& key) const;
  /// The first dependency, as it is named, that no watched workload provides. Empty: healer watches all of
  /// them.
  std::optional<std::string> unwatched_dependency(const std::string& key) const;

  /// The root to heal first: of the dependencies of `key` that are not ready, direct or not, one that has no
  /// such dependency itself; of several the smallest key. Nothing: all are ready.
  std::optional<std::string> failing_root(const std::string& key, const NotReady& not_ready) const;

  /// One problem for each refused edge, with the cycle in container names: "web -> api -> web".
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
    Indices targets;  ///< dependencies, refused edges included; sorted
    Indices sources;  ///< places that have this one as a target; sorted
    std::vector<Refused> refused;
    bool used = false;
  };
  /// The workloads that a name means, and the workloads that use the name.
  struct Name {
    Indices providers;
    Indices wanters;
  };

  const Place* place(const std::string& key) const;
  /// A watched workload has this name.
  bool provided(const std::string& name) const;
  bool refuses(const Place& place, Index target) const;
  Indices effective_targets(Index of) const;
  Indices effective_sources(Index of) const;
  std::vector<std::string> keys_of(const Indices& places) const;
  std::vector<std::string> reach(const std::string& key, Indices (DependencyGraph::*next)(Index) const) const;

  void link_names(Index of);
  void unlink_names(Index of);
  Indices meant_by(const DependencyNode& node) const;
  /// Resolves the names of the place anew; true: its targets changed.
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
  Indices tangled_;  ///< places with a refused edge
  std::vector<std::string> changed_problems_;
  std::unordered_set<std::string> awaited_jobs_;  ///< services
};

}  // namespace healer
