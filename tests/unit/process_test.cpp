// HEALING.md 3: what happened to the process.
#include <doctest/doctest.h>

#include "model/forms.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

const Dialect dialects[] = {Dialect::Docker20, Dialect::Docker26, Dialect::Podman};

Policy never_touch() {
  Policy policy = Scene::policy();
  policy.remedies.front().kind = RemedyKind::None;
  return policy;
}

}  // namespace

TEST_CASE(
    "process: after a crash without a restart policy the container is started at once, then with backoff") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    box.ready_after = 1h;
    const Instant before = scene.now();
    scene.crash(box, 3);
    REQUIRE(scene.pass_until_decision("start web"));
    // Podman sends `stop` after the exit that it caused, so healer judges an exit on Podman later.
    CHECK(scene.now() - before < (dialect == Dialect::Podman ? Duration{2100ms} : Duration{10ms}));
    CHECK(scene.decisions() == "degraded, start web");
    CHECK(scene.notifications[0].text.find("exited by itself with code 3") != std::string::npos);
    const Instant first = scene.order_times[0];
    scene.pass(1s);
    scene.crash(box, 3);
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
    CHECK(scene.order_times[1] - first >= 15s);
    CHECK(scene.order_times[1] - first < 16s);
  }
}

TEST_CASE("process: an unchecked container that an operator starts after a crash recovers by staying up") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 0;  // healer starts nothing; the operator does
  Box& box = scene.healthy("web", policy);
  box.facts.ports.clear();
  scene.resync();
  scene.pass(1min);
  scene.crash(box);
  scene.pass(1min);
  REQUIRE(scene.incidents.size() == 1);
  scene.start(box);
  scene.pass(policy.retry.verify_limit - 1s);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Open);
  scene.pass(2s);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::RecoveredAlone);
}

TEST_CASE("process: exit code 0 is a crash too, except under the restart policy on-failure") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.crash(box, 0);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, start web, recovered");
  Box& job = scene.add("job");
  job.facts.engine_restarts.policy = RestartPolicy::OnFailure;
  scene.pass(1min);
  scene.crash(job, 0);
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("job").condition == Condition::Completed);
}

TEST_CASE("process: a crash with a restart policy is left to the engine and counted") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    box.facts.engine_restarts.policy = RestartPolicy::Always;
    scene.pass(1min);
    scene.crash(box);
    scene.pass(2min);
    CHECK(scene.decisions() == "");
    CHECK(scene.logged("left to the engine's restart policy (1 in 30m)"));
    CHECK(scene.status("web").condition == Condition::Healthy);
  }
}

TEST_CASE("process: a restart by the engine that ends before the inspect answer is counted too") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  scene.inspect_takes = 1s;
  for (int i = 0; i < 2; ++i) {
    scene.crash(box);
    scene.pass(20s);
  }
  CHECK(scene.workload("web").lifecycle.crashes.size() == 2);
  CHECK(scene.decisions() == "");
}

TEST_CASE("process: a container that its restart policy has not restarted within 30 s is started") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  scene.resync();
  scene.pass(1min);
  scene.crash(box);
  box.facts.state = ContainerState::Exited;  // the engine does not restart the container
  scene.pass(29s);
  CHECK(scene.decisions() == "");
  scene.pass(2s);
  CHECK(scene.decisions() == "degraded, start web");
}

TEST_CASE("process: a crash loop is one critical notification, and is over when the container stays up") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  for (int i = 0; i < 8; ++i) {
    scene.pass(20s);
    scene.crash(box);
  }
  CHECK(scene.decisions() == "critical");
  CHECK(scene.notifications[0].event == "CRASH LOOP");
  scene.pass(50s);
  CHECK(scene.decisions() == "");
  scene.pass(15s);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.orders.empty());
}

TEST_CASE("process: a container that is up but unhealthy after a crash loop is healed") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  for (int i = 0; i < 5; ++i) {
    scene.pass(20s);
    scene.crash(box);
  }
  scene.pass(1s);
  box.broken = true;
  scene.pass(55s);
  CHECK(scene.orders.empty());
  scene.pass(30s);
  CHECK(scene.orders.size() == 1);
  scene.pass(2min);
  CHECK(scene.decisions() == "critical, restart web, recovered");
}

TEST_CASE("process: out of memory is a crash, and the incident names the cause") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.memory_limit_note = "limit 64 MiB";
  scene.resync();
  scene.pass(1s);
  scene.crash(box, 137, true);
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, start web");
  CHECK(scene.incidents.at(1).cause == IncidentCause::OutOfMemory);
  const auto& exit = std::get<reason::Exited>(scene.incidents.at(1).reason);
  CHECK(exit.out_of_memory);
  CHECK(exit.exit_code == 137);
  CHECK(exit.memory_limit == "limit 64 MiB");
}

TEST_CASE("process: a container that an operator stopped is left alone until an operator starts it") {
  for (const Dialect dialect : dialects) {
    for (const Duration look : {Duration{1ms}, Duration{700ms}}) {
      Scene scene(dialect);
      INFO(scene.transcript());
      Box& box = scene.healthy("web");
      scene.inspect_takes = look;
      scene.stop(box);
      scene.pass(1h);
      CHECK(scene.decisions() == "");
      CHECK(scene.status("web").condition == Condition::Stopped);
      CHECK(scene.records.at("web").stopped_by_operator);
      scene.start(box);
      scene.pass(1min);
      CHECK(scene.status("web").condition == Condition::Healthy);
      box.broken = true;
      scene.pass(1min);
      CHECK(scene.orders.size() == 1);
    }
  }
}

TEST_CASE("process: docker kill counts as an operator's stop, docker kill -s HUP does not") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.kill(box, 9);
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  scene.start(box);
  scene.pass(1min);
  scene.kill(box, 1);
  scene.pass(1min);
  scene.crash(box, 1);
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, start web");
}

TEST_CASE("process: an operator's stop cancels the planned remedy") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.attempts.count(1) != 0 && scene.attempts.at(1).ended_at; }));
  CHECK_FALSE(scene.workload("web").remediation.attempt.has_value());
  scene.stop(box);
  scene.pass(1h);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.logged("planned remedy cancelled: stopped by an operator"));
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::StoppedByOperator);
}

TEST_CASE("process: no remedy while an operator is stopping the container") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  EngineEvent kill;
  kill.container_id = box.facts.id;
  kill.report = StopRequested{StopForm::Signal, 15};
  kill.unix_nanoseconds = scene.now().time_since_epoch().count() * 1'000'000;
  // The container stops listening first and drains for 25 s.
  box.hangs = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  kill.unix_nanoseconds = scene.now().time_since_epoch().count() * 1'000'000;
  scene.send(kill);
  scene.pass(25s);
  CHECK(scene.decisions() == "degraded");
  SUBCASE("the container stops") {
    scene.stop(box);
    scene.pass(1h);
    CHECK(scene.decisions() == "info");
    CHECK(scene.orders.empty());
  }
  SUBCASE("the container survives the signal") {
    scene.pass(10s);
    CHECK(scene.decisions() == "restart web");
  }
}

TEST_CASE("process: an operator's stop before the inspect answer of a new instance is recognised") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.inspect_takes = 400ms;
  scene.restart(box);
  scene.pass(200ms);
  scene.stop(box);  // the kill event arrives before the inspect answer about the new instance
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("process: an operator's stop is recognised although the answer to an order is lost") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.fate = OrderFate::LostDone;  // the answer is lost before the restart is complete
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(310ms);
  REQUIRE(box.facts.state == ContainerState::Running);
  scene.stop(box);
  scene.pass(1h);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("process: a stop after a crash makes the container stopped by the operator, not crashed") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  scene.resync();
  scene.pass(1min);
  scene.crash(box);
  scene.pass(10ms);
  scene.stop(box);  // while the engine is about to restart it
  scene.pass(1h);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE(
    "process: a paused container gets no checks and no notification; after the unpause it starts anew") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  scene.pause(box);
  scene.pass(10ms);
  const unsigned probes = scene.probes;
  scene.pass(1h);
  CHECK(scene.probes == probes);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Paused);
  scene.unpause(box);
  scene.pass(100ms);
  CHECK(scene.status("web").failures <= 1);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("process: a restart ends a pause that is set during it; a pause after it cancels the attempt") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.stop_takes = 1s;
  SUBCASE("the order ends the pause: verified") {
    REQUIRE(scene.pass_until_decision("restart web"));
    scene.pause(box);
    scene.pass(1min);
    CHECK(scene.decisions() == "degraded, restart web, recovered");
  }
  SUBCASE("a pause after the order: cancelled") {
    box.fixed_by_start = false;
    REQUIRE(scene.pass_until_decision("restart web"));
    scene.pass(1005ms);
    scene.pause(box);
    scene.pass(1h);
    CHECK(scene.orders.size() == 1);
    CHECK(scene.attempts.at(1).state == AttemptState::Cancelled);
    scene.unpause(box);
    scene.pass(20s);
    CHECK(scene.orders.size() == 2);
  }
}

TEST_CASE("process: an operator's restart is a new instance and no incident") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    for (int i = 0; i < 7; ++i) {
      box.broken = true;
      REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
      scene.restart(box);
      scene.pass(1s);
      CHECK(scene.status("web").failures == 0);
    }
    scene.pass(5min);
    CHECK(scene.decisions() == "");
  }
}

TEST_CASE("process: an operator's restart that ends before the inspect answer is no crash") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.inspect_takes = 500ms;
    for (int i = 0; i < 7; ++i) {
      scene.restart(box);
      scene.pass(30s);
    }
    CHECK(scene.decisions() == "");
    CHECK(scene.workload("web").lifecycle.crashes.empty());
  }
}

TEST_CASE("process: a deployment keeps the history and raises no notification") {
  for (const Dialect dialect : dialects) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& old = scene.healthy("web");
    old.broken = true;
    scene.pass(1min);
    CHECK(scene.decisions() == "degraded, restart web, recovered");
    scene.pass(1s);
    Box& fresh = scene.recreate(scene.box("web"));
    scene.pass(3min);
    CHECK(scene.decisions() == "");
    CHECK(scene.status("web").condition == Condition::Healthy);
    CHECK(scene.status("web").container_id == fresh.facts.id);
    CHECK(scene.status("web").remedies.attempts_in_window == 1);
    CHECK(scene.core->watched() == 1);
  }
}

TEST_CASE("process: a new container of a deployment that exits at once is a crash") {
  Scene scene;
  INFO(scene.transcript());
  Box& old = scene.healthy("web");
  Box& fresh = scene.recreate(old);
  scene.crash(fresh, 1);  // before the first inspect
  scene.pass(5s);
  CHECK(scene.decisions() == "degraded, start web");
}

TEST_CASE("process: two running containers of one identity are watched by name until one is gone") {
  Scene scene;
  INFO(scene.transcript());
  Box& old = scene.healthy("web");
  join_service(old.facts, "shop", "web");
  Scene compose;
  Box& first = compose.add("shop-web-1");
  first.facts.identity = old.facts.identity;
  compose.connect();
  compose.pass(1min);
  Box& second = compose.add("tmp_shop-web-1");
  second.facts.identity = old.facts.identity;
  compose.pass(1min);
  // While both run, each is watched under its own name.
  for (int i = 0; i < 3; ++i) {
    CHECK(compose.status("shop-web-1").container_id == first.facts.id);
    CHECK(compose.status("tmp_shop-web-1").container_id == second.facts.id);
    CHECK(compose.status("tmp_shop-web-1").problems.size() == 1);
    CHECK_FALSE(compose.core->find("shop/web/1"));
    compose.resync();
    compose.pass(1min);
  }
  compose.remove(first);
  compose.pass(5min);
  CHECK(compose.decisions() == "");
  CHECK(compose.status("shop/web/1").container_id == second.facts.id);
  CHECK(compose.core->watched() == 1);
}

TEST_CASE("process: a renamed container is one workload under its new name") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.name = "shop";
  EngineEvent rename;
  rename.container_id = box.facts.id;
  rename.report = Changed{};
  rename.unix_nanoseconds = scene.now().time_since_epoch().count() * 1'000'000;
  scene.send(rename);
  scene.pass(2min);
  CHECK(scene.core->watched() == 1);
  CHECK(scene.status("shop").condition == Condition::Healthy);
  CHECK_FALSE(scene.core->find("web"));
}

TEST_CASE("process: the incident of a removed container is closed after two minutes") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", never_touch());
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded");
  scene.remove(box);
  scene.pass(110s);
  CHECK(scene.decisions() == "");
  scene.pass(20s);
  CHECK(scene.decisions() == "info, critical");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Removed);
  CHECK(scene.core->watched() == 0);
}

TEST_CASE("process: a container that is missing from an older list is not removed") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.send(SyncCompleted{{}});  // listed before it was created
  scene.pass(5min);
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("process: a container that vanished without an event is removed by the next list") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.exists = false;
  scene.resync();
  scene.pass(5min);
  CHECK(scene.core->watched() == 0);
  CHECK(scene.decisions() == "info");
  CHECK(scene.notifications.back().event == "REMOVED");
}

TEST_CASE("process: events of unknown containers and from the past change nothing") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  for (const std::string_view tag : tags_of<EngineReport>()) {
    EngineEvent event;
    with_alternative(event.report, tag, [](auto&) {});
    event.container_id = "stranger";
    scene.send(event);
    if (std::holds_alternative<Removed>(event.report)) continue;
    event.container_id = box.facts.id;
    event.unix_nanoseconds = 1;
    scene.send(event);
  }
  scene.send(ContainerGone{"stranger"});
  scene.send(InspectFailed{"stranger", {}});
  scene.send(RemedyFinished{AttemptId{99}, "web", RemedyAnswer::Lost, ""});
  scene.send(RemedyFinished{AttemptId{99}, "stranger", RemedyAnswer::Done, ""});
  scene.send(Tick{"stranger"});
  scene.send(OperatorReset{"stranger"});
  scene.pass(1min);
  scene.crash(box);  // the kill event from the past does not make this exit an operator's stop
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, start web");
}
