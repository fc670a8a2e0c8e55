// HEALING.md 1 and 2: who is watched, and how health is asked.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("watched: what did not opt in is never asked nor touched") {
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

TEST_CASE("watched: an old stopped container, a one-off and healer itself are left alone") {
  Scene scene;
  INFO(scene.transcript());
  Box& old = scene.add("old");
  old.facts.state = ContainerState::Exited;
  old.facts.exit_code = 1;
  Box& oneoff = scene.add("oneoff");
  oneoff.facts.labels["com.docker.compose.oneoff"] = "True";
  oneoff.broken = true;
  Box& own = scene.add("healer");
  own.broken = true;
  ProbeOrigin probe_origin;
  probe_origin.own_container_id = own.facts.id;
  probe_origin.host_network = true;
  SUBCASE("its place is known first") {
    scene.send(ProbeOriginLearned{probe_origin});
    scene.connect();
  }
  SUBCASE("its place is known later") {
    scene.connect();
    scene.pass(10ms);
    scene.send(ProbeOriginLearned{probe_origin});
  }
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.core->watched() == 1);
  CHECK(scene.status("old").condition == Condition::Stopped);
}

TEST_CASE("watched: opted out while unhealthy: the incident is closed, the queued action dropped") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.inspect_takes = 1s;
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return std::holds_alternative<Checking>(scene.workload("web").remedy); }));
  Policy out = Scene::policy();
  out.selection = Selection::OptedOut;
  box.policy = std::make_shared<const Policy>(out);
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::OptedOut);
  CHECK(scene.core->watched() == 0);
}

TEST_CASE("watched: opted out while an order is under way, and in again: never two orders at once") {
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

TEST_CASE("health: the guide's messages, threshold and remedy") {
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

TEST_CASE("health: single blips are ignored") {
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

TEST_CASE("health: asked at the interval while well, faster while a verdict is pending") {
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

TEST_CASE("health: a check may take its timeout, and never longer than the interval") {
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

TEST_CASE("health: a slow answer does not stretch the interval, and no second question is asked meanwhile") {
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

TEST_CASE("health: the first round is spread over one interval, a later container is asked at once") {
  Scene scene;
  INFO(scene.transcript());
  for (int i = 0; i < 40; ++i) scene.add("web" + std::to_string(i));
  scene.connect();
  scene.pass(5s);
  CHECK(scene.probes > 5);
  CHECK(scene.probes < 35);
  scene.pass(1h);
  const Instant before = scene.now();
  scene.probe_times.clear();
  scene.add("late");
  REQUIRE(scene.pass_until([&] { return scene.core->status_of("late", scene.now()).has_value(); }));
  CHECK(scene.now() - before < 10ms);
  CHECK(scene.workload("late").probe.has_value());
}

TEST_CASE("health: unknown moves no counter, and a run of it is notified once") {
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

TEST_CASE("health: what times out while healer itself stood still is unknown") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.hangs = true;
  for (int i = 0; i < 6; ++i) {
    REQUIRE(scene.pass_until([&] { return scene.workload("web").probe.has_value(); }));
    scene.send(LoopStalled{3s});
    REQUIRE(scene.pass_until([&] { return !scene.workload("web").probe.has_value(); }));
  }
  CHECK(scene.status("web").failures == 0);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("health: a prober that never answers does not silence the workload") {
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

TEST_CASE("health: a late or repeated answer counts for nothing") {
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

TEST_CASE("health: in the start period failures do not count; it is 120 s before a first start was seen") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 110s;
  scene.connect();
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  CHECK(scene.workload("web").started_healthy_once);
  const Duration took = scene.workload("web").starts.at(0);
  CHECK(took >= 110s);
  CHECK(took <= 116s);  // asked at the fast interval while starting
}

TEST_CASE("health: an instance that never gets well is unhealthy when the start period is over") {
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
  CHECK(scene.workload("web").starts.size() == 10);
  scene.restart(box);
  scene.pass(1s);
  const Duration start_period =
      scene.workload("web").start_period_until - scene.workload("web").instance_started;
  CHECK(start_period >= 60s);
  CHECK(start_period <= 80s);
  CHECK(scene.records.at("web").starts.size() == 10);
}

TEST_CASE("health: what recovers from an unclean stop is not killed in its recovery") {
  Policy policy = Scene::policy();
  policy.start_period.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("db", policy);
  box.stops_cleanly = true;
  scene.connect();
  scene.pass(2min);
  for (int i = 0; i < 3; ++i) {  // its clean starts take no time at all
    scene.restart(box);
    scene.pass(2min);
  }
  // It hangs, its stop is no clean one, and what comes up needs 90 s to recover.
  box.stops_cleanly = false;
  box.hangs = true;
  box.ready_after = 90s;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, restart db, recovered");
  CHECK(scene.records.at("db").unclean_starts.size() == 1);
  CHECK(scene.records.at("db").starts.size() == 4);
  // From now on such a start is known, and a clean one is known for what it is.
  const auto start_period = [&] {
    return scene.workload("db").start_period_until - scene.workload("db").instance_started;
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

TEST_CASE("health: an exit is not excused by the start period") {
  Policy policy = Scene::policy();
  policy.start_period = 10min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 5min;
  scene.connect();
  scene.pass(20s);
  scene.crash(box);
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, start web");
}

TEST_CASE("health: nothing to reach is said once and never counted") {
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
  CHECK(scene.steps < 20);  // and it costs nothing
}

TEST_CASE("health: nothing to reach, yet a crash is a crash, and staying up is its remedy") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web");
  box.facts.ports.clear();
  scene.connect();
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
  box.facts.health_interval = 30s;
  box.facts.health_timeout = 30s;
  scene.connect();
  scene.pass(1s);
  return box;
}

}  // namespace

TEST_CASE("health: the engine's HEALTHCHECK is acted on at once") {
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
  scene.engine_health(box, EngineHealth::Unhealthy);  // of the new instance
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

TEST_CASE("health: a start period of ours is kept also for the engine's verdict") {
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

TEST_CASE("health: the engine's last check is too old to be believed") {
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

TEST_CASE("health: unpaused, the engine's old word does not count") {
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
