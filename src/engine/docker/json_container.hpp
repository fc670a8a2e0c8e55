#pragma once

#include <string_view>

#include "base/result.hpp"
#include "model/container.hpp"

namespace healer::docker {

/// The answer of GET /containers/{id}/json, Docker's and Podman's. Protocol names the field that does not
/// fit.
Result<Container> parse_container(std::string_view json);

/// One element of GET /containers/json.
Result<ContainerSummary> parse_summary(std::string_view json);

}  // namespace healer::docker
