#pragma once

#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/workload/workload.hpp"
#include "model/container.hpp"
#include "model/effect.hpp"

namespace healer {

class Workloads;

/// Network parents: containers whose network other containers (the children) share. A parent may be watched
/// or not. Its facts are kept here, because workload/network.cpp decides by them about the children.
///
///   parent     | input                                | next    | what is done
///   -----------+--------------------------------------+---------+-------------------------------------------
///   (none)     | a child's configuration names it     | Awaited | inspected; a key from the state file
///   counts (none)     | ... and its key is known             | Known   | Awaited    | inspected | Known   |
///   its key is stored with its children Awaited    | gone                                 | (none)  | its
///   replacement is looked for by the stored
///              |                                      |         | key
///   Known      | inspected                            | Known   | a running container of its key is the
///              |                                      |         | present one
///   Known      | gone                                 | Known   | another container of its key is the
///   present
///              |                                      |         | one, or none
///   any        | its last child is gone or has        | (none)  |
///              | another network                      |         |
class SharedNetworks {
 public:
  // What a workload reads.

  /// The present container of the parent with this key; null: none is known.
  const Container* present(const std::string& parent_key) const;
  /// The facts of the parent with this container id; null: it was not inspected.
  const Container* facts(const std::string& id) const;
  bool is_awaited(const std::string& id) const { return awaited_.contains(id); }

  // What the host does.

  enum class Followed { SameParent, OtherParent };
  /// Follows the parent that the workload's container names.
  Followed follow(Workload& workload, Effects& out);
  /// The workload shares no network any more.
  void leave(Workload& workload);
  /// Takes the facts of a container, whose key is `container_key`, if children share its network. The key of
  /// the parent whose children must be looked at.
  std::optional<std::string> inspected(const Container& container, const std::string& container_key,
                                       Workloads& workloads);
  /// A parent that was removed before its first inspect: the keys under which a replacement may exist.
  std::set<std::string> awaited_gone(const std::string& id, const Workloads& workloads);
  /// A parent that was removed; its key, nothing if the container is no known parent.
  std::optional<std::string> gone(const std::string& id);
  bool is_known(const std::string& id) const { return key_of_.contains(id); }
  /// The workloads that share the network, sorted.
  std::vector<std::string> children(const std::string& parent_key) const;
  /// The parents that must be inspected after a full list, sorted: those that are unwatched, unlisted or
  /// awaited. Their events may be lost. `listed` is sorted.
  std::vector<std::string> to_inspect(const std::vector<std::string>& listed,
                                      const Workloads& workloads) const;

 private:
  struct Network {
    std::string id;                  ///< of the parent's present container; empty: gone
    std::set<std::string> children;  ///< keys of workloads
  };

  std::unordered_map<std::string, Container> facts_;                ///< by container id
  std::unordered_map<std::string, std::string> key_of_;             ///< by container id: the parent's key
  std::unordered_map<std::string, Network> networks_;               ///< by the parent's key
  std::unordered_map<std::string, std::set<std::string>> awaited_;  ///< by id: keys of the children
};

}  // namespace healer
