// HEALING.md 5: the connectivity check.
#include <doctest/doctest.h>

#include "present/status.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

ProbeFacts ended(ProbeEnd end) {
  ProbeFacts facts;
  facts.end = end;
  return facts;
}

const Instant zero{Duration{1'000'000'000}};

/// The connectivity check without the core around it.
struct Alone {
  HostPolicy policy = Scene::with_connectivity();
  ConnectivityCheck connectivity;
  std::uint64_t last_probe = 0;
  Effects out;

  ConnectivityCheck::Change due(Instant now) {
    out.clear();
    return connectivity.run_due(policy, now, last_probe, out);
  }
  ConnectivityCheck::Change answer(ProbeEnd end, Instant now) {
    return connectivity.finished(ProbeFinished{ProbeId{last_probe}, {}, ended(end)}, policy, now, out);
  }
  bool asked() const {
    return std::any_of(out.begin(), out.end(),
                       [](const Effect& effect) { return std::holds_alternative<StartProbe>(effect); });
  }
};

}  // namespace

TEST_CASE("connectivity: without a control target nothing is checked and nothing waits") {
  Alone alone;
  alone.policy.connectivity.reset();
  CHECK(alone.due(zero) == ConnectivityCheck::Change::None);
  CHECK(alone.out.empty());
  CHECK(alone.connectivity.state() == ConnectivityCheck::State::Off);
  CHECK(alone.connectivity.knows_since(zero + 1h));
  CHECK_FALSE(alone.connectivity.next_deadline());
}

TEST_CASE("connectivity: the first check is immediate, then one per interval, never two at a time") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.asked());
  CHECK(alone.connectivity.state() == ConnectivityCheck::State::Unchecked);
  alone.due(zero + 5s);
  CHECK_FALSE(alone.asked());  // the first check has not ended
  alone.answer(ProbeEnd::Answered, zero + 6s);
  CHECK(alone.connectivity.state() == ConnectivityCheck::State::Healthy);
  alone.due(zero + 6s);
  CHECK(alone.asked());
  alone.answer(ProbeEnd::Answered, zero + 6s + 1ms);
  alone.due(zero + 10s);
  CHECK_FALSE(alone.asked());
  CHECK(alone.connectivity.next_deadline() == zero + 11s);
}

TEST_CASE("connectivity: any answer of the target is a pass, everything else is a failure") {
  Alone alone;
  const ProbeEnd failures[] = {ProbeEnd::Refused,   ProbeEnd::Reset,      ProbeEnd::ConnectTimeout,
                               ProbeEnd::NoRoute,   ProbeEnd::TlsFailed,  ProbeEnd::AnswerTimeout,
                               ProbeEnd::Malformed, ProbeEnd::NoResources};
  Instant now = zero;
  for (const ProbeEnd end : failures) {
    alone.due(now);
    alone.answer(end, now);
    CHECK(alone.connectivity.failed());
    CHECK(alone.connectivity.problem().kind != ProblemKind::None);
    now += 5s;
    alone.due(now);
    alone.answer(ProbeEnd::Answered, now);
    CHECK_FALSE(alone.connectivity.failed());
    now += 5s;
  }
}

TEST_CASE("connectivity: operators are notified once of a lasting failure, and of its end") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.answer(ProbeEnd::Refused, zero) == ConnectivityCheck::Change::None);
  alone.due(zero + 5s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 5s) == ConnectivityCheck::Change::None);
  alone.due(zero + 10s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 10s) == ConnectivityCheck::Change::Failing);
  alone.due(zero + 15s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 15s) == ConnectivityCheck::Change::None);
  alone.due(zero + 20s);
  CHECK(alone.answer(ProbeEnd::Answered, zero + 20s) == ConnectivityCheck::Change::Over);
  CHECK(alone.connectivity.failed_since() == zero);
  alone.due(zero + 25s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 25s) == ConnectivityCheck::Change::None);
  alone.due(zero + 30s);
  CHECK(alone.answer(ProbeEnd::Answered, zero + 30s) ==
        ConnectivityCheck::Change::None);  // a short failure is no change
}

TEST_CASE("connectivity: a result for no open check is ignored; a missing result is a failure") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.connectivity.finished(ProbeFinished{ProbeId{77}, {}, ended(ProbeEnd::Refused)}, alone.policy,
                                    zero, alone.out) == ConnectivityCheck::Change::None);
  CHECK(alone.connectivity.state() == ConnectivityCheck::State::Unchecked);
  alone.due(zero + 8s);  // timeout 3 s and the prober's margin
  CHECK(alone.connectivity.failed());
  CHECK(alone.asked());
}

TEST_CASE("connectivity: waiting workloads are released once, sorted, by the next result") {
  Alone alone;
  alone.due(zero);
  alone.answer(ProbeEnd::Answered, zero);
  CHECK(alone.connectivity.take_waiting().empty());
  alone.connectivity.await("b", zero + 1s);
  alone.connectivity.await("a", zero + 1s);
  alone.connectivity.await("b", zero + 1s);
  CHECK_FALSE(alone.connectivity.knows_since(zero + 1s));
  alone.due(zero + 1s);
  CHECK(alone.asked());  // at once, before the interval has passed
  CHECK(alone.connectivity.take_waiting().empty());
  alone.answer(ProbeEnd::Answered, zero + 2s);
  CHECK(alone.connectivity.take_waiting() == std::vector<std::string>{"a", "b"});
  CHECK(alone.connectivity.take_waiting().empty());
}

TEST_CASE("connectivity: a changed target starts anew; a removed target ends the failure and the waiting") {
  Alone alone;
  alone.due(zero);
  alone.answer(ProbeEnd::Refused, zero);
  alone.due(zero + 10s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 10s) == ConnectivityCheck::Change::Failing);
  SUBCASE("an equal target in a new object is no change") {
    alone.policy.connectivity = Scene::with_connectivity().connectivity;
    CHECK(alone.due(zero + 11s) == ConnectivityCheck::Change::None);
    CHECK(alone.connectivity.failed());
  }
  SUBCASE("another target") {
    alone.policy.connectivity = std::make_shared<const ProbeTarget>(TcpTarget{Endpoint{"192.0.2.2", 53}, 0});
    CHECK(alone.due(zero + 11s) == ConnectivityCheck::Change::Over);
    CHECK(alone.asked());
    CHECK(alone.connectivity.state() == ConnectivityCheck::State::Unchecked);
  }
  SUBCASE("no target") {
    alone.connectivity.await("web", zero + 11s);
    alone.policy.connectivity.reset();
    CHECK(alone.due(zero + 11s) == ConnectivityCheck::Change::Over);
    CHECK(alone.connectivity.state() == ConnectivityCheck::State::Off);
    CHECK(alone.connectivity.take_waiting() == std::vector<std::string>{"web"});
  }
}

TEST_CASE("connectivity: while the check passes, an unhealthy workload is healed") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  CHECK(scene.connectivity_probes >= 20);
  CHECK(scene.connectivity_probes <= 24);
  CHECK(present::host_status(*scene.core, scene.now()).connectivity == "tcp 192.0.2.1:53: answers");
  CHECK_FALSE(present::host_status(*scene.core, scene.now()).connectivity_failed);
}

TEST_CASE("connectivity: while the check fails, other failures are unknown, no remedy, one notification") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  INFO(scene.transcript());
  Box& web = scene.healthy("web");
  Box& api = scene.healthy("api");
  scene.connectivity = ended(ProbeEnd::ConnectTimeout);
  web.answer = api.answer = ended(ProbeEnd::ConnectTimeout);
  scene.pass(20min);
  CHECK(scene.decisions() == "info");
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").failures <= 1);  // one check may fail before the connectivity check does
  CHECK(scene.status("web").condition == Condition::Unknown);
  CHECK(scene.status("web").reason.find("connectivity check failed") != std::string::npos);
  CHECK(present::host_status(*scene.core, scene.now()).connectivity_failed);
  CHECK(present::host_status(*scene.core, scene.now()).connectivity.find("no connection within 3s") !=
        std::string::npos);
  const Notification notified_channels = scene.notifications.back();
  CHECK(notified_channels.event == "CONNECTIVITY");
  CHECK(notified_channels.workload.empty());
  CHECK(notified_channels.text.find("tcp 192.0.2.1:53") != std::string::npos);

  scene.connectivity = {};
  scene.pass(10s);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.notifications.back().dedup_key == notified_channels.dedup_key);
  scene.pass(1min);
  CHECK(scene.decisions().find("restart web") != std::string::npos);
}

TEST_CASE("connectivity: a passing check of a workload counts while the connectivity check fails") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  scene.connectivity = ended(ProbeEnd::Refused);
  scene.pass(6s);
  box.broken = false;
  REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::Healthy; }, 1min));
  CHECK(scene.status("web").failures == 0);
}

namespace {

/// An interval so long that the newest result is always stale.
HostPolicy seldom() {
  HostPolicy policy = Scene::with_connectivity();
  policy.connectivity_interval = 1h;
  return policy;
}

}  // namespace

TEST_CASE("connectivity: the verdict unhealthy waits for a fresh connectivity check") {
  Scene scene(Dialect::Docker20, seldom());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  CHECK(scene.connectivity_probes == 1);
  box.answer = ended(ProbeEnd::ConnectTimeout);

  SUBCASE("the connectivity check fails: unknown, and no restart") {
    scene.connectivity = ended(ProbeEnd::ConnectTimeout);
    REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }, 1min));
    CHECK(scene.connectivity_probes == 1);
    scene.pass(10min);
    CHECK(scene.orders.empty());
    CHECK(scene.decisions() == "info");
    CHECK(scene.status("web").failures == 2);
    CHECK(scene.connectivity_probes > 10);  // each verdict needs a fresh check
  }
  SUBCASE("the connectivity check passes: unhealthy") {
    REQUIRE(scene.pass_until([&] { return scene.connectivity_probes == 2; }, 1min));
    CHECK(scene.status("web").failures == 2);
    CHECK(scene.workload("web").health.probe.has_value());
    CHECK(scene.orders.empty());
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 1; }, 50ms));
  }
  SUBCASE("no result: unknown within bounded time, and the checks continue") {
    scene.connectivity_silent = true;
    REQUIRE(scene.pass_until([&] { return scene.connectivity_probes == 2; }, 1min));
    REQUIRE(scene.pass_until([&] { return scene.status("web").unknown_streak == 1; }, 8s));
    CHECK(scene.orders.empty());
    CHECK(scene.status("web").failures == 2);
    const unsigned asked = scene.probes;
    scene.pass(1min);
    CHECK(scene.probes > asked + 2);
  }
  SUBCASE("the container is stopped meanwhile: no verdict is left") {
    scene.connectivity_silent = true;
    REQUIRE(scene.pass_until([&] { return scene.connectivity_probes == 2; }, 1min));
    scene.stop(box);
    scene.pass(10min);
    CHECK(scene.decisions() == "");
    CHECK(scene.status("web").condition == Condition::Stopped);
  }
  SUBCASE("the container is restarted meanwhile: the result of the old instance does not count") {
    REQUIRE(scene.pass_until([&] { return scene.connectivity_probes == 2; }, 1min));
    box.answer.reset();
    scene.restart(box);
    scene.pass(1min);
    CHECK(scene.decisions() == "");
  }
}

TEST_CASE("connectivity: an unhealthy HEALTHCHECK waits for the connectivity check, then is acted on") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  INFO(scene.transcript());
  Box& box = scene.add("web");
  box.facts.ports.clear();
  box.facts.health = EngineHealth::Healthy;
  box.facts.health_check.interval = 1h;
  scene.connect();
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(30s);
  scene.connectivity = ended(ProbeEnd::Refused);
  scene.pass(10s);
  scene.engine_health(box, EngineHealth::Unhealthy);
  scene.pass(5min);
  CHECK(scene.orders.empty());
  scene.connectivity = {};
  scene.pass(70s);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("connectivity: unhealthy in the start period waits for the check or the engine, no busy wake-ups") {
  for (const bool lost : {false, true}) {
    Scene scene(Dialect::Docker20, Scene::with_connectivity());
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.start_period = 2min;
    Box& box = scene.add("web", policy);
    box.facts.ports.clear();
    box.facts.health = EngineHealth::Starting;
    box.facts.health_check.interval = 1h;
    scene.connect();
    scene.engine_health(box, EngineHealth::Unhealthy);
    scene.pass(10s);
    if (lost)
      scene.lose_engine();
    else
      scene.connectivity = ended(ProbeEnd::Refused);
    scene.pass(5min);  // the start period ends meanwhile; the core must not wake itself without end
    CHECK(scene.orders.empty());
    scene.connectivity = {};
    if (lost) scene.connect();
    scene.pass(3min);
    CHECK(scene.orders.size() == 1);
  }
}

TEST_CASE("connectivity: the loss of the engine is notified although a connectivity check is configured") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  INFO(scene.transcript());
  scene.healthy("web");
  scene.lose_engine();
  scene.pass(1min);
  CHECK(scene.decisions() == "critical");
  scene.connect();
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
}
