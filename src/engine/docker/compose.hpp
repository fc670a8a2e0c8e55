#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/docker/labels.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// What compose's labels prove about a container.
struct ComposeFacts {
  Identity identity;
  StartOrder start_order;
};

/// Whether the label is one of docker compose's or podman-compose's.
bool is_compose_label(std::string_view name);

/// `image`: the labels of the container's image.
///
/// Compose writes a hash of the service's configuration on each container that it creates, and never on an
/// image: `com.docker.compose.config-hash` (docker compose), `io.podman.compose.config-hash`
/// (podman-compose). A container whose hash is not inherited from its image was made by compose, and its
/// other labels of compose hold, also those that equal the labels of an image that compose built. A hash that
/// is inherited (from `docker commit`) proves nothing, unless `com.docker.compose.image`, the id of the image
/// that compose used, is the container's own.
///
/// The identity needs project, service and container number as well; Identity::problem names what is missing.
/// The labels of a container that compose did not make give nothing, except one_off.
ComposeFacts compose_facts(const Labels& container, const Labels& image);

/// The same if the labels of the image cannot be read: nothing but one_off, and `problem`.
ComposeFacts unproven_compose(const Labels& container, std::string problem);

/// "project/service" by the labels, for an event; empty without such labels, and for a one-off container.
std::string compose_service(const Labels& labels);

}  // namespace healer::docker
