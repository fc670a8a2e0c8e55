#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/container.hpp"

namespace healer::docker {

/// Which workload a container belongs to by the labels that compose gives it; all empty for any other
/// container.
Identity compose_identity(const std::map<std::string, std::string>& labels);

/// The services that must be healthy first, as "project/service", by the label
/// `com.docker.compose.depends_on` ("db:service_healthy:false,cache:service_started:true"). A service that
/// has to end, not to be healthy (service_completed_successfully), is left out: it is down when all is well.
std::vector<std::string> compose_dependencies(const std::map<std::string, std::string>& labels);

}  // namespace healer::docker
