#include "core/identity.hpp"

#include "base/text.hpp"

namespace healer {
namespace {

const std::string* label(const Container& container, const char* name) {
  const auto found = container.labels.find(name);
  return found == container.labels.end() || found->second.empty() ? nullptr : &found->second;
}

}  // namespace

std::string workload_key(const Container& container) {
  const std::string* project = label(container, "com.docker.compose.project");
  const std::string* service = label(container, "com.docker.compose.service");
  const std::string* number = label(container, "com.docker.compose.container-number");
  if (project && service) return *project + "/" + *service + "/" + (number ? *number : "1");
  return container.name;
}

bool is_watched(const Container& container, const Policy& policy, const ProbeOrigin& probe_origin) {
  if (policy.selection != Selection::OptedIn) return false;
  if (container.id == probe_origin.own_container_id) return false;
  const std::string* oneoff = label(container, "com.docker.compose.oneoff");
  return !(oneoff && parse_bool(*oneoff).value_or(false));
}

}  // namespace healer
