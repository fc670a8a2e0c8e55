#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "engine/docker/labels.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// The answer of GET /containers/{id}/json: the facts about the container that the answer alone shows, and
/// what has to be asked for the others.
struct Inspected {
  Container container;          ///< without what belongs_to() adds, drivers of networks and operator_command
  bool removed_at_end = false;  ///< HostConfig.AutoRemove
  std::vector<std::string> health_test;  ///< the HEALTHCHECK's command, as configured: "CMD", "true"
  std::vector<std::string> exec_ids;     ///< commands that run inside, or did
  std::vector<std::string> network_ids;  ///< of container.networks, in their order; may be empty
  std::vector<std::string> secrets;      ///< secret values of its environment
};

/// Reads the answer of Docker or Podman. Protocol: names the field that does not fit. `product`: its commands
/// are in Container::advice.
Result<Inspected> parse_inspect(std::string_view json, Product product = Product::Docker);

/// Whether the labels claim what only the image's labels can prove.
bool needs_image(const Container& container);

/// Adds identity, dependencies and owner, by the labels of the container and of its image.
void belongs_to(Inspected& inspected, const ImageEvidence& image);

/// The facts of the answer alone, as if the image had no labels, for the adapter's own use.
Result<Container> parse_container(std::string_view json, Product product = Product::Docker);

/// Reads one element of GET /containers/json. Its identity is what the labels claim: the image's labels are
/// not read for a list.
Result<ContainerSummary> parse_summary(std::string_view json);

/// The labels in the answer of GET /images/{id}/json.
Result<Labels> parse_image_labels(std::string_view json);

}  // namespace healer::docker
