// HEALING.md 5, "Healer is the sick one": the control probe.
#include <doctest/doctest.h>

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

/// The control probe alone, driven by hand.
struct Alone {
  HostPolicy policy = Scene::with_control();
  Control control;
  std::uint64_t last_probe = 0;
  Actions out;

  Control::News due(Instant now) {
    out.clear();
    return control.run_due(policy, now, last_probe, out);
  }
  Control::News answer(ProbeEnd end, Instant now) {
    return control.finished(ProbeFinished{ProbeId{last_probe}, {}, ended(end)}, policy, now, out);
  }
  bool asked() const {
    return std::any_of(out.begin(), out.end(),
                       [](const Action& action) { return std::holds_alternative<StartProbe>(action); });
  }
};

}  // namespace

TEST_CASE("control: without a target nothing is asked and nothing waits") {
  Alone alone;
  alone.policy.control.reset();
  CHECK(alone.due(zero) == Control::News::None);
  CHECK(alone.out.empty());
  CHECK(alone.control.state() == Control::State::Off);
  CHECK(alone.control.knows_since(zero + 1h));
  CHECK_FALSE(alone.control.next_deadline());
}

TEST_CASE("control: asked at once, then every interval, one question at a time") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.asked());
  CHECK(alone.control.state() == Control::State::Unasked);
  alone.due(zero + 5s);
  CHECK_FALSE(alone.asked());  // the first is open still
  alone.answer(ProbeEnd::Answered, zero + 6s);
  CHECK(alone.control.state() == Control::State::Well);
  alone.due(zero + 6s);
  CHECK(alone.asked());
  alone.answer(ProbeEnd::Answered, zero + 6s + 1ms);
  alone.due(zero + 10s);
  CHECK_FALSE(alone.asked());
  CHECK(alone.control.next_deadline() == zero + 11s);
}

TEST_CASE("control: any answer is one, and everything else is a failure") {
  Alone alone;
  const ProbeEnd failures[] = {ProbeEnd::Refused,   ProbeEnd::Reset,      ProbeEnd::ConnectTimeout,
                               ProbeEnd::NoRoute,   ProbeEnd::TlsFailed,  ProbeEnd::AnswerTimeout,
                               ProbeEnd::Malformed, ProbeEnd::NoResources};
  Instant now = zero;
  for (const ProbeEnd end : failures) {
    alone.due(now);
    alone.answer(end, now);
    CHECK(alone.control.failed());
    CHECK_FALSE(alone.control.why().empty());
    now += 5s;
    alone.due(now);
    alone.answer(ProbeEnd::Answered, now);
    CHECK_FALSE(alone.control.failed());
    now += 5s;
  }
}

TEST_CASE("control: people are told of a failure that lasts, once, and of its end") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.answer(ProbeEnd::Refused, zero) == Control::News::None);
  alone.due(zero + 5s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 5s) == Control::News::None);
  alone.due(zero + 10s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 10s) == Control::News::Failing);
  alone.due(zero + 15s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 15s) == Control::News::None);
  alone.due(zero + 20s);
  CHECK(alone.answer(ProbeEnd::Answered, zero + 20s) == Control::News::Over);
  CHECK(alone.control.failed_since() == zero);
  alone.due(zero + 25s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 25s) == Control::News::None);
  alone.due(zero + 30s);
  CHECK(alone.answer(ProbeEnd::Answered, zero + 30s) == Control::News::None);  // a short one is no news
}

TEST_CASE("control: an old or a strange answer changes nothing, a missing one is a failure") {
  Alone alone;
  alone.due(zero);
  CHECK(alone.control.finished(ProbeFinished{ProbeId{77}, {}, ended(ProbeEnd::Refused)}, alone.policy, zero,
                               alone.out) == Control::News::None);
  CHECK(alone.control.state() == Control::State::Unasked);
  alone.due(zero + 8s);  // timeout 3 s and the prober's margin
  CHECK(alone.control.failed());
  CHECK(alone.asked());
}

TEST_CASE("control: what waits is decided by the next answer, sorted and once") {
  Alone alone;
  alone.due(zero);
  alone.answer(ProbeEnd::Answered, zero);
  CHECK(alone.control.take_waiting().empty());
  alone.control.await("b", zero + 1s);
  alone.control.await("a", zero + 1s);
  alone.control.await("b", zero + 1s);
  CHECK_FALSE(alone.control.knows_since(zero + 1s));
  alone.due(zero + 1s);
  CHECK(alone.asked());  // at once, not after the interval
  CHECK(alone.control.take_waiting().empty());
  alone.answer(ProbeEnd::Answered, zero + 2s);
  CHECK(alone.control.take_waiting() == std::vector<std::string>{"a", "b"});
  CHECK(alone.control.take_waiting().empty());
}

TEST_CASE("control: another target begins anew; none ends what was told and what waits") {
  Alone alone;
  alone.due(zero);
  alone.answer(ProbeEnd::Refused, zero);
  alone.due(zero + 10s);
  CHECK(alone.answer(ProbeEnd::Refused, zero + 10s) == Control::News::Failing);
  SUBCASE("the same target in another pointer is the same") {
    alone.policy.control = Scene::with_control().control;
    CHECK(alone.due(zero + 11s) == Control::News::None);
    CHECK(alone.control.failed());
  }
  SUBCASE("another one") {
    alone.policy.control = std::make_shared<const ProbeTarget>(TcpTarget{Endpoint{"192.0.2.2", 53}, 0});
    CHECK(alone.due(zero + 11s) == Control::News::Over);
    CHECK(alone.asked());
    CHECK(alone.control.state() == Control::State::Unasked);
  }
  SUBCASE("none") {
    alone.control.await("web", zero + 11s);
    alone.policy.control.reset();
    CHECK(alone.due(zero + 11s) == Control::News::Over);
    CHECK(alone.control.state() == Control::State::Off);
    CHECK(alone.control.take_waiting() == std::vector<std::string>{"web"});
  }
}

TEST_CASE("control: while it answers, an ill one is healed as ever") {
  Scene scene(Dialect::Docker20, Scene::with_control());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  CHECK(scene.control_probes >= 20);
  CHECK(scene.control_probes <= 24);
  CHECK(scene.core->host_status(scene.now()).control == "tcp 192.0.2.1:53: answers");
  CHECK_FALSE(scene.core->host_status(scene.now()).control_failed);
}

TEST_CASE("control: while it fails, failing checks are unknown and nothing is done; told once") {
  Scene scene(Dialect::Docker20, Scene::with_control());
  INFO(scene.transcript());
  Box& web = scene.healthy("web");
  Box& api = scene.healthy("api");
  scene.control = ended(ProbeEnd::ConnectTimeout);
  web.answer = api.answer = ended(ProbeEnd::ConnectTimeout);
  scene.pass(20min);
  CHECK(scene.decisions() == "info");
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").failures <= 1);  // one may come before the first failed answer
  CHECK(scene.status("web").condition == Condition::Unknown);
  CHECK(scene.status("web").reason.find("control probe failed") != std::string::npos);
  CHECK(scene.core->host_status(scene.now()).control_failed);
  CHECK(scene.core->host_status(scene.now()).control.find("no connection within 3s") != std::string::npos);
  const Alert told = scene.alerts.back();
  CHECK(told.event == "CONTROL");
  CHECK(told.workload.empty());
  CHECK(told.text.find("tcp 192.0.2.1:53") != std::string::npos);

  scene.control = {};
  scene.pass(10s);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.alerts.back().dedup_key == told.dedup_key);
  scene.pass(1min);
  CHECK(scene.decisions().find("restart web") != std::string::npos);
}

TEST_CASE("control: a pass counts all the same") {
  Scene scene(Dialect::Docker20, Scene::with_control());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  scene.control = ended(ProbeEnd::Refused);
  scene.pass(6s);
  box.broken = false;
  REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::Healthy; }, 1min));
  CHECK(scene.status("web").failures == 0);
}

namespace {

/// Asked so seldom that the newest answer is always an old one.
HostPolicy seldom() {
  HostPolicy policy = Scene::with_control();
  policy.control_interval = 1h;
  return policy;
}

}  // namespace

TEST_CASE("control: a verdict that makes it ill waits for a fresh answer") {
  Scene scene(Dialect::Docker20, seldom());
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  CHECK(scene.control_probes == 1);
  box.answer = ended(ProbeEnd::ConnectTimeout);

  SUBCASE("healer's own network is gone: unknown, and no restart") {
    scene.control = ended(ProbeEnd::ConnectTimeout);
    REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }, 1min));
    CHECK(scene.control_probes == 1);
    scene.pass(10min);
    CHECK(scene.orders.empty());
    CHECK(scene.decisions() == "info");
    CHECK(scene.status("web").failures == 2);
    CHECK(scene.control_probes > 10);  // in doubt, it is asked for each verdict
  }
  SUBCASE("it answers: ill") {
    REQUIRE(scene.pass_until([&] { return scene.control_probes == 2; }, 1min));
    CHECK(scene.status("web").failures == 2);
    CHECK(scene.workload("web").probe.has_value());
    CHECK(scene.orders.empty());
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 1; }, 50ms));
  }
  SUBCASE("nobody ever says: unknown, in bounded time, and asked on") {
    scene.control_silent = true;
    REQUIRE(scene.pass_until([&] { return scene.control_probes == 2; }, 1min));
    REQUIRE(scene.pass_until([&] { return scene.status("web").unknown_streak == 1; }, 8s));
    CHECK(scene.orders.empty());
    CHECK(scene.status("web").failures == 2);
    const unsigned asked = scene.probes;
    scene.pass(1min);
    CHECK(scene.probes > asked + 2);
  }
  SUBCASE("stopped meanwhile: nothing is left to decide") {
    scene.control_silent = true;
    REQUIRE(scene.pass_until([&] { return scene.control_probes == 2; }, 1min));
    scene.stop(box);
    scene.pass(10min);
    CHECK(scene.decisions() == "");
    CHECK(scene.status("web").condition == Condition::Stopped);
  }
  SUBCASE("restarted meanwhile: its answer is not of this run") {
    REQUIRE(scene.pass_until([&] { return scene.control_probes == 2; }, 1min));
    box.answer.reset();
    scene.restart(box);
    scene.pass(1min);
    CHECK(scene.decisions() == "");
  }
}

TEST_CASE("control: the engine's HEALTHCHECK is not believed either, and acted on afterwards") {
  Scene scene(Dialect::Docker20, Scene::with_control());
  INFO(scene.transcript());
  Box& box = scene.add("web");
  box.facts.ports.clear();
  box.facts.health = EngineHealth::Healthy;
  box.facts.health_interval = 1h;
  scene.connect();
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(30s);
  scene.control = ended(ProbeEnd::Refused);
  scene.pass(10s);
  scene.engine_health(box, EngineHealth::Unhealthy);
  scene.pass(5min);
  CHECK(scene.orders.empty());
  scene.control = {};
  scene.pass(70s);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("control: an unhealthy in its start grace waits for belief, or for the engine, without haste") {
  for (const bool lost : {false, true}) {
    Scene scene(Dialect::Docker20, Scene::with_control());
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.start_period = 2min;
    Box& box = scene.add("web", policy);
    box.facts.ports.clear();
    box.facts.health = EngineHealth::Starting;
    box.facts.health_interval = 1h;
    scene.connect();
    scene.engine_health(box, EngineHealth::Unhealthy);
    scene.pass(10s);
    if (lost)
      scene.lose_engine();
    else
      scene.control = ended(ProbeEnd::Refused);
    scene.pass(5min);  // its end passes meanwhile: the core would wake itself without end
    CHECK(scene.orders.empty());
    scene.control = {};
    if (lost) scene.connect();
    scene.pass(3min);
    CHECK(scene.orders.size() == 1);
  }
}

TEST_CASE("control: the engine's own alert is not lost beside it") {
  Scene scene(Dialect::Docker20, Scene::with_control());
  INFO(scene.transcript());
  scene.healthy("web");
  scene.lose_engine();
  scene.pass(1min);
  CHECK(scene.decisions() == "critical");
  scene.connect();
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
}
