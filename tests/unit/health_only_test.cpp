// Workloads whose exits are not healed (as tools that watch health alone do), and hooks before a remedy.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const Dialect dialects[] = {Dialect::Docker20, Dialect::Docker26, Dialect::Podman};

Policy health_only() {
  Policy policy = Scene::policy();
  policy.heal_exits = false;
  return policy;
}

HostPolicy with_hook() {
  HostPolicy policy = Scene::host_policy();
  policy.hook_limit = 40s;
  return policy;
}

/// An unhealthy "web" whose order is neither executed nor answered within a test's time.
Box& with_held_order(Scene& scene) {
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.fate = OrderFate::Silent;
  box.stop_takes = 1000h;
  REQUIRE(scene.pass_until_decision("restart web"));
  return box;
}

}  // namespace

TEST_CASE("health only: a container that exits by itself is left alone until an operator starts it") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web", health_only());
    scene.crash(box, 3);
    scene.pass(1h);
    CHECK(scene.decisions().empty());
    CHECK(scene.logged("left alone: only its health is watched"));
    scene.start(box);
    scene.pass(5min);
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
  }
}

TEST_CASE("health only: a container that exits after a restart by healer is started by healer") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", health_only());
  box.broken = true;
  box.ready_after = 1h;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(1s);
  scene.crash(box, 3);
  REQUIRE(scene.pass_until_decision("start web"));
}

TEST_CASE("a workload with notifications off is healed without a notification") {
  Policy policy = Scene::policy();
  policy.notify.enabled = false;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(5min);
  CHECK(scene.notifications.empty());
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
}

TEST_CASE("hook: a stop while the hook runs counts as an operator's stop") {
  Scene scene(Dialect::Docker20, with_hook());
  INFO(scene.transcript());
  Box& box = with_held_order(scene);
  scene.stop(box);
  scene.pass(5min);
  CHECK(scene.logged("stopped by an operator"));
  scene.send(RemedyFinished{scene.orders[0].attempt, "web", RemedyAnswer::Refused, "it changed"});
  scene.pass(1h);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("hook: a stop after the hook has ended counts as healer's own") {
  Scene scene(Dialect::Docker20, with_hook());
  INFO(scene.transcript());
  Box& box = with_held_order(scene);
  scene.send(RemedyFinished{scene.orders[0].attempt, "web", RemedyAnswer::Begun, ""});
  scene.stop(box);
  scene.pass(5s);
  CHECK(!scene.logged("stopped by an operator"));
}

TEST_CASE("hook: healer waits for the engine's answer longer by the hook's time limit") {
  for (const bool hook : {false, true}) {
    Scene scene(Dialect::Docker20, hook ? with_hook() : Scene::host_policy());
    INFO(scene.transcript());
    with_held_order(scene);
    const Duration limit = scene.orders[0].deadline + 15s;
    scene.pass(limit);
    CHECK(scene.logged("no answer to the order") == !hook);
    scene.pass(40s);
    CHECK(scene.logged("no answer to the order"));
  }
}
