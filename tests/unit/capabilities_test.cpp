// Engines with few capabilities: docs/architecture.md, "The engine".
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// An orchestrator: it can replace an instance and run a command in it.
struct Orchestrated : Scene {
  Orchestrated() { capabilities = {{Capability::Replace, Capability::Exec}, RemedyKind::Replace}; }
};

Policy by_default() {
  Policy policy = Scene::policy();
  policy.remedies.clear();
  return policy;
}

}  // namespace

TEST_CASE("capabilities: without a configured remedy, the engine's default remedy is executed") {
  Scene restarts;
  restarts.healthy("web", by_default()).broken = true;
  restarts.pass(2min);
  CHECK(restarts.decisions() == "degraded, restart web, recovered");

  Orchestrated replaces;
  INFO(replaces.transcript());
  const std::string before = replaces.healthy("web", by_default()).facts.id;
  replaces.box("web").broken = true;
  replaces.pass(2min);
  CHECK(replaces.decisions() == "degraded, replace web, recovered");
  CHECK(replaces.box("web").facts.id != before);
}

TEST_CASE("capabilities: a step that the engine lacks is a problem of the label, and is left out") {
  Orchestrated scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.remedies.emplace_back();  // restart once more: still one problem
  policy.remedies.emplace_back().kind = RemedyKind::Replace;
  scene.healthy("web", policy).broken = true;
  const std::vector<LabelProblem> problems = scene.status("web").problems;
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].label == "healer.remedies");
  CHECK(problems[0].value == "restart");
  CHECK(problems[0].message == "this engine cannot do that; healer can: none, exec, replace, webhook");
  scene.pass(2min);
  CHECK(scene.decisions() == "degraded, replace web, recovered");
}

TEST_CASE("capabilities: a ladder of which the engine can do nothing only notifies") {
  Orchestrated scene;
  INFO(scene.transcript());
  scene.healthy("web", Scene::policy()).broken = true;
  scene.pass(10min);
  CHECK(scene.decisions() == "degraded");
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").problems.size() == 1);
}

TEST_CASE("capabilities: an exited container is replaced if the engine cannot start it") {
  Orchestrated scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_default());
  scene.crash(box, 1);
  scene.pass(2min);
  CHECK(scene.decisions() == "degraded, replace web, recovered");
}

TEST_CASE("capabilities: a lost answer to a replacement is settled by the instance that follows") {
  for (const OrderFate fate : {OrderFate::LostDone, OrderFate::Silent}) {
    Orchestrated scene;
    INFO(scene.transcript());
    scene.healthy("web", by_default()).broken = true;
    scene.fates = {fate};
    scene.pass(10min);
    CHECK(scene.decisions() == "degraded, replace web, recovered");
    CHECK(scene.orders.size() == 1);
  }
}

TEST_CASE("capabilities: a replacement that does not help is followed by another one, with backoff") {
  Orchestrated scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_default());
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  for (const ApplyRemedy& order : scene.orders) CHECK(order.step.kind == RemedyKind::Replace);
}
