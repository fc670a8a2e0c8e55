#include "engine/docker/compose.hpp"

#include <utility>

#include "base/text.hpp"

namespace healer::docker {
namespace {

const std::string project_label = "com.docker.compose.project";
const std::string service_label = "com.docker.compose.service";
const std::string number_label = "com.docker.compose.container-number";
const std::string oneoff_label = "com.docker.compose.oneoff";
const std::string hash_label = "com.docker.compose.config-hash";
const std::string image_label = "com.docker.compose.image";
const std::string depends_on_label = "com.docker.compose.depends_on";
// podman-compose writes its hash under its own name, and all other labels under docker compose's
// (containers/podman-compose, podman_compose.py: podman_compose_labels).
const std::string podman_hash_label = "io.podman.compose.config-hash";

constexpr const char* name_is_identity = "the container's own name is its identity";

bool has_hash(const Labels& container) {
  return !label_value(container, hash_label).empty() || !label_value(container, podman_hash_label).empty();
}

bool made_by_compose(const Labels& container, const Labels& image) {
  if (!has_hash(container)) return false;
  for (const std::string& label : {hash_label, podman_hash_label, image_label})
    if (const std::string* own = own_label(container, image, label); own && !own->empty()) return true;
  return false;
}

bool is_one_off(const Labels& container) {
  return parse_bool(label_value(container, oneoff_label)).value_or(false);
}

/// Reads "db:service_healthy:true,migrate:service_completed_successfully:false".
void read_dependencies(const Labels& container, const std::string& project, ComposeFacts& facts) {
  for (const std::string& entry : split(label_value(container, depends_on_label), ',')) {
    const std::vector<std::string> parts = split(entry, ':');
    const std::string service{parts.empty() ? std::string_view() : trim(parts[0])};
    if (service.empty()) continue;
    const std::string name = project + "/" + service;
    if (parts.size() > 1 && trim(parts[1]) == "service_completed_successfully") {
      facts.start_order.awaited_jobs.push_back(name);
      continue;
    }
    facts.start_order.dependencies.push_back(name);
    if (parts.size() > 2 && trim(parts[2]) == "true") facts.start_order.restarted_with.push_back(name);
  }
}

std::string incomplete(const Labels& container) {
  std::string missing;
  for (const std::string& label : {project_label, service_label, number_label})
    if (label_value(container, label).empty()) missing += (missing.empty() ? "" : ", ") + label;
  if (!has_hash(container)) missing += (missing.empty() ? "" : ", ") + hash_label;
  return "its labels of compose lack " + missing + ": " + name_is_identity;
}

}  // namespace

bool is_compose_label(std::string_view name) {
  return name.starts_with("com.docker.compose.") || name.starts_with("io.podman.compose.");
}

ComposeFacts compose_facts(const Labels& container, const Labels& image) {
  ComposeFacts facts;
  facts.identity.one_off = is_one_off(container) && own_label(container, image, oneoff_label);
  const std::string project = label_value(container, project_label);
  const std::string service = label_value(container, service_label);
  const std::string number = label_value(container, number_label);
  if (made_by_compose(container, image)) {
    if (!project.empty() && !service.empty()) read_dependencies(container, project, facts);
    if (!project.empty() && !service.empty() && !number.empty()) {
      facts.identity.service = project + "/" + service;
      facts.identity.key = facts.identity.service + "/" + number;
    } else if (!facts.identity.one_off) {  // compose does not number a one-off container
      facts.identity.problem = incomplete(container);
    }
    return facts;
  }
  const bool claims =
      own_label(container, image, project_label) || own_label(container, image, service_label);
  if (has_hash(container) && !project.empty() && !service.empty() && !number.empty())
    facts.identity.problem = std::string("its labels of compose come from its image: ") + name_is_identity;
  else if (claims && !facts.identity.one_off)
    facts.identity.problem = incomplete(container);
  return facts;
}

ComposeFacts unproven_compose(const Labels& container, std::string problem) {
  ComposeFacts facts;
  facts.identity.one_off = is_one_off(container);
  facts.identity.problem = std::move(problem) + ": " + name_is_identity;
  return facts;
}

std::string compose_service(const Labels& labels) {
  const std::string project = label_value(labels, project_label);
  const std::string service = label_value(labels, service_label);
  return project.empty() || service.empty() || is_one_off(labels) ? std::string() : project + "/" + service;
}

}  // namespace healer::docker
