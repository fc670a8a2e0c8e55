#pragma once

#include <string_view>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// The answer of GET /containers/{id}/json, Docker's and Podman's. Protocol names the field that does not
/// fit. `product`: whose commands the advice names.
Result<Container> parse_container(std::string_view json, Product product = Product::Docker);

/// One element of GET /containers/json.
Result<ContainerSummary> parse_summary(std::string_view json);

}  // namespace healer::docker
