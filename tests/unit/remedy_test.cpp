// HEALING.md 4: the remedy.
#include <algorithm>

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

/// Checks fail for good: a new instance changes nothing.
void break_for_good(Box& box) {
  box.broken = true;
  box.fixed_by_start = false;
}

}  // namespace

TEST_CASE("remedy: a restart verified by two passes is recovered") {
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

TEST_CASE("remedy: the time limit of the engine call is the stop timeout and a margin") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  SUBCASE("the container's stop timeout") {
    Box& box = scene.healthy("web", policy);
    box.facts.stop_timeout = 60s;
    scene.resync();
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK_FALSE(scene.orders[0].stop_timeout);
    CHECK(scene.orders[0].deadline == 80s);
  }
  SUBCASE("the policy's stop timeout") {
    policy.stop_timeout = 3s;
    Box& box = scene.healthy("web", policy);
    box.facts.stop_timeout = 60s;
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.orders[0].stop_timeout == Duration{3s});
    CHECK(scene.orders[0].deadline == 23s);
  }
}

TEST_CASE("remedy: it is cancelled when the fresh inspect shows another instance") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  box.fixed_by_start = false;
  scene.inspect_takes = 500ms;
  REQUIRE(scene.pass_until(
      [&] { return std::holds_alternative<Checking>(scene.workload("web").remediation.phase); }));
  scene.engine_up = false;  // the events of the restart arrive too late
  scene.restart(box);
  scene.engine_up = true;
  scene.pass(600ms);
  CHECK(scene.orders.empty());
  scene.pass(1min);
  CHECK_FALSE(scene.orders.empty());  // the verdict of the new instance
}

TEST_CASE("remedy: it is cancelled when the fresh inspect shows paused, stopped or being removed") {
  for (const ContainerState state :
       {ContainerState::Paused, ContainerState::Exited, ContainerState::Removing}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    box.broken = true;
    scene.inspect_takes = 500ms;
    REQUIRE(scene.pass_until(
        [&] { return std::holds_alternative<Checking>(scene.workload("web").remediation.phase); }));
    box.facts.state = state;
    box.facts.exit_code = 143;
    scene.pass(1min);
    CHECK(scene.orders.empty());
    CHECK(scene.steps < 200);
  }
}

TEST_CASE("remedy: a workload that is healthy again before the next attempt is due gets none") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 4; }));
  REQUIRE(scene.pass_until(
      [&] { return std::holds_alternative<Planned>(scene.workload("web").remediation.phase); }));
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.logged("planned remedy cancelled: healthy again before it was due"));
  CHECK(scene.orders.size() == 4);
}

TEST_CASE("remedy: start does nothing to a running container and starts an exited container") {
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

TEST_CASE("remedy: stop stops the container, raises a critical notification and leaves it stopped") {
  Scene scene;
  INFO(scene.transcript());
  SUBCASE("the engine answers") {}
  SUBCASE("the answer is lost") {
    scene.fate = OrderFate::LostDone;
  }
  SUBCASE("the engine never answers") {
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

TEST_CASE("remedy: none only notifies") {
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
  SUBCASE("a changed policy applies") {
    box.policy = std::make_shared<const Policy>(Scene::policy());
    scene.resync();
    scene.pass(1min);
    CHECK(scene.decisions() == "start web, recovered");
  }
}

TEST_CASE("remedy: a policy change to none cancels the planned attempt") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  REQUIRE(scene.pass_until(
      [&] { return std::holds_alternative<Planned>(scene.workload("web").remediation.phase); }));
  box.policy = std::make_shared<const Policy>(with(RemedyKind::None));
  scene.resync();
  scene.pass(1h);
  CHECK(scene.orders.size() == 3);
}

TEST_CASE("remedy: backoff, then an open breaker with one critical notification, then a half-open attempt") {
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
    CHECK(gap <= expected[i] + 6s);  // the new instance must fail three times first
  }
  CHECK(scene.status("web").remedies.breaker == BreakerState::Open);
  CHECK(scene.status("web").condition == Condition::GivenUp);
  CHECK(scene.notifications.back().event == "GAVE UP");
  CHECK(scene.notifications.back().attempts_allowed == 5);
  const Instant opened = scene.records.at("web").breaker_until - 30min;
  scene.pass(8h);
  // Each further attempt in a row that does not help doubles the time, up to eight times.
  REQUIRE(scene.orders.size() == 9);
  CHECK(scene.order_times[6] - scene.order_times[5] >= 60min);
  CHECK(scene.order_times[7] - scene.order_times[6] >= 120min);
  CHECK(scene.order_times[8] - scene.order_times[7] >= 240min);
  CHECK(scene.order_times[5] - opened >= 30min);
  CHECK(scene.order_times[5] - opened < 31min);
  const auto gave_up = [](const auto& each) { return each.event == "GAVE UP"; };
  CHECK(std::count_if(scene.notifications.begin(), scene.notifications.end(), gave_up) == 1);
  box.fixed_by_start = true;
  REQUIRE(scene.pass_until_decision("recovered", 5h));
  CHECK(scene.status("web").remedies.breaker == BreakerState::Closed);
}

TEST_CASE("remedy: the backoff has 25 % jitter either way") {
  Policy policy = Scene::policy();
  policy.retry.backoff_jitter = 0.25;
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

TEST_CASE("remedy: the backoff outlives the incident and decays while the workload is healthy") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  break_for_good(box);
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  box.fixed_by_start = true;
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.records.at("web").backoff.level == 3);
  scene.pass(21min);
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 4; }));
  CHECK(scene.records.at("web").backoff.level == 2);  // 3 - 2 + 1
  REQUIRE(scene.pass_until_decision("recovered"));
  for (int i = 0; i < 5; ++i) {  // restarts by an operator do not stop the decay
    scene.pass(5min);
    scene.restart(box);
  }
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 5; }));
  CHECK(scene.records.at("web").backoff.level == 1);
}

TEST_CASE("remedy: the attempts of many incidents never exceed the budget in any window") {
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

TEST_CASE("remedy: an attempt fails when the new instance exits") {
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

TEST_CASE("remedy: an attempt without a verdict within the start period and 120 s fails") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.pass(350ms);
  ProbeFacts no_route;
  no_route.end = ProbeEnd::NoRoute;
  box.answer = no_route;  // unknown
  scene.pass(115s);
  CHECK(scene.attempts.at(1).state == AttemptState::Verifying);
  scene.pass(10s);
  CHECK(scene.attempts.at(1).state == AttemptState::NotRecovered);
  scene.pass(1h);
  CHECK(scene.orders.size() == 1);  // unknown orders no further restart
  box.answer.reset();
  scene.pass(1min);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
}

TEST_CASE("remedy: verification waits long enough for a long check interval") {
  Policy policy = Scene::policy();
  policy.interval = 10min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered", 6h));
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("remedy: an order that the engine refuses is a failed attempt; the next follows by backoff") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::Refused, OrderFate::Refused};
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }));
  CHECK(scene.attempts.at(1).state == AttemptState::Failed);
  CHECK(scene.attempts.at(1).note == AttemptNote{"403 Forbidden", Ending::None, {}});
  CHECK(scene.order_times[1] - scene.order_times[0] >= 15s);
  CHECK(scene.order_times[2] - scene.order_times[1] >= 30s);
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, restart web, restart web, recovered");
}

TEST_CASE("remedy: after a refused order a recovery by itself resolves the incident") {
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

TEST_CASE("remedy: no restart while passes have not yet reached the success threshold") {
  Policy policy = Scene::policy();
  policy.success_threshold = 5;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  scene.fates = {OrderFate::Refused, OrderFate::Refused};
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }));
  scene.pass(1s);
  box.broken = false;  // some checks pass before the next attempt is due
  scene.pass(1min);
  CHECK(scene.orders.size() == 2);
  CHECK(scene.decisions().ends_with("recovered"));
}

TEST_CASE("remedy: after an order refused between stop and start the container is started next") {
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

TEST_CASE("remedy: an order never executed ends at its time limit, and the next follows by backoff") {
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

TEST_CASE("remedy: an engine slower than the order's time limit gets no second order meanwhile") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::Silent;
  box.stop_takes = 50s;  // the order's time limit is 30 s
  box.broken = true;
  scene.pass(5min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
}

TEST_CASE("remedy: the critical notification names the engine's reason for refusing the order") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::Refused;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("critical", 1h));
  CHECK(scene.notifications.back().text.find("The last restart was not executed: ") != std::string::npos);
}

TEST_CASE("remedy: after an answer lost between stop and start the container is started next") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.fates = {OrderFate::LostHalfway};
  box.broken = true;
  scene.pass(3min);
  CHECK(scene.decisions() == "degraded, restart web, start web, recovered");
  CHECK(scene.attempts.at(1).state == AttemptState::NotExecuted);
}

TEST_CASE("remedy: after a lost order a recovery by itself resolves the incident") {
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

TEST_CASE("remedy: a dry run decides and counts as always, and changes no container") {
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
  CHECK(scene.attempts.at(1).dry_run);
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.workload("web").health.starts.clean.size() <= 1);  // there was no second start
}

TEST_CASE("remedy: a dry run of a start counts its attempts and leaves the container exited") {
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

TEST_CASE("remedy: healer reset closes the breaker and forgets the backoff") {
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
  CHECK(scene.status("web").remedies.breaker == BreakerState::Closed);
}

TEST_CASE("remedy: an attempt is verified although the engine answers after the verdict") {
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

TEST_CASE("remedy: replacing the container during an order cancels the attempt") {
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
