#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/container.hpp"

namespace healer::docker {

/// The workload that a container belongs to, by its compose labels. All fields are empty without such labels.
Identity compose_identity(const std::map<std::string, std::string>& labels);

/// The services that must be healthy first, as "project/service", by the label
/// `com.docker.compose.depends_on` ("db:service_healthy:false,cache:service_started:true"). Leaves out
/// services that must end, not be healthy (service_completed_successfully): their containers normally do not
/// run.
std::vector<std::string> compose_dependencies(const std::map<std::string, std::string>& labels);

}  // namespace healer::docker
