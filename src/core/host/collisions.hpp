#pragma once

#include <map>
#include <optional>
#include <string>

#include "core/workload/workload.hpp"
#include "model/event.hpp"

namespace healer {

/// Running containers that claim the same workload, for example because their image carries compose's labels.
///
///   key       | input                                                     | next
///   ----------+-----------------------------------------------------------+-----------
///   (none)    | a container runs, and the workload's container runs, too  | Suspected
///   Suspected | the same is still true after both were inspected again    | Confirmed
///   Suspected | one of the two does not run                               | (none)
///   Confirmed | one of the two was removed                                | (none)
class Collisions {
 public:
  enum class Finding { None, Suspected, Confirmed };
  /// An inspect shows `facts`, whose key is that of `present`.
  Finding seen(const Workload& present, const Container& facts);
  /// The key under which the container is watched: of those that collide, each has its own name.
  /// `key`: that the container's labels give it.
  std::string watched_key(const Container& facts, const std::string& key) const {
    return confirmed_.contains(key) ? facts.name : key;
  }
  /// The container was removed. If it collided, the id of the other container: its key is free now.
  std::optional<std::string> ended_by(const std::string& container_id);
  /// Containers of this service collide, so their coming and going is no deployment.
  bool of_service(const std::string& service) const;
  /// The observation, with a problem for operators if its container collides with another.
  /// `key`: that the container's labels give it.
  ContainerObserved with_problem(ContainerObserved seen, const std::string& key) const;

 private:
  struct InstanceName {
    std::string id;
    std::string name;
  };
  struct Pair {
    InstanceName first;
    InstanceName second;
    std::string service;
  };
  std::map<std::string, std::string> suspected_;  ///< key: id of the container that came later
  std::map<std::string, Pair> confirmed_;
};

}  // namespace healer
