#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/docker/labels.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// A task of a service of Docker Swarm, by the labels that the engine gives to a task's container.
struct SwarmTask {
  std::string service;  ///< "shop_web"
  std::string slot;     ///< "shop_web.1"; of a global service with the node's id instead of the number
};

/// The Swarm task that the container is; empty: it is none. A task's container has the task's name, so the
/// labels of a container that was made from a committed image do not count.
std::optional<SwarmTask> swarm_task(const std::string& container_name, const Labels& container);

/// Whether the label names an owner for which the image's labels matter: of all but a Swarm task.
bool is_owner_label(std::string_view name);

/// Who starts and stops the container instead of an operator; an empty name: nobody. `image`: the labels of
/// the image, empty if they are not known (then an inherited label counts: an owner that healer respects in
/// vain does no harm). `removed_at_end`: the engine removes the container when it ends.
Owner owner_of(const std::string& container_name, const Labels& container, const Labels& image,
               bool removed_at_end);

}  // namespace healer::docker
