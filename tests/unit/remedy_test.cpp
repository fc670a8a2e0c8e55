// HEALING.md 4: the remedy.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Policy with(RemedyKind remedy) {
  Policy policy = Scene::policy();
  policy.remedies.front().kind = remedy;
  return policy;
}

/// Broken for good: a new instance changes nothing.
void break_for_good(Box& box) {
  box.broken = true;
  box.fixed_by_start = false;
}

}  // namespace

TEST_CASE("remedy: restart, verified by two passes, is recovered") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  const Instant ordered = scene.now();
  const ApplyRemedy& order = scene.orders[0];
  CHECK(order.container_id == box.facts.id);
  CHECK_FALSE(order.stop_timeout);
  CHECK(order.deadline == 30s);  // the engine's 10 s and a margin
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.now() - ordered >= 4s);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
  CHECK(scene.incidents.at(1).attempts == 1);
}

TEST_CASE("remedy: the call's limit is the stop timeout and a margin") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  SUBCASE("of the container") {
    Box& box = scene.healthy("web", policy);
    box.facts.stop_timeout = 60s;
    scene.resync();
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK_FALSE(scene.orders[0].stop_timeout);
    CHECK(scene.orders[0].deadline == 80s);
  }
  SUBCASE("of the policy") {
    policy.stop_timeout = 3s;
    Box& box = scene.healthy("web", policy);
    box.facts.stop_timeout = 60s;
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.orders[0].stop_timeout == Duration{3s});
    CHECK(scene.orders[0].deadline == 23s);
  }
}

TEST_CASE("remedy: dropped when the fresh look shows another instance") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  scene.inspect_takes = 500ms;
  REQUIRE(scene.pass_until([&] { return std::holds_alternative<Checking>(scene.workload("web").remedy); }));
  scene.engine_up = false;  // its events are not heard in time
  scene.restart(box);
  scene.engine_up = true;
  scene.pass(600ms);
  CHECK(scene.orders.empty());
  scene.pass(1min);
  CHECK_FALSE(scene.orders.empty());  // the new instance earned its own verdict
}

TEST_CASE("remedy: dropped when the fresh look shows it paused, stopped or gone") {
  for (const ContainerState state :
       {ContainerState::Paused, ContainerState::Exited, ContainerState::Removing}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    box.broken = true;
    scene.inspect_takes = 500ms;
    REQUIRE(scene.pass_until([&] { return std::holds_alternative<Checking>(scene.workload("web").remedy); }));
    box.facts.state = state;
    box.facts.exit_code = 143;
    scene.pass(1min);
    CHECK(scene.orders.empty());
    CHECK(scene.steps < 200);
  }
}

TEST_CASE("remedy: healthy again before it was due is dropped, and it recovered alone") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 4; }));
  REQUIRE(scene.pass_until([&] { return std::holds_alternative<Planned>(scene.workload("web").remedy); }));
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.logged("planned remedy cancelled: healthy again before it was due"));
  CHECK(scene.orders.size() == 4);
}

TEST_CASE("remedy: start leaves what runs alone and starts what is down") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", with(RemedyKind::Start));
  box.broken = true;
  scene.pass(10min);
  CHECK(scene.decisions() == "degraded");
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  scene.crash(box);
  scene.pass(1min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.orders[0].step.kind == RemedyKind::Start);
}

TEST_CASE("remedy: stop stops it, says so, and leaves it alone") {
  Scene scene;
  INFO(scene.transcript());
  SUBCASE("answered") {}
  SUBCASE("the answer is lost") {
    scene.fate = OrderFate::LostDone;
  }
  SUBCASE("nobody ever answers") {
    scene.fate = OrderFate::Silent;
  }
  Box& box = scene.healthy("web", with(RemedyKind::Stop));
  box.broken = true;
  scene.pass(1h);
  CHECK(scene.decisions() == "degraded, stop web, critical");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::StoppedByHealer);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.status("web").condition == Condition::Stopped);
  scene.restart_healer();
  scene.pass(1h);
  CHECK(scene.decisions() == "");
  scene.start(box);
  scene.pass(1min);
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("remedy: none only tells") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", with(RemedyKind::None));
  box.broken = true;
  scene.pass(1h);
  CHECK(scene.decisions() == "degraded");
  CHECK(scene.notifications[0].text.find("not touched") != std::string::npos);
  scene.crash(box);
  scene.pass(1h);
  CHECK(scene.decisions() == "");
  SUBCASE("and a policy that changes is followed") {
    box.policy = std::make_shared<const Policy>(Scene::policy());
    scene.resync();
    scene.pass(1min);
    CHECK(scene.decisions() == "start web, recovered");
  }
}

TEST_CASE("remedy: a policy that forbids it now drops what was queued") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  REQUIRE(scene.pass_until([&] { return std::holds_alternative<Planned>(scene.workload("web").remedy); }));
  box.policy = std::make_shared<const Policy>(with(RemedyKind::None));
  scene.resync();
  scene.pass(1h);
  CHECK(scene.orders.size() == 3);
}

TEST_CASE(
    "remedy: backoff between attempts, then the breaker, one critical notification, and a try when "
    "half-open") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  scene.pass(25min);
  CHECK(scene.decisions() ==
        "degraded, restart web, restart web, restart web, restart web, restart web, critical");
  const Duration expected[] = {15s, 30s, 60s, 120s};
  for (std::size_t i = 0; i < 4; ++i) {
    const Duration gap = scene.order_times[i + 1] - scene.order_times[i];
    CHECK(gap >= expected[i]);
    CHECK(gap <= expected[i] + 6s);  // the new instance's failures must be seen first
  }
  CHECK(scene.status("web").breaker == BreakerState::Open);
  CHECK(scene.status("web").condition == Condition::GivenUp);
  CHECK(scene.notifications.back().event == "GAVE UP");
  CHECK(scene.notifications.back().attempts_allowed == 5);
  const Instant opened = scene.records.at("web").breaker_until - 30min;
  scene.pass(3h);
  CHECK(scene.orders.size() >= 9);
  CHECK(scene.orders.size() <= 11);
  CHECK(scene.order_times[5] - opened >= 30min);
  CHECK(scene.order_times[5] - opened < 31min);
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
  box.fixed_by_start = true;
  REQUIRE(scene.pass_until_decision("recovered", 1h));
  CHECK(scene.status("web").breaker == BreakerState::Closed);
}

TEST_CASE("remedy: the backoff's jitter is a quarter either way") {
  Policy policy = Scene::policy();
  policy.backoff_jitter = 0.25;
  policy.interval = 60s;
  policy.fast_interval = 1s;
  bool differs = false;
  Duration before{0};
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    Scene scene(Dialect::Docker20, Scene::host_policy(), seed);
    INFO(scene.transcript());
    Box& box = scene.healthy("web", policy);
    break_for_good(box);
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
    const Duration gap = scene.order_times[1] - scene.order_times[0];
    CHECK(gap >= 45s);
    CHECK(gap <= 76s);
    differs = differs || (before != Duration{0} && gap != before);
    before = gap;
  }
  CHECK(differs);
}

TEST_CASE("remedy: the backoff outlives the incident and decays while well") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  box.fixed_by_start = true;
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.records.at("web").backoff_level == 3);
  scene.pass(21min);
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 4; }));
  CHECK(scene.records.at("web").backoff_level == 2);  // 3 - 2 + 1
  REQUIRE(scene.pass_until_decision("recovered"));
  for (int i = 0; i < 5; ++i) {  // runs that come and go do not stop the decay
    scene.pass(5min);
    scene.restart(box);
  }
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 5; }));
  CHECK(scene.records.at("web").backoff_level == 1);
}

TEST_CASE("remedy: never more than the budget in any window, also over many incidents") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  for (int i = 0; i < 60; ++i) {
    box.broken = true;
    scene.pass(3min);
  }
  for (std::size_t i = 5; i < scene.order_times.size(); ++i)
    CHECK(scene.order_times[i] - scene.order_times[i - 5] >= 30min);
  CHECK(scene.order_times.size() >= 10);
}

TEST_CASE("remedy: an attempt fails as soon as the new instance fails three times after its start period") {
  Policy policy = Scene::policy();
  policy.start_period = 20s;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  break_for_good(box);
  REQUIRE(scene.pass_until_decision("restart web"));
  const Instant ordered = scene.now();
  REQUIRE(scene.pass_until([&] { return scene.attempts.at(1).state == AttemptState::NotRecovered; }));
  CHECK(scene.now() - ordered >= 20s + 10s);
  CHECK(scene.now() - ordered <= 20s + 20s);
}

TEST_CASE("remedy: an attempt fails at an exit") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(1s);
  scene.crash(box);
  scene.pass(10ms);
  CHECK(scene.attempts.at(1).state == AttemptState::NotRecovered);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  CHECK(scene.orders[1].step.kind == RemedyKind::Start);
  CHECK(scene.order_times[1] - scene.order_times[0] >= 15s);
}

TEST_CASE("remedy: neither healthy nor unhealthy within the start period and 120 s is a failed attempt") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(350ms);
  ProbeFacts no_route;
  no_route.end = ProbeEnd::NoRoute;
  box.answer = no_route;  // it cannot be checked
  scene.pass(115s);
  CHECK(scene.attempts.at(1).state == AttemptState::Verifying);
  scene.pass(10s);
  CHECK(scene.attempts.at(1).state == AttemptState::NotRecovered);
  scene.pass(1h);
  CHECK(scene.orders.size() == 1);  // what cannot be checked is not restarted again
  box.answer.reset();
  scene.pass(1min);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
}

TEST_CASE("remedy: seldom checks get the time they need to verify") {
  Policy policy = Scene::policy();
  policy.interval = 10min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered", 6h));
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("remedy: refused by the engine: failed, asked on, next by backoff") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::Refused, OrderFate::Refused};
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  CHECK(scene.attempts.at(1).state == AttemptState::Failed);
  CHECK(scene.attempts.at(1).note == "403 Forbidden");
  CHECK(scene.order_times[1] - scene.order_times[0] >= 15s);
  CHECK(scene.order_times[2] - scene.order_times[1] >= 30s);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, restart web, restart web, recovered");
}

TEST_CASE("remedy: refused, and healthy again by itself: the incident closes") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::Refused;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions().ends_with("recovered"));
  CHECK(scene.incidents.at(1).outcome != IncidentOutcome::Open);
}

TEST_CASE("remedy: what begins to pass is not restarted while that is pending") {
  Policy policy = Scene::policy();
  policy.success_threshold = 5;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  scene.fates = {OrderFate::Refused, OrderFate::Refused};
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  scene.pass(1s);
  box.broken = false;  // seen by some checks before the next attempt is due
  scene.pass(1min);
  CHECK(scene.orders.size() == 2);
  CHECK(scene.decisions().ends_with("recovered"));
}

TEST_CASE("remedy: refused halfway, stopped and not started: started next") {
  for (const Duration look : {Duration{1ms}, Duration{3s}}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.inspect_takes = look;
    scene.fates = {OrderFate::RefusedHalfway};
    box.broken = true;
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
    CHECK(scene.orders[1].step.kind == RemedyKind::Start);
    scene.pass(1min);
    CHECK(scene.decisions() == "degraded, restart web, start web, recovered");
  }
}

TEST_CASE("remedy: a lost answer is settled by inspect, never by a second order") {
  for (const OrderFate fate : {OrderFate::LostDone, OrderFate::Silent}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.fate = fate;
    box.broken = true;
    scene.pass(5min);
    CHECK(scene.orders.size() == 1);
    CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
    CHECK(scene.decisions() == "degraded, restart web, recovered");
  }
}

TEST_CASE("remedy: never executed: known after its time, then next by backoff") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::LostIgnored};
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(29s);
  CHECK(scene.attempts.at(1).state == AttemptState::Ordered);
  scene.pass(2s);
  CHECK(scene.attempts.at(1).state == AttemptState::NotExecuted);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, restart web, recovered");
}

TEST_CASE("remedy: an engine that is later than healer's lookback is not given a second order meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::Silent;
  box.stop_takes = 50s;  // the order's own time is 30s
  box.broken = true;
  scene.pass(5min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
}

TEST_CASE("remedy: what the engine refuses to the end is notified with its reason") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::Refused;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("critical", 1h));
  CHECK(scene.notifications.back().text.find("The last restart was not executed: ") != std::string::npos);
}

TEST_CASE("remedy: lost halfway, stopped and not started: started next") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::LostHalfway};
  box.broken = true;
  scene.pass(3min);
  CHECK(scene.decisions() == "degraded, restart web, start web, recovered");
  CHECK(scene.attempts.at(1).state == AttemptState::NotExecuted);
}

TEST_CASE("remedy: lost, and healthy again by itself: the incident closes") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::LostIgnored};
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.fate = OrderFate::LostIgnored;
  box.broken = false;
  scene.pass(5min);
  CHECK(scene.decisions().ends_with("recovered"));
  CHECK(scene.incidents.at(1).outcome != IncidentOutcome::Open);
}

TEST_CASE("remedy: a dry run decides and counts as always") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::DryRun;
  box.broken = true;
  const std::string run = box.facts.started_at;
  scene.pass(25min);
  CHECK(box.facts.started_at == run);
  CHECK(scene.decisions() ==
        "degraded, restart web, restart web, restart web, restart web, restart web, critical");
  CHECK(scene.attempts.at(1).note.starts_with("dry run"));
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.workload("web").starts.size() <= 1);  // no start was seen
}

TEST_CASE("remedy: a dry run of a start") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::DryRun;
  scene.crash(box);
  scene.pass(2h);
  CHECK(box.facts.state == ContainerState::Exited);
  CHECK(scene.orders.size() >= 5);
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
}

TEST_CASE("remedy: reset by an operator closes the breaker and forgets the backoff") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  scene.pass(30min);
  CHECK(scene.orders.size() == 5);
  box.fixed_by_start = true;
  scene.send(OperatorReset{"web"});
  scene.pass(1min);
  CHECK(scene.orders.size() == 6);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("web").breaker == BreakerState::Closed);
}

TEST_CASE("remedy: the verdict of the new instance may come before the engine's answer") {
  Policy policy = Scene::policy();
  policy.success_threshold = 1;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  scene.probe_takes = 1ms;
  box.broken = true;
  scene.fate = OrderFate::Silent;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(10s);
  scene.send(RemedyFinished{scene.orders[0].attempt, "web", RemedyAnswer::Done, ""});
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  scene.send(RemedyFinished{scene.orders[0].attempt, "web", RemedyAnswer::Lost, ""});  // and again
  scene.pass(5min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("remedy: the container is replaced while the order is under way") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.stop_takes = 5s;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.recreate(box);
  scene.pass(5min);
  CHECK(scene.attempts.at(1).state == AttemptState::Cancelled);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}
