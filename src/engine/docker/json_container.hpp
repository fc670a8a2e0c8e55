#pragma once

#include <string_view>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// Reads the answer of GET /containers/{id}/json of Docker or Podman. Protocol: names the field that does not
/// fit. `product`: its commands are in Container::advice.
Result<Container> parse_container(std::string_view json, Product product = Product::Docker);

/// Reads one element of GET /containers/json.
Result<ContainerSummary> parse_summary(std::string_view json);

}  // namespace healer::docker
