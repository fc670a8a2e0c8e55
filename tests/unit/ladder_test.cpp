// HEALING.md 4: the ladder, the evidence before each step, and ineffective restarts.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/workload/ladder.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

RemedyStep step(RemedyKind kind, int signal = 0) {
  RemedyStep made;
  made.kind = kind;
  made.signal = signal;
  if (kind == RemedyKind::Exec) made.command = {"/reload"};
  return made;
}

Policy ladder(std::vector<RemedyStep> remedies) {
  Policy policy = Scene::policy();
  policy.remedies = std::move(remedies);
  return policy;
}

void break_for_good(Box& box) {
  box.broken = true;
  box.fixed_by_start = false;
}

std::string chosen(const Policy& policy, unsigned ladder_step, bool exited, unsigned ineffective = 0) {
  std::vector<LabelProblem> problems;
  const auto found = choose_step(ladder_on(policy, {}, {}, problems), ladder_step, exited, ineffective);
  return found ? to_string(found->step) : "nothing";
}

}  // namespace

TEST_CASE("ladder: each failed attempt takes the next step; the last step repeats") {
  const Policy policy =
      ladder({step(RemedyKind::Exec), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  CHECK(chosen(policy, 0, false) == "exec:/reload");
  CHECK(chosen(policy, 1, false) == "restart");
  CHECK(chosen(policy, 2, false) == "recreate");
  CHECK(chosen(policy, 9, false) == "recreate");
}

TEST_CASE("ladder: for an exited container restart, kill and exec mean start; stop and none do nothing") {
  CHECK(chosen(ladder({step(RemedyKind::Restart)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Kill, 1)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Exec)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Recreate)}), 0, true) == "recreate");
  CHECK(chosen(ladder({step(RemedyKind::Webhook)}), 0, true) == "webhook");
  CHECK(chosen(ladder({step(RemedyKind::Stop)}), 0, true) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::None)}), 0, true) == "nothing");
}

TEST_CASE("ladder: start is skipped while the container runs") {
  CHECK(chosen(ladder({step(RemedyKind::Start)}), 0, false) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::Start), step(RemedyKind::Restart)}), 0, false) == "restart");
}

TEST_CASE("ladder: after five ineffective restarts the next step of another kind is taken") {
  const Policy policy =
      ladder({step(RemedyKind::Restart), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  CHECK(chosen(policy, 0, false, 4) == "restart");
  CHECK(chosen(policy, 0, false, 5) == "recreate");
  CHECK(chosen(policy, 0, true, 5) == "recreate");
  CHECK(chosen(ladder({step(RemedyKind::Restart)}), 0, false, 9) ==
        "restart");  // the ladder has no step of another kind
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::None)}), 0, false, 5) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::Stop)}), 0, true, 5) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::None)}), 0, true, 5) == "start");
  std::vector<LabelProblem> problems;
  CHECK(choose_step(ladder_on(policy, {}, {}, problems), 0, false, 5)->skipped_restarts);
}

TEST_CASE("ladder: exec recovers the workload within the same instance") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Exec), step(RemedyKind::Restart)}));
  box.recovered_by_command = true;
  const InstanceId instance = box.facts.instance();
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, exec web, recovered");
  CHECK(box.facts.instance() == instance);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.attempts.at(1).detail == "exec:/reload");
}

TEST_CASE("ladder: exec, restart and recreate in turn, then a critical notification") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = ladder({step(RemedyKind::Exec), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  policy.retry.budget_attempts = 3;
  break_for_good(scene.healthy("web", policy));
  REQUIRE(scene.pass_until_decision("critical"));
  CHECK(scene.decisions() == "degraded, exec web, restart web, recreate web, critical");
  CHECK(scene.notifications.back().event == "GAVE UP");
}

TEST_CASE("ladder: a ladder that ends in none raises a critical notification there") {
  Scene scene;
  INFO(scene.transcript());
  break_for_good(scene.healthy("web", ladder({step(RemedyKind::Restart), step(RemedyKind::None)})));
  scene.pass(2h);
  CHECK(scene.decisions() == "degraded, restart web, critical");
}

TEST_CASE("ladder: a step that the engine refuses is a failed attempt") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Exec), step(RemedyKind::Restart)}));
  scene.fates = {OrderFate::Refused};
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, exec web, restart web, recovered");
  CHECK(scene.attempts.at(1).state == AttemptState::Failed);
}

TEST_CASE("ladder: kill with a signal that the container survives recovers the workload in place") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Kill, 1)}));
  box.fixed_by_signal = true;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, kill web, recovered");
  CHECK(scene.orders[0].step.signal == 1);
}

TEST_CASE("ladder: a container that exits by healer's signal is started within the same attempt") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26}) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web", ladder({step(RemedyKind::Kill, 15)}));
    box.dies_of = {15};
    box.broken = true;
    REQUIRE(scene.pass_until_decision("recovered"));
    CHECK(scene.decisions() == "degraded, kill web, start web, recovered");
    CHECK(scene.attempts.size() == 1);
    CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
    CHECK(scene.status("web").remedies.attempts_in_window == 1);
  }
}

TEST_CASE("ladder: a container that an operator stops after healer's signal is left alone") {
  Scene scene(Dialect::Docker26);
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Kill, 1)}));
  box.broken = true;
  REQUIRE(scene.pass_until_decision("kill web"));
  scene.pass(1s);
  scene.stop(box);
  scene.pass(1h);
  CHECK(scene.decisions() == "degraded, kill web, info");
  CHECK(scene.status("web").condition == Condition::Stopped);
}

TEST_CASE("ladder: the receiver of a webhook recovers the workload") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Webhook)}));
  SUBCASE("in place") {
    box.recovered_by_webhook = true;
  }
  SUBCASE("by a restart") {
    scene.at_order = [&](const ApplyRemedy&) { scene.restart(box); };
  }
  SUBCASE("with a lost answer") {
    box.recovered_by_webhook = true;
    scene.fates = {OrderFate::LostDone};
  }
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, webhook web, recovered");
}

TEST_CASE("recreate: the workload continues in a new container with its history") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26}) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate)}));
    const std::string old_id = box.facts.id;
    box.broken = true;
    REQUIRE(scene.pass_until_decision("recovered"));
    CHECK(scene.decisions() == "degraded, recreate web, recovered");
    CHECK(scene.core->watched() == 1);
    CHECK(scene.records.size() == 1);  // the new container beside the old one is no second workload
    CHECK(scene.box("web").facts.id != old_id);
    CHECK(scene.status("web").container_id == scene.box("web").facts.id);
    CHECK(scene.status("web").remedies.attempts_in_window == 1);
    scene.pass(1h);
    CHECK(scene.decisions() == "");
  }
}

TEST_CASE("recreate: an undone recreation is a failed attempt; the next step heals the old container") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate), step(RemedyKind::Restart)}));
  const std::string old_id = box.facts.id;
  box.broken = true;
  box.broken_starts_left = 1;
  scene.fates = {OrderFate::RefusedHalfway};
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, recreate web, restart web, recovered");
  CHECK(scene.box("web").facts.id == old_id);
  CHECK(scene.core->watched() == 1);
}

TEST_CASE("recreate: after a lost answer the recreation is resumed, never done twice") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate)}));
  SUBCASE("executed") {
    scene.fates = {OrderFate::LostDone};
  }
  SUBCASE("half executed") {
    scene.fates = {OrderFate::LostHalfway};
  }
  SUBCASE("not executed") {
    scene.fates = {OrderFate::LostIgnored};
  }
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.orders[0].step.kind == RemedyKind::Recreate);
  CHECK(scene.orders[1].resume);
  CHECK(scene.orders[1].attempt == scene.orders[0].attempt);
  const auto left = std::count_if(scene.boxes.begin(), scene.boxes.end(),
                                  [](const auto& entry) { return entry.second->exists; });
  CHECK(left == 1);
  CHECK(scene.core->watched() == 1);
}

TEST_CASE("recreate: a recreation interrupted by the death of healer is finished by the next process") {
  for (const Duration after : {0ms, 305ms, 310ms}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate)}));
    scene.fates = {after == Duration{310ms} ? OrderFate::LostDone : OrderFate::LostHalfway};
    box.broken = true;
    REQUIRE(scene.pass_until_decision("recreate web"));
    scene.pass(after);
    scene.restart_healer();
    REQUIRE(scene.pass_until_decision("recovered"));
    CHECK(scene.orders[1].resume);
    const auto left = std::count_if(scene.boxes.begin(), scene.boxes.end(),
                                    [](const auto& entry) { return entry.second->exists; });
    CHECK(left == 1);
    CHECK(scene.core->watched() == 1);
    CHECK(scene.box("web").facts.state == ContainerState::Running);
  }
}

TEST_CASE("efficacy: ineffective restarts are remembered, named in the notification, and skipped") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = ladder({step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  policy.remedies.insert(policy.remedies.begin(), 5, step(RemedyKind::Restart));
  policy.retry.budget_attempts = 20;
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  box.fixed_by_start = false;
  box.recovered_by_recreate = true;
  REQUIRE(scene.pass_until_decision("recovered", 4h));
  CHECK(scene.decisions() ==
        "degraded, restart web, restart web, restart web, restart web, restart web, recreate web, recovered");
  CHECK(scene.logged("the last 5 restarts did not help"));

  // The ineffective restarts still count after a restart of healer and in the next incident.
  scene.pass(1h);
  scene.restart_healer();
  scene.pass(1min);
  Box& next = scene.box("web");
  next.broken = true;
  next.fixed_by_start = false;
  next.recovered_by_recreate = true;
  REQUIRE(scene.pass_until_decision("recovered", 4h));
  CHECK(scene.decisions() == "degraded, recreate web, recovered");
  CHECK(scene.notifications[scene.notifications.size() - 2].text.find("The last 5 restarts did not help.") !=
        std::string::npos);

  // healer reset: restarts are tried again.
  scene.pass(1h);
  scene.send(OperatorReset{"web"});
  Box& third = scene.box("web");
  third.broken = true;
  third.fixed_by_start = true;
  REQUIRE(scene.pass_until_decision("recovered", 4h));
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("evidence: an order waits for its evidence, two seconds at most") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("the evidence arrives in time") {
    scene.evidence_takes = 500ms;
    scene.evidence_excerpt = "panic: out of cheese";
    box.broken = true;
    REQUIRE(scene.pass_until(
        [&] { return std::holds_alternative<Gathering>(scene.workload("web").remediation.phase); }));
    const Instant asked = scene.now();
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.now() - asked == 501ms);
    REQUIRE(scene.pass_until_decision("recovered"));
    for (const Notification& notification : scene.notifications)
      CHECK(notification.excerpt == "panic: out of cheese");
  }
  SUBCASE("the evidence never arrives") {
    scene.evidence_takes.reset();
    box.broken = true;
    REQUIRE(scene.pass_until(
        [&] { return std::holds_alternative<Gathering>(scene.workload("web").remediation.phase); }));
    const Instant asked = scene.now();
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.now() - asked == 2001ms);
  }
  SUBCASE("evidence is switched off") {
    Policy policy = Scene::policy();
    policy.evidence = false;
    box.policy = std::make_shared<const Policy>(policy);
    scene.resync();
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.captures == 0);
  }
}

TEST_CASE("evidence: an operator's stop while evidence is captured cancels the remedy") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.evidence_takes = 1500ms;
  box.broken = true;
  REQUIRE(scene.pass_until(
      [&] { return std::holds_alternative<Gathering>(scene.workload("web").remediation.phase); }));
  scene.stop(box);
  scene.pass(1h);
  CHECK(scene.orders.empty());
}

TEST_CASE("heal: healer heal is executed at once, also for a healthy workload") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("healthy") {
    scene.send(OperatorHeal{"web"});
    scene.pass(10ms);
    CHECK(scene.decisions() == "degraded, restart web");
    REQUIRE(scene.pass_until_decision("recovered"));
    CHECK(scene.incidents.at(1).cause == IncidentCause::ByOperator);
  }
  SUBCASE("given up") {
    break_for_good(box);
    REQUIRE(scene.pass_until_decision("critical", 2h));
    scene.decisions();
    box.fixed_by_start = true;
    scene.send(OperatorHeal{"web"});
    scene.pass(10ms);
    CHECK(scene.decisions() == "restart web");
    REQUIRE(scene.pass_until_decision("recovered"));
  }
  SUBCASE("not for a container that an operator stopped or paused") {
    scene.stop(box);
    scene.pass(1min);
    scene.send(OperatorHeal{"web"});
    scene.pass(1min);
    CHECK(scene.orders.empty());
    scene.start(box);
    scene.pass(1min);
    scene.pause(box);
    scene.pass(1s);
    scene.send(OperatorHeal{"web"});
    scene.pass(1min);
    CHECK(scene.orders.empty());
  }
  SUBCASE("not when the remedy is none") {
    Policy policy = ladder({step(RemedyKind::None)});
    box.policy = std::make_shared<const Policy>(policy);
    scene.resync();
    scene.pass(1s);
    scene.send(OperatorHeal{"web"});
    scene.pass(1min);
    CHECK(scene.orders.empty());
  }
}
