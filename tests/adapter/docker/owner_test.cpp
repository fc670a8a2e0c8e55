#include "engine/docker/owner.hpp"

#include <doctest/doctest.h>

using namespace healer;
using namespace healer::docker;

namespace {

Owner owner(const Labels& labels, const Labels& image = {}) {
  return owner_of("web", labels, image, false);
}

/// The labels of a task's container, as moby writes them.
Labels task(const std::string& name, const std::string& id, const std::string& service) {
  return {{"com.docker.swarm.task", ""},
          {"com.docker.swarm.task.id", id},
          {"com.docker.swarm.task.name", name},
          {"com.docker.swarm.service.name", service}};
}

}  // namespace

TEST_CASE("owner: each orchestrator and supervisor is known by its labels") {
  CHECK(owner({{"io.kubernetes.pod.name", "web-7c9f"}, {"io.kubernetes.pod.namespace", "shop"}}) ==
        Owner{"Kubernetes (pod shop/web-7c9f)", false});
  CHECK(owner({{"io.kubernetes.pod.uid", "1"}}) == Owner{"Kubernetes", false});
  CHECK(owner({{"com.hashicorp.nomad.alloc_id", "4243abe5-1b52-1791-4af9-8383a649265b"}}) ==
        Owner{"Nomad (allocation 4243abe5)", false});
  CHECK(
      owner({{"com.amazonaws.ecs.task-arn", "arn"}, {"com.amazonaws.ecs.task-definition-family", "shop"}}) ==
      Owner{"Amazon ECS (task shop)", false});
  CHECK(owner({{"com.amazonaws.ecs.cluster", "c"}}) == Owner{"Amazon ECS", false});
  CHECK(owner({{"supervisor_managed", ""}}) == Owner{"the Home Assistant Supervisor", false});
  CHECK(owner({{"io.balena.supervised", "true"}}) == Owner{"the Balena supervisor", false});
  CHECK(owner({{"io.resin.supervised", "true"}}) == Owner{"the Balena supervisor", false});
  CHECK(owner({{"PODMAN_SYSTEMD_UNIT", "web.service"}}) == Owner{"systemd unit web.service", true});
  CHECK(owner({}) == Owner{});
  CHECK(owner({{"io.kubernetes", "x"}, {"supervisor", "y"}, {"com.docker.compose.project", "p"}}) == Owner{});
}

TEST_CASE("owner: a label that comes from the image names nobody") {
  for (const Labels& labels :
       {Labels{{"io.kubernetes.pod.name", "web"}}, Labels{{"supervisor_managed", ""}},
        Labels{{"com.hashicorp.nomad.alloc_id", "1"}}, Labels{{"com.amazonaws.ecs.cluster", "c"}},
        Labels{{"io.balena.supervised", "true"}}, Labels{{"PODMAN_SYSTEMD_UNIT", "web.service"}}}) {
    CHECK(owner(labels, labels) == Owner{});
    CHECK_FALSE(owner(labels).name.empty());
    CHECK(is_owner_label(labels.begin()->first));
  }
  CHECK(owner({{"PODMAN_SYSTEMD_UNIT", "web.service"}}, {{"PODMAN_SYSTEMD_UNIT", "old.service"}}).name ==
        "systemd unit web.service");
}

TEST_CASE("owner: the engine that removes a container at its end, but a unit that starts it before that") {
  CHECK_FALSE(owner_of("web", {}, {}, true).stable);
  CHECK_FALSE(owner_of("web", {}, {}, true).name.empty());
  CHECK(owner_of("web", {{"PODMAN_SYSTEMD_UNIT", "web.service"}}, {}, true) ==
        Owner{"systemd unit web.service", true});
}

TEST_CASE("owner: the unit that podman-compose names on every container is nobody") {
  CHECK(owner({{"PODMAN_SYSTEMD_UNIT", "podman-compose@shop.service"}}) == Owner{});
  CHECK(owner({{"PODMAN_SYSTEMD_UNIT", ""}}) == Owner{});
}

TEST_CASE("owner: a Swarm task keeps its slot over all its containers") {
  const auto first = swarm_task("shop_web.2.aaa111", task("shop_web.2.aaa111", "aaa111", "shop_web"));
  const auto next = swarm_task("shop_web.2.bbb222", task("shop_web.2.bbb222", "bbb222", "shop_web"));
  REQUIRE(first);
  REQUIRE(next);
  CHECK(first->slot == "shop_web.2");
  CHECK(first->slot == next->slot);
  CHECK(first->service == "shop_web");
  const auto global = swarm_task("agent.node9.ccc", task("agent.node9.ccc", "ccc", "agent"));
  REQUIRE(global);
  CHECK(global->slot == "agent.node9");
  CHECK(owner_of("shop_web.2.aaa111", task("shop_web.2.aaa111", "aaa111", "shop_web"), {}, false) ==
        Owner{"Docker Swarm (service shop_web)", false});
}

TEST_CASE("owner: a container from a committed task is no Swarm task") {
  const Labels copied = task("shop_web.2.aaa111", "aaa111", "shop_web");
  CHECK_FALSE(swarm_task("copy", copied));
  CHECK(owner_of("copy", copied, copied, false) == Owner{});
  CHECK_FALSE(swarm_task("web", {}));
  CHECK_FALSE(swarm_task("web", {{"com.docker.swarm.task.name", "web"}}));
}

TEST_CASE("owner: text from a label is made safe to show") {
  const std::string name = owner({{"PODMAN_SYSTEMD_UNIT", "x\x1b[31m" + std::string(500, 'y')}}).name;
  CHECK(name.find('\x1b') == std::string::npos);
  CHECK(name.size() < 120);
}
