// Some containers have another owner, who starts another one when this one ends: the engine's restart, start,
// kill and recreate would work against it.
#include "field/field_case.hpp"

namespace healer::testing {
namespace {

struct Owned {
  const char* name;
  Labels labels;
  const char* owner;  ///< an expression that names it
};

const std::vector<Owned> owned = {
    // moby/moby#25256, moby/moby#28739: a Swarm service makes a new task beside the restarted one.
    {"stack_web.1.x7k2",
     {{"com.docker.swarm.task.id", "t1x7k2"},
      {"com.docker.swarm.task.name", "stack_web.1.t1x7k2"},
      {"com.docker.swarm.service.name", "stack_web"},
      {"com.docker.swarm.service.id", "s1"},
      {"com.docker.swarm.node.id", "n1"},
      {"com.docker.swarm.task", ""}},
     "swarm"},
    // podman-container-tools/podman#28589: systemd counts the restart as the end of its unit.
    {"quadlet", {{"PODMAN_SYSTEMD_UNIT", "web.service"}}, "systemd|web\\.service"},
    {"k8s_web_shop-5f6d_default_1",
     {{"io.kubernetes.pod.name", "shop-5f6d"},
      {"io.kubernetes.pod.namespace", "default"},
      {"io.kubernetes.pod.uid", "b8b1"},
      {"io.kubernetes.container.name", "web"}},
     "kubernetes|\\bpod\\b"},
    {"web-3c2a", {{"com.hashicorp.nomad.alloc_id", "3c2a6f2e-8d0e-4a68-b8a3-4f7a1c2b9d10"}}, "nomad"},
    {"ecs-web-1-nginx",
     {{"com.amazonaws.ecs.task-arn", "arn:aws:ecs:eu-central-1:123456789012:task/shop/1"},
      {"com.amazonaws.ecs.container-name", "nginx"},
      {"com.amazonaws.ecs.cluster", "shop"}},
     "\\becs\\b"},
    {"addon_core_mosquitto",
     {{"io.hass.type", "addon"}, {"io.hass.version", "6.4.0"}, {"supervisor_managed", ""}},
     "home assistant|supervisor|hass"},
    {"main_123_456",
     {{"io.balena.supervised", "true"}, {"io.balena.app-id", "123"}, {"io.balena.service-name", "main"}},
     "balena"},
};

TEST_CASE("owner: an unhealthy container of another owner is notified, never restarted") {
  FieldCase field;
  std::vector<std::string> names;
  std::vector<ScriptedContainer*> made;
  for (const Owned& one : owned) {
    made.push_back(&field.container(one.name, {.labels = one.labels}));
    names.emplace_back(one.name);
  }
  made.push_back(&field.container("removed-at-its-end", {.policy = "no", .auto_remove = true}));
  names.emplace_back("removed-at-its-end");
  field.start();
  for (const ScriptedContainer* one : made) field.checked(*one, 1);
  for (const ScriptedContainer* one : made) one->app().say(503);
  field.untouched(names, 16);
  for (const Owned& one : owned) field.notified(one.name, one.owner);
  field.notified("removed-at-its-end", "auto.?remove|--rm|removed");
  field.canary_is_healed();
}

TEST_CASE("owner: a container of another owner that crashed is not started") {
  // Without a restart policy healer starts what crashed; here the owner does, or has a reason not to.
  FieldCase field;
  std::vector<std::string> names;
  std::vector<ScriptedContainer*> made;
  for (const Owned& one : owned) {
    made.push_back(&field.container(one.name, {.labels = one.labels, .policy = "no"}));
    names.emplace_back(one.name);
  }
  field.start();
  for (const ScriptedContainer* one : made) field.checked(*one, 1);
  for (ScriptedContainer* one : made) field.engine().crash(*one, 1);
  field.untouched(names, 12);
  field.canary_is_healed();
}

TEST_CASE("owner: labels that only resemble an owner's do not keep healer from healing") {
  // Against a rule taken too far: compose, labels that an image brings along (Red Hat's say io.k8s and
  // io.openshift), and names that contain an owner's.
  FieldCase field;
  std::vector<ScriptedContainer*> made = {
      &field.container("shop-web-1", {.labels = compose_labels("shop", "web")}),
      &field.container("ubi", {.labels = {{"io.k8s.description", "a base image"},
                                          {"io.k8s.display-name", "ubi"},
                                          {"io.openshift.tags", "base"},
                                          {"io.buildah.version", "1.33"}}}),
      &field.container("swarmpit", {.labels = {{"com.example.swarm", "yes"}, {"swarmpit.role", "ui"}}}),
      &field.container("nomad-ui", {.labels = {{"org.opencontainers.image.title", "nomad"}}}),
  };
  field.start();
  for (const ScriptedContainer* one : made) field.checked(*one, 1);
  for (const ScriptedContainer* one : made) one->app().say(503);
  for (const ScriptedContainer* one : made) field.healed(one->name);
}

}  // namespace
}  // namespace healer::testing
