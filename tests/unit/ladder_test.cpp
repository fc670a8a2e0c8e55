// HEALING.md 4: the ladder, the evidence before each step, and what restarts that did not help mean.
#include <doctest/doctest.h>

#include <algorithm>

#include "core/ladder.hpp"
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
  const auto found = choose_step(policy, ladder_step, exited, ineffective);
  return found ? to_string(found->step) : "nothing";
}

}  // namespace

TEST_CASE("ladder: each failed attempt takes the next step, the last one repeats") {
  const Policy policy =
      ladder({step(RemedyKind::Exec), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  CHECK(chosen(policy, 0, false) == "exec:/reload");
  CHECK(chosen(policy, 1, false) == "restart");
  CHECK(chosen(policy, 2, false) == "recreate");
  CHECK(chosen(policy, 9, false) == "recreate");
}

TEST_CASE("ladder: what a step comes to for a container that has exited") {
  CHECK(chosen(ladder({step(RemedyKind::Restart)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Kill, 1)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Exec)}), 0, true) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Recreate)}), 0, true) == "recreate");
  CHECK(chosen(ladder({step(RemedyKind::Webhook)}), 0, true) == "webhook");
  CHECK(chosen(ladder({step(RemedyKind::Stop)}), 0, true) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::None)}), 0, true) == "nothing");
}

TEST_CASE("ladder: a start is passed over while it runs") {
  CHECK(chosen(ladder({step(RemedyKind::Start)}), 0, false) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::Start), step(RemedyKind::Restart)}), 0, false) == "restart");
}

TEST_CASE("ladder: five restarts that did not help, and the next kind is taken") {
  const Policy policy =
      ladder({step(RemedyKind::Restart), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  CHECK(chosen(policy, 0, false, 4) == "restart");
  CHECK(chosen(policy, 0, false, 5) == "recreate");
  CHECK(chosen(policy, 0, true, 5) == "recreate");
  CHECK(chosen(ladder({step(RemedyKind::Restart)}), 0, false, 9) == "restart");  // there is no other
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::None)}), 0, false, 5) == "nothing");
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::Stop)}), 0, true, 5) == "start");
  CHECK(chosen(ladder({step(RemedyKind::Restart), step(RemedyKind::None)}), 0, true, 5) == "start");
  CHECK(choose_step(policy, 0, false, 5)->skipped_restarts);
}

TEST_CASE("ladder: a command inside remedies it, and its instance goes on") {
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

TEST_CASE("ladder: exec, restart, recreate, and then an operator is called") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = ladder({step(RemedyKind::Exec), step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  policy.budget_attempts = 3;
  break_for_good(scene.healthy("web", policy));
  REQUIRE(scene.pass_until_decision("critical"));
  CHECK(scene.decisions() == "degraded, exec web, restart web, recreate web, critical");
  CHECK(scene.notifications.back().event == "GAVE UP");
}

TEST_CASE("ladder: one that ends in none tells an operator at its end") {
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

TEST_CASE("ladder: a signal that it survives") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Kill, 1)}));
  box.fixed_by_signal = true;
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, kill web, recovered");
  CHECK(scene.orders[0].step.signal == 1);
}

TEST_CASE("ladder: a signal that ends it: our doing, so it is started within the same attempt") {
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
    CHECK(scene.status("web").attempts_in_window == 1);
  }
}

TEST_CASE("ladder: stopped by an operator while a signal's effect is awaited: hands off") {
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

TEST_CASE("ladder: a webhook whose other end remedies it") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Webhook)}));
  SUBCASE("in place") {
    box.recovered_by_webhook = true;
  }
  SUBCASE("by restarting it") {
    scene.at_order = [&](const ApplyRemedy&) { scene.restart(box); };
  }
  SUBCASE("and whose answer is lost") {
    box.recovered_by_webhook = true;
    scene.fates = {OrderFate::LostDone};
  }
  box.broken = true;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.decisions() == "degraded, webhook web, recovered");
}

TEST_CASE("recreate: the workload goes on in a new container, its history with it") {
  for (const Dialect dialect : {Dialect::Docker20, Dialect::Docker26}) {
    Scene scene(dialect);
    INFO(scene.transcript());
    Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate)}));
    const std::string old_id = box.facts.id;
    box.broken = true;
    REQUIRE(scene.pass_until_decision("recovered"));
    CHECK(scene.decisions() == "degraded, recreate web, recovered");
    CHECK(scene.core->watched() == 1);
    CHECK(scene.records.size() == 1);  // what stands beside it for a while is no workload of its own
    CHECK(scene.box("web").facts.id != old_id);
    CHECK(scene.status("web").container_id == scene.box("web").facts.id);
    CHECK(scene.status("web").attempts_in_window == 1);
    scene.pass(1h);
    CHECK(scene.decisions() == "");
  }
}

TEST_CASE("recreate: undone by the engine is a failed attempt, and the old one is healed on") {
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

TEST_CASE("recreate: an answer that is lost is asked for again, and never done twice") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", ladder({step(RemedyKind::Recreate)}));
  SUBCASE("executed") {
    scene.fates = {OrderFate::LostDone};
  }
  SUBCASE("half executed") {
    scene.fates = {OrderFate::LostHalfway};
  }
  SUBCASE("never heard of") {
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

TEST_CASE("recreate: healer dies in the middle, the next one finishes it") {
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

TEST_CASE("efficacy: restarts that remedy nothing are remembered, said, and passed over") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = ladder({step(RemedyKind::Restart), step(RemedyKind::Recreate)});
  policy.remedies.insert(policy.remedies.begin(), 5, step(RemedyKind::Restart));
  policy.budget_attempts = 20;
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  box.fixed_by_start = false;
  box.recovered_by_recreate = true;
  REQUIRE(scene.pass_until_decision("recovered", 4h));
  CHECK(scene.decisions() ==
        "degraded, restart web, restart web, restart web, restart web, restart web, recreate web, recovered");
  CHECK(scene.logged("the last 5 restarts did not help"));

  // Also over healer's own restart, and in the next incident.
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

  // An operator who knows better.
  scene.pass(1h);
  scene.send(OperatorReset{"web"});
  Box& third = scene.box("web");
  third.broken = true;
  third.fixed_by_start = true;
  REQUIRE(scene.pass_until_decision("recovered", 4h));
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("evidence: asked for before the order, which waits for it two seconds at most") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  SUBCASE("in time") {
    scene.evidence_takes = 500ms;
    scene.evidence_excerpt = "panic: out of cheese";
    box.broken = true;
    REQUIRE(
        scene.pass_until([&] { return std::holds_alternative<Gathering>(scene.workload("web").remedy); }));
    const Instant asked = scene.now();
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.now() - asked == 501ms);
    REQUIRE(scene.pass_until_decision("recovered"));
    for (const Notification& notification : scene.notifications)
      CHECK(notification.excerpt == "panic: out of cheese");
  }
  SUBCASE("never") {
    scene.evidence_takes.reset();
    box.broken = true;
    REQUIRE(
        scene.pass_until([&] { return std::holds_alternative<Gathering>(scene.workload("web").remedy); }));
    const Instant asked = scene.now();
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.now() - asked == 2001ms);
  }
  SUBCASE("not wanted") {
    Policy policy = Scene::policy();
    policy.evidence = false;
    box.policy = std::make_shared<const Policy>(policy);
    scene.resync();
    box.broken = true;
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.captures == 0);
  }
}

TEST_CASE("evidence: an operator who stops it meanwhile is heard") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.evidence_takes = 1500ms;
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return std::holds_alternative<Gathering>(scene.workload("web").remedy); }));
  scene.stop(box);
  scene.pass(1h);
  CHECK(scene.orders.empty());
}

TEST_CASE("heal: an operator's word is done at once, on a healthy one too") {
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
  SUBCASE("not what an operator stopped or paused") {
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
  SUBCASE("not where its ladder is none") {
    Policy policy = ladder({step(RemedyKind::None)});
    box.policy = std::make_shared<const Policy>(policy);
    scene.resync();
    scene.pass(1s);
    scene.send(OperatorHeal{"web"});
    scene.pass(1min);
    CHECK(scene.orders.empty());
  }
}
