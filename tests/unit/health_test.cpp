// HEALING.md 1 and 2: which containers are watched, and how they are checked.
#include <doctest/doctest.h>

#include "present/status.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("watched: a container that did not opt in is never checked and never changed") {
  Scene scene;
  INFO(scene.transcript());
  Policy neighbour = Scene::policy();
  neighbour.selection = Selection::Unlabelled;
  Box& box = scene.add("neighbour", neighbour);
  scene.connect();
  box.broken = true;
  scene.pass(5min);
  scene.crash(box);
  scene.pass(5min);
  CHECK(scene.probes == 0);
  CHECK(scene.decisions() == "");
  CHECK(scene.core->watched() == 0);
}

TEST_CASE("watched: a container found stopped, a one-off and healer itself are left alone") {
  Scene scene;
  INFO(scene.transcript());
  Box& old = scene.add("old");
  old.facts.state = ContainerState::Exited;
  old.facts.exit_code = 1;
  Box& oneoff = scene.add("oneoff");
  oneoff.facts.identity.one_off = true;
  oneoff.broken = true;
  Box& own = scene.add("healer");
  own.broken = true;
  ProbeOrigin probe_origin;
  probe_origin.own_container_id = own.facts.id;
  probe_origin.host_network = true;
  SUBCASE("healer's own container is known before the list") {
    scene.send(ProbeOriginLearned{probe_origin});
    scene.connect();
  }
  SUBCASE("healer's own container is known after the list") {
    scene.connect();
    scene.pass(10ms);
    scene.send(ProbeOriginLearned{probe_origin});
  }
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.core->watched() == 1);
  CHECK(scene.status("old").condition == Condition::Stopped);
}

TEST_CASE("watched: opting out while unhealthy closes the incident unnotified and cancels its remedy") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.inspect_takes = 1s;
  box.broken = true;
  REQUIRE(scene.pass_until(
      [&] { return std::holds_alternative<Checking>(scene.workload("web").remediation.phase); }));
  Policy out = Scene::policy();
  out.selection = Selection::OptedOut;
  box.policy = std::make_shared<const Policy>(out);
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::OptedOut);
  CHECK(scene.core->watched() == 0);
}

TEST_CASE("watched: opting out and in again during an order never gives two orders at once") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.stop_takes = 5s;
  box.fixed_by_start = false;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  const PolicyPtr in = box.policy;
  Policy out = Scene::policy();
  out.selection = Selection::OptedOut;
  box.policy = std::make_shared<const Policy>(out);
  scene.resync();
  scene.pass(1s);
  CHECK(scene.attempts.at(1).state == AttemptState::Cancelled);
  box.policy = in;
  scene.resync();
  const auto ordered_at = scene.order_times.back();
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  CHECK(scene.order_times.back() - ordered_at > 5s);
}

TEST_CASE("health: three failures log the guide's lines, restart the container and verify it") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("sample-app");
  box.broken = true;
  scene.pass(40s);
  CHECK(scene.logged("sample-app — unhealthy (1/3): HTTP 503"));
  CHECK(scene.logged("sample-app — unhealthy (2/3)"));
  CHECK(scene.logged("sample-app — unhealthy (3/3)"));
  CHECK(scene.logged("RESTARTING sample-app — failed 3 consecutive health checks"));
  CHECK(scene.decisions() == "degraded, restart sample-app, recovered");
  CHECK(scene.status("sample-app").condition == Condition::Healthy);
}

TEST_CASE("health: two failures and then a pass, again and again, open no incident") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  for (int i = 0; i < 5; ++i) {
    box.broken = true;
    REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
    box.broken = false;
    REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 0; }));
  }
  CHECK(scene.decisions() == "");
  CHECK(scene.logged("answers again after 2 failed checks"));
}

TEST_CASE("health: checks run at the interval while healthy, and faster while a verdict is pending") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.probe_times.clear();
  scene.pass(10min);
  CHECK(scene.probe_times.size() >= 38);
  CHECK(scene.probe_times.size() <= 42);
  for (std::size_t i = 1; i < scene.probe_times.size(); ++i) {
    const Duration gap = scene.probe_times[i] - scene.probe_times[i - 1];
    CHECK(gap >= 14250ms);
    CHECK(gap <= 15750ms);
  }
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }));
  scene.probe_times.clear();
  const Instant first = scene.now();
  REQUIRE(scene.pass_until_decision("degraded"));
  CHECK(scene.probe_times.size() == 2);
  CHECK(scene.now() - first <= 2 * 5250ms + 10ms);
}

TEST_CASE("health: the timeout of a check is never longer than the interval") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  Duration given{0};
  scene.after_step = [&](const Event&, const Effects& effects) {
    for (const Effect& effect : effects)
      if (const auto* probe = std::get_if<StartProbe>(&effect)) given = probe->timeout;
  };
  policy.interval = 15s;
  policy.timeout = 5s;
  scene.healthy("web", policy);
  CHECK(given == 5s);
  policy.interval = 3s;
  scene.box("web").policy = std::make_shared<const Policy>(policy);
  scene.resync();
  scene.pass(1min);
  CHECK(given == 3s);
}

TEST_CASE("health: slow answers do not stretch the interval, and no second check starts meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.probe_takes = 4s;
  scene.pass(1min);
  scene.probe_times.clear();
  scene.pass(5min);
  CHECK(scene.probe_times.size() >= 19);
  CHECK(scene.probe_times.size() <= 21);
}

TEST_CASE("health: the first round is at once and the second spread; a later container is checked at once") {
  Scene scene;
  INFO(scene.transcript());
  for (int i = 0; i < 40; ++i) scene.add("web" + std::to_string(i));
  scene.connect();
  scene.pass(10ms);
  CHECK(scene.probes == 40);
  scene.pass(5s);
  CHECK(scene.probes > 45);
  CHECK(scene.probes < 75);
  scene.pass(1h);
  const Instant before = scene.now();
  scene.probe_times.clear();
  scene.add("late");
  REQUIRE(scene.pass_until([&] { return present::status_of(*scene.core, "late", scene.now()).has_value(); }));
  CHECK(scene.now() - before < 10ms);
  CHECK(scene.workload("late").health.probe.has_value());
}

TEST_CASE("health: an outage shorter than a second is seen to end, and a longer one is acted on at once") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.interval = 1s;
  policy.fast_interval = 250ms;
  policy.failure_threshold = 2;
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }));
  SUBCASE("shorter") {
    scene.pass(800ms);
    box.broken = false;
    scene.pass(3s);
    CHECK(scene.decisions() == "");
  }
  SUBCASE("longer") {
    const Instant first = scene.now();
    REQUIRE(scene.pass_until_decision("restart web", 3s));
    const Duration after = scene.now() - first;
    CHECK(after >= 1s);
    CHECK(after <= 1050ms);
  }
}

TEST_CASE("health: unknown moves no counter, and a streak of ten is notified once") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  ProbeFacts no_route;
  no_route.end = ProbeEnd::NoRoute;
  box.answer = no_route;
  REQUIRE(scene.pass_until([&] { return scene.status("web").unknown_streak == 9; }));
  CHECK(scene.decisions() == "");
  REQUIRE(scene.pass_until([&] { return scene.status("web").unknown_streak == 10; }));
  CHECK(scene.notifications.size() == 1);
  scene.pass(10min);
  CHECK(scene.status("web").failures == 2);
  CHECK(scene.status("web").condition == Condition::Unknown);
  CHECK(scene.decisions() == "info");
  const Notification unknown = scene.notifications.back();
  CHECK(unknown.event == "UNKNOWN");
  box.answer.reset();
  scene.pass(30s);
  CHECK(scene.decisions() == "recovered, degraded, restart web, recovered");
  const Notification known = scene.notifications.at(1);
  CHECK(known.event == "KNOWN AGAIN");
  CHECK(known.dedup_key == unknown.dedup_key);
  CHECK(known.text.find("it answers again") != std::string::npos);
}

TEST_CASE("health: a timeout while healer's own loop stood still is unknown") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.hangs = true;
  for (int i = 0; i < 6; ++i) {
    REQUIRE(scene.pass_until([&] { return scene.workload("web").health.probe.has_value(); }));
    scene.send(LoopStalled{3s});
    REQUIRE(scene.pass_until([&] { return !scene.workload("web").health.probe.has_value(); }));
  }
  CHECK(scene.status("web").failures == 0);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("health: a prober that never answers does not stop the checks of a workload") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.answers_probes = false;
  scene.pass(3min);
  CHECK(scene.probes > 10);
  CHECK(scene.status("web").failures == 0);
  scene.answers_probes = true;
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("health: late and repeated results are ignored") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  ProbeFacts refused;
  refused.end = ProbeEnd::Refused;
  for (std::uint64_t id = 0; id < 50; ++id) scene.send(ProbeFinished{ProbeId{id}, "web", refused});
  scene.send(ProbeFinished{ProbeId{1}, "nobody", refused});
  CHECK(scene.status("web").failures <= 1);
  scene.pass(1min);
  CHECK(scene.decisions() == "");
}

TEST_CASE("health: failures in the start period do not count; before a first start it is 120 s long") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 110s;
  scene.connect();
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.workload("web").health.starts.healthy_once);
  const Duration took = scene.workload("web").health.starts.clean.at(0);
  CHECK(took >= 110s);
  CHECK(took <= 116s);  // checked at the fast interval while starting
}

TEST_CASE("health: an instance that never becomes healthy is unhealthy after the start period") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.broken = true;
  scene.connect();
  scene.pass(119s);
  CHECK(scene.decisions() == "");
  scene.pass(30s);
  CHECK(scene.decisions().starts_with("degraded, restart web"));
}

TEST_CASE("health: the start period is three times the slowest of the last ten starts") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 60s;
  scene.connect();
  scene.pass(2min);
  box.ready_after = 20s;
  box.stops_cleanly = true;
  for (int i = 0; i < 10; ++i) {
    scene.restart(box);
    scene.pass(2min);
  }
  CHECK(scene.workload("web").health.starts.clean.size() == 10);
  scene.restart(box);
  scene.pass(1s);
  const Duration start_period =
      scene.workload("web").health.start_period_until - scene.workload("web").lifecycle.instance_started;
  CHECK(start_period >= 60s);
  CHECK(start_period <= 80s);
  CHECK(scene.records.at("web").starts.size() == 10);
}

TEST_CASE("health: starts after an unclean stop are learned apart, so a slow recovery is not restarted") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("db", policy);
  box.stops_cleanly = true;
  scene.connect();
  scene.pass(2min);
  for (int i = 0; i < 3; ++i) {  // clean starts that are healthy at once
    scene.restart(box);
    scene.pass(2min);
  }
  // The container hangs, its stop is unclean, and its next start takes 90 s.
  box.stops_cleanly = false;
  box.hangs = true;
  box.ready_after = 90s;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, restart db, recovered");
  CHECK(scene.records.at("db").unclean_starts.size() == 1);
  CHECK(scene.records.at("db").starts.size() == 4);
  // Now both are learned: the start after an unclean stop, and the clean start.
  const auto start_period = [&] {
    return scene.workload("db").health.start_period_until - scene.workload("db").lifecycle.instance_started;
  };
  CHECK(start_period() == 120s);
  scene.restart(box);
  scene.pass(1s);
  CHECK(start_period() > 270s);
  box.stops_cleanly = true;
  box.ready_after = 0s;
  scene.restart(box);
  scene.pass(1s);
  CHECK(start_period() == policy.interval);
}

TEST_CASE("health: the first pass ends the start period") {
  Policy policy = Scene::policy();
  policy.start_period = 10min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("health: an exit in the start period counts as a crash") {
  Policy policy = Scene::policy();
  policy.start_period = 10min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.ready_after = 5min;
  scene.restart(box);
  scene.pass(20s);
  scene.crash(box);
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, start web");
}

TEST_CASE("health: a missing probe target is logged once and never counts as a failure") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web");
  box.facts.ports.clear();
  scene.connect();
  scene.pass(30min);
  CHECK(scene.probes == 0);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Unreachable);
  CHECK(scene.logged("cannot be checked; its health is unknown"));
  CHECK(scene.steps < 20);  // no check, no wake-up
}

TEST_CASE("health: a workload without a probe target is started after a crash and recovers by staying up") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.facts.ports.clear();
  scene.resync();
  scene.pass(1min);
  scene.crash(box);
  scene.pass(10min);
  CHECK(scene.decisions() == "degraded, start web, recovered");
}

namespace {

Box& with_healthcheck(Scene& scene, const Policy& policy = Scene::policy()) {
  Box& box = scene.add("web", policy);
  box.facts.ports.clear();
  box.facts.health = EngineHealth::Starting;
  box.facts.health_check.interval = 30s;
  box.facts.health_check.timeout = 30s;
  scene.connect();
  scene.pass(1s);
  return box;
}

}  // namespace

TEST_CASE("health: the verdict of the HEALTHCHECK is acted on at once") {
  Dialect dialect = Dialect::Docker20;
  SUBCASE("docker") {}
  SUBCASE("podman") {
    dialect = Dialect::Podman;
  }
  Scene scene(dialect);
  INFO(scene.transcript());
  Box& box = with_healthcheck(scene);
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(10s);
  const Instant before = scene.now();
  scene.engine_health(box, EngineHealth::Unhealthy);
  REQUIRE(scene.pass_until_decision("restart web"));
  CHECK(scene.now() - before < 100ms);
  scene.pass(2s);
  scene.engine_health(box, EngineHealth::Unhealthy);  // verdict of the new instance
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, restart web");
  CHECK(scene.attempts.at(1).state == AttemptState::NotRecovered);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  scene.pass(2s);
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(1s);
  CHECK(scene.decisions() == "restart web, recovered");
  CHECK(scene.probes == 0);
}

TEST_CASE("health: a configured start period also applies to the HEALTHCHECK") {
  Policy policy = Scene::policy();
  policy.start_period = 60s;
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_healthcheck(scene, policy);
  scene.engine_health(box, EngineHealth::Unhealthy);
  scene.pass(50s);
  CHECK(scene.decisions() == "");
  scene.pass(10s);
  CHECK(scene.decisions().starts_with("degraded, restart web"));
}

TEST_CASE("health: a HEALTHCHECK result that is too old is unknown") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_healthcheck(scene);
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(20min);
  CHECK(scene.status("web").condition == Condition::Unknown);
  CHECK(scene.decisions() == "info");
  scene.engine_health(box, EngineHealth::Unhealthy);
  scene.pass(1s);
  CHECK(scene.decisions() == "recovered, degraded, restart web");
}

TEST_CASE("health: after an unpause the HEALTHCHECK result from before does not count") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_healthcheck(scene);
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(10s);
  scene.pause(box);
  scene.pass(1min);
  scene.unpause(box);
  scene.pass(1min);
  CHECK(scene.decisions() == "");
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(1s);
  CHECK(scene.status("web").condition == Condition::Healthy);
}
