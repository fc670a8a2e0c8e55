// HEALING.md 3: the event stream ends, the engine goes and comes back.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("engine: away means unknown, nothing is ordered, and one notification each way") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.lose_engine();
  box.broken = true;
  scene.pass(9s);
  CHECK(scene.decisions() == "");
  for (int i = 0; i < 5; ++i) scene.send(EngineLost{"connection refused"});
  scene.pass(10min);
  CHECK(scene.decisions() == "critical");
  CHECK(scene.notifications[0].event == "ENGINE DOWN");
  CHECK(scene.status("web").failures == 0);
  CHECK(scene.status("web").condition == Condition::Unknown);
  box.broken = false;
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

TEST_CASE("engine: never there at healer's start: said, and waited for") {
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

TEST_CASE("engine: what was due while it was away is due when it is back") {
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

TEST_CASE("engine: lost while an order is under way: settled, not repeated") {
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

TEST_CASE("engine: stopped by an operator while it could not tell: notified afterwards, hands off") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26, Dialect::Podman}) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.healthy("other");  // which keeps running: so this is no shutdown
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

TEST_CASE("engine: killed and back, without live-restore: what does not come back by itself is started") {
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
  scene.start(policy);  // by its own policy
  scene.pass(15s);
  CHECK(scene.decisions() == "");
  scene.pass(10s);
  CHECK(scene.decisions() == "degraded, start plain");
  CHECK(scene.incidents.at(1).cause == IncidentCause::NotBackAfterEngine);
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
}

TEST_CASE("engine: with live-restore everything goes on") {
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
      scene.stop(before);  // an operator's, long ago
      scene.pass(10min);
      scene.inspect_fails = inspects_fail;  // it is shutting down
      scene.shut_engine_down();
      scene.inspect_fails = false;
      scene.pass(5s);
      scene.connect();  // and repeats its last events
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

TEST_CASE("engine: what its shutdown stopped is started also by a healer that began meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.healthy("other");
  scene.pass(10min);
  scene.shut_engine_down();
  scene.pass(5s);
  scene.restart_healer(false);
  scene.pass(5s);
  scene.forget_events();  // they went with the engine's process
  scene.connect();
  SUBCASE("which lives") {
    scene.pass(2min);
  }
  SUBCASE("and dies as well before it judged the exit") {
    scene.pass(1s);
    scene.forget_events();
    scene.restart_healer();
    scene.pass(2min);
  }
  SUBCASE("and dies while it waits for the engine's own policy") {
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
  SUBCASE("a signal, whose doing a death may be") {
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

TEST_CASE("engine: its shutdown is known for one though a look at the one in a crash loop failed") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.healthy("other");
  Box& loop = scene.add("loop");
  loop.facts.restart_policy = RestartPolicy::Always;
  scene.pass(1min);
  scene.inspect_fails = true;
  scene.crash(loop);
  scene.pass(20ms);  // between two instances, as was heard
  scene.shut_engine_down();
  scene.inspect_fails = false;
  scene.pass(5s);
  scene.connect();
  scene.pass(10min);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("other").condition == Condition::Healthy);
}

TEST_CASE("engine: stops heard late, just before its stream ends again, are no shutdown") {
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

TEST_CASE("engine: stops of all that ran are its shutdown's when its stream ends within three seconds") {
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

TEST_CASE("engine: inspects that fail before acting are repeated, nothing is done blindly") {
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

TEST_CASE("engine: an old stop that is only said again is no part of a shutdown") {
  Scene scene;
  INFO(scene.transcript());
  Box& before = scene.healthy("before");
  Box& other = scene.healthy("other");
  scene.stop(before);
  scene.pass(40s);
  scene.stop(other);
  scene.lose_engine();
  scene.connect();  // everything of the last minute is said again
  scene.pass(10ms);
  scene.lose_engine();
  scene.connect();
  scene.pass(5min);
  CHECK(scene.status("before").condition == Condition::Stopped);
}
