// healer is killed at any instant, and the next process continues from the stored state.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("restart of healer: an open incident continues without a second degraded notification") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  scene.decisions();
  scene.pass(20s);
  scene.restart_healer();
  scene.pass(10s);
  CHECK(scene.core->watched() == 1);
  box.fixed_by_start = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.incidents.size() == 1);
  CHECK(scene.notifications_of(NotificationKind::Degraded) == 1);
  CHECK(scene.attempts.at(3).number == 3);
}

TEST_CASE("restart of healer: a failing streak continues, and a check of the new process decides") {
  const auto failures_at_order = [](unsigned threshold_after, Duration away) {
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.failure_threshold = 8;
    Box& box = scene.healthy("web", policy);
    box.broken = true;
    REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 6; }, 10min));
    scene.restart_healer(false);
    scene.pass(away);
    policy.failure_threshold = threshold_after;
    box.policy = std::make_shared<const Policy>(policy);
    const unsigned before = scene.probes;
    scene.connect();
    REQUIRE(scene.pass_until_decision("restart web", 10min));
    return scene.probes - before;
  };
  CHECK(failures_at_order(8, 1s) == 2);
  CHECK(failures_at_order(3, 1s) == 1);
  CHECK(failures_at_order(8, 2min) == 8);  // nobody knows what was in between
}

TEST_CASE("restart of healer: budget and backoff are not refilled") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  for (int i = 0; i < 60; ++i) {
    scene.pass(61s);
    scene.restart_healer();
  }
  for (std::size_t i = 5; i < scene.order_times.size(); ++i)
    CHECK(scene.order_times[i] - scene.order_times[i - 5] >= 30min);
  for (std::size_t i = 1; i < scene.order_times.size() && i < 5; ++i)
    CHECK(scene.order_times[i] - scene.order_times[i - 1] >= Duration{15s} * (1 << (i - 1)));
  CHECK(scene.orders.size() >= 5);
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
}

TEST_CASE("restart of healer: an order that was executed is verified, not repeated") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.die_at_order = true;
  SUBCASE("executed before healer is back") {}
  SUBCASE("still under way when healer is back") {
    box.stop_takes = 9s;
  }
  scene.pass(5min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("restart of healer: an order that was not executed ends at its time limit; the next follows") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.die_at_order = false;
  scene.pass(5min);
  CHECK(scene.orders.size() == 2);
  CHECK(scene.order_times[1] - scene.order_times[0] >= 30s);
  CHECK(scene.attempts.at(1).state == AttemptState::NotExecuted);
  CHECK(scene.decisions() == "degraded, restart web, restart web, recovered");
}

TEST_CASE("restart of healer: an order has its time limit, although the clock was set meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.die_at_order = false;
  Duration set_back{0};
  SUBCASE("the clock was set ahead") {
    set_back = -20min;
  }
  SUBCASE("the clock was set back") {
    set_back = 20min;
  }
  scene.at_kill = [&] {
    for (auto& [id, attempt] : scene.attempts) attempt.ordered_at += set_back;
    for (auto& [key, record] : scene.records) record.last_notified += set_back;
  };
  scene.pass(3min);
  // An order that may still be under way has its time limit, not more.
  CHECK(scene.attempts.at(1).state == AttemptState::NotExecuted);
  REQUIRE(scene.orders.size() == 2);
  CHECK(scene.order_times[1] - scene.order_times[0] >= 30s);
}

TEST_CASE("restart of healer: a container that an order left exited is started") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.die_at_order = true;
  scene.fates = {OrderFate::LostHalfway};
  scene.pass(5min);
  CHECK(scene.decisions() == "degraded, restart web, start web, recovered");
}

TEST_CASE("restart of healer: the order to start a crashed container is verified, or a new attempt follows") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("executed") {
    scene.die_at_order = true;
    scene.crash(box, 137);
    scene.pass(5min);
    CHECK(scene.decisions() == "degraded, start web, recovered");
  }
  SUBCASE("not executed") {
    scene.die_at_order = false;
    scene.crash(box, 137);
    scene.pass(5min);
    CHECK(scene.decisions() == "degraded, start web, start web, recovered");
  }
}

TEST_CASE("restart of healer: the next process continues the verification") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(1s);
  CHECK(scene.attempts.at(1).state == AttemptState::Verifying);
  scene.restart_healer();
  scene.pass(1min);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("restart of healer: a container that an operator stopped stays stopped") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("stopped before the restart") {
    scene.stop(box);
    scene.pass(1s);
    scene.restart_healer();
  }
  SUBCASE("stopped while healer was down, and the engine repeats the events") {
    scene.restart_healer(false);
    scene.stop(box);
    box.facts.exit_code = 1;
    scene.pass(1min);
    scene.connect();
  }
  SUBCASE("stopped while healer was down and the workload unhealthy, and the events are lost") {
    box.broken = true;
    scene.fate = OrderFate::Refused;
    REQUIRE(scene.pass_until_decision("restart web"));
    scene.pass(1s);
    scene.restart_healer(false);
    scene.stop(box);
    scene.forget_events();
    scene.connect();
  }
  const std::size_t before = scene.orders.size();
  scene.pass(1h);
  CHECK(scene.orders.size() == before);
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("restart of healer: the next process starts a container that an ended attempt left exited") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.fate = OrderFate::LostHalfway;
  REQUIRE(scene.pass_until_decision("restart web"));
  // The attempt ends and the next one waits for its backoff. Then healer is killed.
  REQUIRE(scene.pass_until([&] { return scene.attempts.at(1).state == AttemptState::NotExecuted; }, 20min));
  scene.fate = OrderFate::Done;
  scene.restart_healer();
  scene.pass(20min);
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("restart of healer: a container that crashed while healer was down is started") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("the engine repeats the events") {
    scene.restart_healer(false);
    scene.crash(box, 0);
    scene.pass(1min);
    scene.connect();
  }
  SUBCASE("the events are lost, and the exit code shows the crash") {
    scene.restart_healer(false);
    scene.crash(box, 2);
    scene.forget_events();
    scene.pass(1min);
    scene.connect();
  }
  SUBCASE("the events are lost, and healer never saw the instance") {
    scene.restart_healer(false);
    scene.restart(box);
    scene.pass(10min);
    scene.crash(box, 2);
    scene.forget_events();
    scene.pass(10min);
    scene.connect();
  }
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, start web, recovered");
}

TEST_CASE("restart of healer: a crashed container is started although healer died before the order") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.inspect_takes = 100ms;
  scene.crash(box, 0);
  REQUIRE(scene.pass_until_decision("degraded"));
  scene.restart_healer(false);
  scene.forget_events();
  scene.connect();
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, start web, recovered");
}

TEST_CASE("restart of healer: the incident of a container that is gone is closed after two minutes") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  box.exists = false;
  scene.restart_healer();
  scene.pass(110s);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Open);
  scene.pass(20s);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Removed);
  CHECK(scene.attempts.at(1).state == AttemptState::Cancelled);
  CHECK(scene.core->watched() == 0);
  scene.restart_healer();
  scene.pass(1h);
  CHECK(scene.decisions() == "degraded, restart web, info, critical");
}

TEST_CASE("restart of healer: learned starts are kept, and so is the start period") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 30s;
  box.stops_cleanly = true;
  scene.connect();
  scene.pass(2min);
  scene.restart_healer();
  scene.pass(1s);
  CHECK(scene.workload("web").health.starts.clean.size() == 1);
  scene.restart(box);
  scene.pass(1s);
  const Duration start_period =
      scene.workload("web").health.start_period_until - scene.workload("web").lifecycle.instance_started;
  CHECK(start_period >= 90s);
  CHECK(start_period <= 110s);
}

TEST_CASE("restart of healer: an instance that had passed a check has no second start period") {
  for (const bool passed : {true, false}) {
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.start_period = 30min;
    Box& box = scene.add("web", policy);
    box.broken = !passed;
    scene.connect();
    scene.pass(1min);
    box.broken = true;
    scene.restart_healer();
    scene.pass(2min);
    CHECK(scene.orders.size() == (passed ? 1 : 0));
  }
}

TEST_CASE("restart of healer: the same events give the same decisions") {
  const auto run = [] {
    Scene scene;
    for (int i = 0; i < 20; ++i) scene.add("web" + std::to_string(i)).broken = i % 2 == 0;
    scene.connect();
    scene.pass(1min);
    scene.lose_engine();
    scene.pass(20s);
    scene.connect();
    scene.pass(1min);
    scene.restart_healer();
    scene.pass(5min);
    return scene.transcript();
  };
  CHECK(run() == run());
}

TEST_CASE("restart of healer: a container that an operator stops while inspects fail stays stopped") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.inspect_fails = true;
  SUBCASE("the former process had opened an incident") {
    box.broken = true;
    scene.stop(box);
    scene.pass(2min);  // no inspect succeeds: the checks are the only source
    REQUIRE(scene.notifications_of(NotificationKind::Degraded) == 1);
    scene.restart_healer();
    scene.pass(20s);
  }
  SUBCASE("stopped while the event stream is lost, and the next process loses the stream again") {
    scene.lose_engine();
    scene.pass(20s);
    scene.stop(box);
    scene.pass(50s);
    scene.restart_healer();
    scene.pass(20s);
    scene.lose_engine();
    scene.connect();
  }
  SUBCASE("the process that received the stop was killed later, without an inspect since") {
    Box& other = scene.add("other");
    SUBCASE("without an inspect before the stop") {
      scene.restart_healer();
      scene.pass(1s);
      CHECK(scene.status("web").condition == Condition::Unknown);
    }
    SUBCASE("with an inspect before the stop that showed it running") {
      scene.inspect_fails = false;
      scene.pass(1min);
      scene.inspect_fails = true;
    }
    scene.stop(box);
    scene.pass(2min);
    scene.kill(other,
               1);  // an event of another container: the engine does not repeat events older than a minute
    scene.pass(1s);
    scene.restart_healer();
  }
  SUBCASE("the process that received the stop was killed later, before it judged the exit") {
    Box& other = scene.add("other");
    scene.inspect_fails = false;
    scene.pass(1min);
    scene.lose_engine();
    scene.stop(box);
    scene.pass(2min);
    scene.kill(other, 1);
    scene.connect();
    scene.pass(1s);
    scene.restart_healer();
  }
  scene.inspect_fails = false;
  scene.pass(10min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("restart of healer: a container stopped and started again while inspects fail is running") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  Box& other = scene.healthy("other");
  scene.inspect_fails = true;
  scene.restart_healer();
  scene.pass(1s);
  scene.stop(box);
  scene.pass(1s);
  scene.start(box);
  scene.pass(2min);
  scene.kill(other, 1);
  scene.pass(1s);
  scene.restart_healer();
  scene.inspect_fails = false;
  scene.pass(1min);
  CHECK(scene.status("web").condition == Condition::Healthy);
  scene.crash(box);
  CHECK(scene.pass_until_decision("start web", 1min));
}
