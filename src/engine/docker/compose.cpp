#include "engine/docker/compose.hpp"

#include "base/text.hpp"

namespace healer::docker {
namespace {

using Labels = std::map<std::string, std::string>;

std::string label(const Labels& labels, const char* name) {
  const auto found = labels.find(std::string("com.docker.compose.") + name);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

Identity compose_identity(const Labels& labels) {
  Identity identity;
  identity.one_off = parse_bool(label(labels, "oneoff")).value_or(false);
  const std::string project = label(labels, "project");
  const std::string service = label(labels, "service");
  if (project.empty() || service.empty()) return identity;
  const std::string number = label(labels, "container-number");
  identity.service = project + "/" + service;
  identity.key = identity.service + "/" + (number.empty() ? "1" : number);
  return identity;
}

std::vector<std::string> compose_dependencies(const Labels& labels) {
  const std::string project = label(labels, "project");
  std::vector<std::string> services;
  if (project.empty() || label(labels, "service").empty()) return services;
  for (const std::string& entry : split(label(labels, "depends_on"), ',')) {
    const std::vector<std::string> parts = split(entry, ':');
    if (parts.empty()) continue;
    const std::string service{trim(parts[0])};
    const bool ends = parts.size() > 1 && trim(parts[1]) == "service_completed_successfully";
    if (!service.empty() && !ends) services.push_back(project + "/" + service);
  }
  return services;
}

}  // namespace healer::docker
