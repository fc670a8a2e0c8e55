// HEALING.md 3: the event stream ends, the engine goes down and comes back.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("engine: while it is down, answers count, no remedy is ordered, operators are notified once") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.lose_engine();
  box.broken = true;
  scene.pass(9s);
  CHECK(scene.decisions() == "");
  for (int i = 0; i < 5; ++i) scene.send(EngineLost{"connection refused"});
  scene.pass(10min);
  CHECK(scene.decisions() == "critical, degraded");
  CHECK(scene.notifications[0].event == "ENGINE DOWN");
  CHECK(scene.status("web").condition == Condition::Unhealthy);
  CHECK(scene.status("web").hold->kind == HoldKind::EngineDown);
  scene.connect();
  scene.pass(2s);
  CHECK(scene.decisions() == "recovered, restart web");
  scene.pass(5min);
  CHECK(scene.decisions() == "recovered");
}

TEST_CASE(
    "engine: while it is down, a published port that refuses says nothing: its proxy went with the engine") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.lose_engine();
  ProbeFacts refused;
  refused.end = ProbeEnd::Refused;
  box.answer = refused;
  scene.pass(10min);
  CHECK(scene.decisions() == "critical");
  CHECK(scene.status("web").failures == 0);
  CHECK(scene.status("web").condition == Condition::Unknown);
  box.answer.reset();
  scene.connect();
  scene.pass(5min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.notifications[0].dedup_key == scene.notifications[1].dedup_key);
}

TEST_CASE("engine: back within ten seconds is not worth a notification") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  for (int i = 0; i < 3; ++i) {
    scene.lose_engine();
    scene.pass(9s);
    scene.connect();
    scene.pass(1min);
  }
  CHECK(scene.decisions() == "");
  scene.lose_engine();
  scene.pass(11s);
  CHECK(scene.decisions() == "critical");
}

TEST_CASE("engine: not running at healer's start: notified once, and healer waits") {
  Scene scene;
  INFO(scene.transcript());
  scene.add("web");
  scene.send(EngineLost{"no such socket"});
  scene.pass(1min);
  CHECK(scene.decisions() == "critical");
  scene.connect();
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("engine: a remedy that became due while it was down is due when it is back") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  scene.fate = OrderFate::Refused;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  scene.pass(1s);
  scene.lose_engine();
  scene.pass(10min);
  CHECK(scene.orders.size() == 3);
  box.fixed_by_start = true;
  scene.fate = OrderFate::Done;
  scene.connect();
  scene.pass(1min);
  CHECK(scene.orders.size() == 4);
}

TEST_CASE("engine: lost while an order is under way: the order is settled, not repeated") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.stop_takes = 5s;
  scene.fate = OrderFate::LostDone;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(50ms);
  scene.lose_engine();
  scene.pass(20s);
  scene.connect();
  scene.pass(1min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
}

TEST_CASE("engine: an operator's stop while the stream is down is known afterwards and left alone") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26, Dialect::Podman}) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.healthy("other");  // runs on, so this is no shutdown
    scene.lose_engine();
    scene.pass(1min);
    scene.stop(box);
    scene.pass(1min);
    scene.connect();
    scene.pass(1h);
    CHECK(scene.orders.empty());
    CHECK(scene.status("web").condition == Condition::Stopped);
  }
}

TEST_CASE("engine: killed and back without live-restore: a container that does not come back is started") {
  Scene scene;
  INFO(scene.transcript());
  Box& policy = scene.healthy("policy");
  Box& plain = scene.healthy("plain");
  scene.lose_engine(false);
  for (Box* box : {&policy, &plain}) {
    box->facts.state = ContainerState::Exited;
    box->facts.exit_code = 137;
  }
  scene.pass(5s);
  scene.connect();
  scene.pass(10s);
  scene.start(policy);  // by its restart policy
  scene.pass(15s);
  CHECK(scene.decisions() == "");
  scene.pass(10s);
  CHECK(scene.decisions() == "degraded, start plain");
  CHECK(scene.incidents.at(1).cause == IncidentCause::NotBackAfterEngine);
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
}

TEST_CASE("engine: with live-restore the containers go on") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.lose_engine();
  scene.pass(5s);
  scene.connect();
  scene.pass(5min);
  CHECK(scene.decisions() == "");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("engine: an orderly shutdown is no operator's stop") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26, Dialect::Podman}) {
    for (const bool inspects_fail : {false, true}) {
      Scene scene(dialect);
      INFO(scene.transcript());
      Box& policy = scene.healthy("policy");
      scene.healthy("plain");
      Box& before = scene.healthy("before");
      scene.stop(before);  // by an operator, long before the shutdown
      scene.pass(10min);
      scene.inspect_fails = inspects_fail;  // while the engine shuts down
      scene.shut_engine_down();
      scene.inspect_fails = false;
      scene.pass(5s);
      scene.connect();  // the engine repeats its last events
      scene.pass(2s);
      scene.start(policy);
      scene.pass(20s);
      CHECK(scene.decisions() == "");
      scene.pass(1min);
      CHECK(scene.decisions() == "degraded, start plain, recovered");
      CHECK(scene.status("before").condition == Condition::Stopped);
      CHECK(scene.status("policy").condition == Condition::Healthy);
    }
  }
}

TEST_CASE("engine: containers that its shutdown stopped are started, also by a healer that began meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.healthy("other");
  scene.pass(10min);
  scene.shut_engine_down();
  scene.pass(5s);
  scene.restart_healer(false);
  scene.pass(5s);
  scene.forget_events();  // a new engine process does not repeat them
  scene.connect();
  SUBCASE("healer lives on") {
    scene.pass(2min);
  }
  SUBCASE("healer dies before it has judged the exit") {
    scene.pass(1s);
    scene.forget_events();
    scene.restart_healer();
    scene.pass(2min);
  }
  SUBCASE("healer dies while it waits for the restart policy") {
    scene.pass(10s);
    scene.forget_events();
    scene.restart_healer();
    scene.pass(2min);
  }
  CHECK(scene.orders.size() == 2);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("other").condition == Condition::Healthy);
}

TEST_CASE("engine: its shutdown while a remedy is being verified is no operator's stop") {
  Policy policy = Scene::policy();
  std::string remedy = "restart web";
  SUBCASE("a restart") {}
  SUBCASE("a signal, which may have caused the exit") {
    policy.remedies.front().kind = RemedyKind::Kill;
    policy.remedies.front().signal = 1;
    remedy = "kill web";
  }
  Scene scene;
  INFO(scene.transcript());
  Box& web = scene.healthy("web", policy);
  scene.healthy("other");
  web.broken = true;
  web.fixed_by_start = false;
  REQUIRE(scene.pass_until_decision(remedy));
  scene.pass(2s);
  scene.shut_engine_down();
  web.broken = false;
  scene.pass(5s);
  scene.connect();
  scene.pass(10min);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("other").condition == Condition::Healthy);
}

TEST_CASE("engine: its shutdown is recognised although the inspect of a container in a crash loop failed") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.healthy("other");
  Box& loop = scene.add("loop");
  loop.facts.engine_restarts.policy = RestartPolicy::Always;
  scene.pass(1min);
  scene.inspect_fails = true;
  scene.crash(loop);
  scene.pass(20ms);  // between two restarts, by the events
  scene.shut_engine_down();
  scene.inspect_fails = false;
  scene.pass(5s);
  scene.connect();
  scene.pass(10min);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("other").condition == Condition::Healthy);
}

TEST_CASE("engine: stops that arrive late, just before its stream ends again, are no shutdown") {
  Scene scene;
  INFO(scene.transcript());
  Box& web = scene.healthy("web");
  Box& other = scene.healthy("other");
  scene.lose_engine();
  scene.stop(web);
  scene.stop(other);
  scene.pass(50s);
  scene.connect();
  scene.pass(1s);
  scene.lose_engine();
  scene.connect();
  scene.pass(10min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("engine: one of several stopped just before the stream ends stays an operator's stop") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.healthy("other");
  scene.stop(box);
  scene.pass(20ms);
  scene.lose_engine();
  scene.pass(1min);
  scene.connect();
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("engine: stops of all running containers are its shutdown if the stream ends within 3 s") {
  for (const Duration gap : {2s, 4s}) {
    CAPTURE(gap.count());
    Scene scene;
    INFO(scene.transcript());
    Box& web = scene.healthy("web");
    Box& other = scene.healthy("other");
    scene.stop(web);
    scene.stop(other);
    scene.pass(gap);
    scene.lose_engine();
    scene.pass(5s);
    scene.connect();
    scene.pass(10min);
    CHECK(scene.orders.size() == (gap < 3s ? 2 : 0));
  }
}

TEST_CASE("engine: a failed inspect before a remedy is repeated, and no remedy is ordered without it") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.inspect_fails = true;
  scene.pass(5min);
  CHECK(scene.decisions() == "degraded");
  scene.inspect_fails = false;
  scene.pass(10s);
  CHECK(scene.decisions().starts_with("restart web"));
}

TEST_CASE("engine: an old stop that is repeated is no part of a shutdown") {
  Scene scene;
  INFO(scene.transcript());
  Box& before = scene.healthy("before");
  Box& other = scene.healthy("other");
  scene.stop(before);
  scene.pass(40s);
  scene.stop(other);
  scene.lose_engine();
  scene.connect();  // the engine repeats the events of the last minute
  scene.pass(10ms);
  scene.lose_engine();
  scene.connect();
  scene.pass(5min);
  CHECK(scene.status("before").condition == Condition::Stopped);
}
