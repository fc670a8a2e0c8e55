// HEALING.md 2 and 5: whose trouble an answer tells of.
#include <doctest/doctest.h>

#include <tuple>

#include "core/workload/command_result.hpp"
#include "core/workload/verdict.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

ProbeFacts says(int status) {
  ProbeFacts facts;
  facts.status = status;
  return facts;
}

/// Orders within two hours in which a proven probe is answered so, whatever healer does.
std::size_t orders_for(const ProbeFacts& answer, Scene& scene) {
  Box& box = scene.healthy("web");
  box.answer = answer;
  scene.pass(2h);
  return scene.orders.size();
}

}  // namespace

TEST_CASE("answers: something in front of the path is no reason for a remedy") {
  ProbeFacts certificate;
  certificate.end = ProbeEnd::TlsFailed;
  certificate.wants_certificate = true;
  for (const ProbeFacts& answer : {says(301), says(302), says(401), says(403), certificate}) {
    Scene scene;
    INFO(scene.transcript());
    CHECK(orders_for(answer, scene) == 0);
    CHECK(scene.status("web").hold->kind == HoldKind::Access);
    CHECK(scene.notifications_of(NotificationKind::Degraded) == 1);
  }
}

TEST_CASE("answers: a path that is gone, and a proxy without its upstream, get one attempt") {
  for (const auto& [status, kind] : {std::pair(404, HoldKind::Access), std::pair(502, HoldKind::Upstream),
                                     std::pair(504, HoldKind::Upstream)}) {
    Scene scene;
    INFO(scene.transcript());
    CHECK(orders_for(says(status), scene) == 1);
    CHECK(scene.status("web").hold->kind == kind);
  }
}

TEST_CASE("answers: an unknown result does not end a hold that a failure began") {
  ProbeFacts unknown;
  unknown.end = ProbeEnd::NoRoute;
  for (const auto& [status, orders, kind] :
       {std::tuple(401, 0U, HoldKind::Access), std::tuple(502, 1U, HoldKind::Upstream)}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    box.answer = says(status);
    scene.pass(30min);
    CHECK(scene.orders.size() == orders);
    box.answer = unknown;
    scene.pass(30min);
    CHECK(scene.orders.size() == orders);
    CHECK(scene.status("web").hold->kind == kind);
    box.answer = says(500);
    CHECK(scene.pass_until_decision("restart web", 10min));
  }
}

TEST_CASE("answers: other failures use the budget up") {
  for (const int status : {400, 500, 503}) {
    Scene scene;
    CHECK(orders_for(says(status), scene) > 1);
  }
}

TEST_CASE("answers: 429 is a live application that is asked less") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.answer = says(429);
  box.answer->retry_after = 2min;
  scene.pass(1min);
  const unsigned before = scene.probes;
  scene.pass(20min);
  CHECK(scene.probes - before <= 11);
  CHECK(scene.decisions() == "info");
  CHECK(scene.orders.empty());
}

TEST_CASE("answers: an application gets the time that it asks for, within limits") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.answer = says(503);
  box.answer->retry_after = 3min;
  const Instant from = scene.now();
  CHECK(scene.pass_until_decision("restart web", 1h));
  CHECK(scene.now() - from >= 3min);
  CHECK(scene.now() - from < 5min);
}

TEST_CASE("answers: an application that asks for time again after a vain attempt is left alone for an hour") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.fixed_by_start = false;
  box.answer = says(503);
  box.answer->retry_after = 1min;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 1; }, 1h));
  scene.pass(55min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.pass_until([&] { return scene.orders.size() == 2; }, 15min));
}

TEST_CASE("answers: declared maintenance is not notified for ten minutes and holds for an hour") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.answer = says(503);
  box.answer->maintenance = true;
  scene.pass(9min);
  CHECK(scene.decisions() == "");
  scene.pass(5min);
  CHECK(scene.decisions() == "degraded");
  scene.pass(40min);
  CHECK(scene.orders.empty());
  CHECK(scene.pass_until_decision("restart web", 15min));
}

TEST_CASE("answers: what one check says of maintenance outlasts the answers of the others") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  NamedProbe admin;
  admin.name = "admin";
  admin.spec.port = 9000;
  policy.named_probes = {admin};
  Box& box = scene.add("web", policy);
  box.facts.ports.push_back(PortBinding{9000, true, "127.0.0.1", 19000});
  scene.connect();
  scene.pass(1min);
  box.answers[9000] = says(200);
  box.answers[80] = says(503);
  box.answers[80].maintenance = true;
  scene.pass(9min);
  CHECK(scene.decisions() == "");
  scene.pass(40min);
  CHECK(scene.orders.empty());
}

TEST_CASE("answers: a full disk holds the remedy until the check says something else") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.answer = says(500);
  box.answer->detail = "write /data/x: No space left on device";
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").hold->kind == HoldKind::Disk);
  box.answer = says(500);
  CHECK(scene.pass_until_decision("restart web", 2min));
}

TEST_CASE("command: one that cannot run says nothing of the application") {
  for (const std::pair<int, const char*>& row : std::initializer_list<std::pair<int, const char*>>{
           std::pair(127, ""), std::pair(126, "permission denied"), std::pair(1, "sh: curl: not found"),
           std::pair(1, "/bin/sh: 1: wget: not found\n"), std::pair(1, "bash: line 1: nc: command not found"),
           std::pair(-1, "OCI runtime exec failed: exec failed: unable to start container process"),
           std::pair(-1, "rpc error: code = Unknown")}) {
    CAPTURE(row.second);
    CHECK(command_cannot_run(row.first, row.second));
  }
}

TEST_CASE("command: a HEALTHCHECK that cannot run is not believed when its output comes late") {
  Policy policy = Scene::policy();
  policy.probe.kind = ProbeKind::Engine;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.facts.health = EngineHealth::Healthy;
  box.facts.health_check.interval = 30s;
  box.facts.health_check.timeout = 5s;
  scene.connect();
  scene.pass(1s);
  scene.inspect_takes = 5s;  // healer waits 2 s for the output
  box.facts.health_check.output = "/bin/sh: 1: curl: not found";
  box.facts.health_check.exit_code = 127;
  scene.engine_health(box, EngineHealth::Unhealthy);
  scene.pass(1min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").hold->kind == HoldKind::Unproven);
  scene.inspect_takes = 1ms;
  box.facts.health_check.output = "HTTP 500";
  box.facts.health_check.exit_code = 1;
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(1s);
  scene.engine_health(box, EngineHealth::Unhealthy);
  CHECK(scene.pass_until_decision("restart web", 10min));
}

TEST_CASE("command: what ran and failed is a failure") {
  for (const std::pair<int, const char*>& row : std::initializer_list<std::pair<int, const char*>>{
           std::pair(0, "sh: curl: not found"), std::pair(1, ""),
           std::pair(22, "curl: (22) error: 404 Not Found"),
           std::pair(-1, "Health check exceeded timeout (3s)"), std::pair(1, "user not found"),
           std::pair(126, "OCI runtime exec failed: fork/exec: resource temporarily unavailable"),
           std::pair(1, "sh: can't open /tmp/healthy: No such file or directory"), std::pair(137, "")}) {
    CAPTURE(row.second);
    CHECK_FALSE(command_cannot_run(row.first, row.second));
  }
}
