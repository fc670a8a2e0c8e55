#include "engine/docker/owner.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer::docker {
namespace {

// Who writes which label:
//   com.docker.swarm.*           moby/moby, daemon/cluster/executor/container/container.go: labels(), name()
//   io.kubernetes.pod.*          kubernetes/kubernetes, pkg/kubelet/types/labels.go
//   com.hashicorp.nomad.alloc_id hashicorp/nomad, drivers/docker/driver.go: dockerLabelAllocID
//   com.amazonaws.ecs.*          aws/amazon-ecs-agent, agent/engine/docker_task_engine.go: labelPrefix
//   supervisor_managed           home-assistant/supervisor, supervisor/docker/const.py: LABEL_MANAGED; empty
//   io.balena.supervised         balena-os/balena-supervisor, src/compose/service.ts
//   io.resin.supervised          the same, in older versions
//   PODMAN_SYSTEMD_UNIT          containers/podman, pkg/systemd/define/const.go: EnvVariable
const std::string task_id = "com.docker.swarm.task.id";
const std::string task_name = "com.docker.swarm.task.name";
const std::string task_service = "com.docker.swarm.service.name";
const std::string pod_prefix = "io.kubernetes.pod.";
const std::string nomad_allocation = "com.hashicorp.nomad.alloc_id";
const std::string ecs_prefix = "com.amazonaws.ecs.";
const std::string home_assistant = "supervisor_managed";
const std::string balena = "io.balena.supervised";
const std::string resin = "io.resin.supervised";
const std::string systemd_unit = "PODMAN_SYSTEMD_UNIT";

constexpr std::size_t longest_name = 80;

/// podman-compose names this unit on every container, whether the unit exists or not, and the unit does not
/// restart single containers (podman_compose.py: compose_systemd).
constexpr std::string_view podman_compose_unit = "podman-compose@";

std::string shown(std::string_view text) {
  return clip(printable(text), longest_name);
}

const std::string* own_with_prefix(const Labels& container, const Labels& image, const std::string& prefix) {
  for (auto at = container.lower_bound(prefix); at != container.end() && at->first.starts_with(prefix); ++at)
    if (const std::string* own = own_label(container, image, at->first)) return own;
  return nullptr;
}

std::string pod_name(const Labels& container) {
  const std::string pod = label_value(container, pod_prefix + "name");
  if (pod.empty()) return "Kubernetes";
  const std::string space = label_value(container, pod_prefix + "namespace");
  return fmt::format("Kubernetes (pod {}{}{})", shown(space), space.empty() ? "" : "/", shown(pod));
}

std::string ecs_name(const Labels& container) {
  const std::string family = label_value(container, ecs_prefix + "task-definition-family");
  return family.empty() ? "Amazon ECS" : fmt::format("Amazon ECS (task {})", shown(family));
}

std::string unit_of(const Labels& container, const Labels& image) {
  const std::string* unit = own_label(container, image, systemd_unit);
  return !unit || unit->empty() || unit->starts_with(podman_compose_unit) ? std::string() : *unit;
}

}  // namespace

std::optional<SwarmTask> swarm_task(const std::string& container_name, const Labels& container) {
  const std::string id = label_value(container, task_id);
  const std::string service = label_value(container, task_service);
  // A container of an image that was committed from a task carries its labels, and has a name of its own.
  if (id.empty() || service.empty() || !container_name.starts_with(service + ".")) return {};
  const std::string ending = "." + id;
  const std::string name = label_value(container, task_name);
  SwarmTask task{service, name.empty() ? container_name : name};
  if (task.slot.ends_with(ending)) task.slot.resize(task.slot.size() - ending.size());
  return task;
}

bool is_owner_label(std::string_view name) {
  const std::array single{&nomad_allocation, &home_assistant, &balena, &resin, &systemd_unit};
  return name.starts_with(pod_prefix) || name.starts_with(ecs_prefix) ||
         std::any_of(single.begin(), single.end(), [&](const std::string* label) { return name == *label; });
}

Owner owner_of(const std::string& container_name, const Labels& container, const Labels& image,
               bool removed_at_end) {
  if (const auto task = swarm_task(container_name, container))
    return {fmt::format("Docker Swarm (service {})", shown(task->service)), false};
  if (own_with_prefix(container, image, pod_prefix)) return {pod_name(container), false};
  if (const std::string* allocation = own_label(container, image, nomad_allocation))
    return {fmt::format("Nomad (allocation {})", shown(allocation->substr(0, 8))), false};
  if (own_with_prefix(container, image, ecs_prefix)) return {ecs_name(container), false};
  if (own_label(container, image, home_assistant)) return {"the Home Assistant Supervisor", false};
  if (own_label(container, image, balena) || own_label(container, image, resin))
    return {"the Balena supervisor", false};
  // Before AutoRemove: Quadlet starts its containers with --rm.
  if (const std::string unit = unit_of(container, image); !unit.empty())
    return {"systemd unit " + shown(unit), true};
  if (removed_at_end) return {"the engine, by which it is removed at its end (AutoRemove)", false};
  return {};
}

}  // namespace healer::docker
