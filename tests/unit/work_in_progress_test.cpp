// HEALING.md 3 and 5: owners, jobs, deployments, and operators at work.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// An event of a container of the service.
void deploys(Scene& scene, const char* container, EngineReport report, const std::string& service,
             const std::string& name = "shop-one-1") {
  EngineEvent event;
  event.container_id = container;
  event.name = name;
  event.report = std::move(report);
  event.service = service;
  event.unix_nanoseconds = scene.now().time_since_epoch().count() * 1'000'000;
  scene.send(event);
}

Box& of_service(Scene& scene, const std::string& name) {
  Box& box = scene.add("shop-" + name + "-1");
  box.facts.identity.key = "shop/" + name + "/1";
  box.facts.identity.service = "shop/" + name;
  return box;
}

}  // namespace

TEST_CASE("owner: what ends the instance is refused, with the owner named") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web.1.abc");
  box.facts.owner.name = "Docker Swarm (service web)";
  scene.connect();
  scene.pass(1min);
  box.broken = true;
  scene.pass(2h);
  CHECK(scene.orders.empty());
  CHECK(scene.notifications.at(0).text.find("Docker Swarm (service web)") != std::string::npos);
  CHECK(scene.status("web.1.abc").problems.size() == 1);  // the label asks for a restart
  scene.send(OperatorHeal{"web.1.abc"});
  scene.pass(1min);
  CHECK(scene.orders.empty());
}

TEST_CASE("owner: an exit is the owner's business") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web.1.abc");
  box.facts.owner.name = "Docker Swarm (service web)";
  scene.connect();
  scene.pass(1min);
  scene.crash(box, 1);
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.decisions() == "");
}

TEST_CASE("job: its end is final, and only a failure is notified") {
  for (const int code : {0, 3}) {
    Scene scene;
    INFO(scene.transcript());
    Box& job = scene.add("migrate");
    job.facts.ports.clear();
    scene.connect();
    scene.pass(1min);
    scene.crash(job, code);
    scene.pass(1h);
    CHECK(scene.orders.empty());
    CHECK(scene.decisions() == (code == 0 ? "" : "critical"));
    CHECK(scene.status("migrate").condition == (code == 0 ? Condition::Completed : Condition::Stopped));
  }
}

TEST_CASE("job: a service that others await is one, though its check has passed") {
  Scene scene;
  INFO(scene.transcript());
  Box& job = of_service(scene, "seed");
  of_service(scene, "web").facts.start_order.awaited_jobs = {"shop/seed"};
  scene.connect();
  scene.pass(1min);
  scene.crash(job, 0);
  scene.pass(10min);
  CHECK(scene.orders.empty());
}

TEST_CASE("job: its check is not called unproven before the first list shows who awaits it") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.unproven = UnprovenUse::Hold;
  Box& job = of_service(scene, "seed");
  job.policy = std::make_shared<const Policy>(policy);
  job.answer = ProbeFacts{};
  job.answer->end = ProbeEnd::Refused;
  of_service(scene, "web").facts.start_order.awaited_jobs = {"shop/seed"};
  scene.engine_up = true;
  scene.send(EngineConnected{"an engine", StopReports::Reliable, EngineProcess::HoldsContainers, {}});
  scene.send(ContainerObserved{job.facts, job.policy, {}});
  scene.pass(1min);
  CHECK(scene.probes > 0);
  scene.resync();
  scene.pass(10min);
  CHECK(scene.decisions() == "");
}

TEST_CASE("exit 0: a server is started again, a scheduler's restarts are no crash loop") {
  Scene scene;
  INFO(scene.transcript());
  Box& server = scene.healthy("web");
  scene.crash(server, 0);
  CHECK(scene.pass_until_decision("start web", 1min));

  Scene other;
  INFO(other.transcript());
  Box& scheduler = other.add("cron");
  scheduler.facts.engine_restarts.policy = RestartPolicy::UnlessStopped;
  other.connect();
  for (int i = 0; i < 12; ++i) {
    other.pass(20s);
    other.crash(scheduler, 0);
    other.pass(2s);
  }
  CHECK(other.decisions() == "");
}

TEST_CASE("exit 0: the setting decides") {
  for (const ExitZeroUse use : {ExitZeroUse::Restart, ExitZeroUse::Completed}) {
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.on_exit_0 = use;
    Box& box = scene.healthy("web", policy);
    scene.crash(box, 0);
    scene.pass(5min);
    CHECK(scene.orders.empty() == (use == ExitZeroUse::Completed));
  }
}

TEST_CASE("deployment: remedies of the project wait until its containers are there, and no others do") {
  Scene scene;
  INFO(scene.transcript());
  Box& web = of_service(scene, "web");
  of_service(scene, "api");
  Box& other = scene.add("other");
  scene.connect();
  scene.pass(1min);
  web.broken = other.broken = true;
  const Instant from = scene.now();
  for (int i = 0; i < 4; ++i) {
    deploys(scene, "new", Created{}, "shop/api");
    scene.pass(15s);
  }
  const auto ordered = [&](const std::string& id) {
    return std::any_of(scene.orders.begin(), scene.orders.end(),
                       [&](const ApplyRemedy& order) { return order.container_id == id; });
  };
  CHECK(ordered(other.facts.id));
  CHECK_FALSE(ordered(web.facts.id));
  CHECK(scene.status("shop-web-1").hold->kind == HoldKind::Deployment);
  CHECK(scene.pass_until([&] { return ordered(web.facts.id); }, 3min));
  CHECK(scene.now() - from >= 105s);
}

TEST_CASE("deployment: one that never ends, and services that healer does not watch, hold nothing for ever") {
  for (const char* service : {"shop/web", "shop/tool"}) {
    Scene scene;
    INFO(scene.transcript());
    Box& web = of_service(scene, "web");
    scene.connect();
    scene.pass(1min);
    web.broken = true;
    const Instant from = scene.now();
    for (int i = 0; i < 80 && scene.orders.empty(); ++i) {
      deploys(scene, "new", Removed{}, service);
      scene.pass(15s);
    }
    CHECK_FALSE(scene.orders.empty());
    CHECK(scene.now() - from < 12min);
  }
}

TEST_CASE("deployment: a recreation by healer is none, however late the engine reports it") {
  const auto held = [](const std::string& name) {
    Scene scene;
    INFO(scene.transcript());
    Box& web = of_service(scene, "web");
    scene.connect();
    scene.pass(1min);
    deploys(scene, "old", Removed{}, "shop/web", name);
    web.broken = true;
    scene.pass(30s);
    return scene.orders.empty();
  };
  for (const char* name : {"shop-web-1-healer3", "shop-web-1-healer3-new", "shop-web-1-healer1200"})
    CHECK_MESSAGE(!held(name), name);
  for (const char* name : {"shop-web-1", "shop-healer-1", "shop-web-healer", "shop-web-1-healer-new", "12",
                           "", "shop-web-1-healer", "shop-web-1-healer3x", "shop-web-1-healerx3",
                           "shop-web-11-healer3", "edge-healer2"})
    CHECK_MESSAGE(held(name), name);
}

TEST_CASE("operator inside: remedies wait for the command, an hour at most") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("db");
  box.facts.operator_command = "pg_dump";
  box.broken = true;
  scene.pass(30min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("db").hold->kind == HoldKind::OperatorInside);
  CHECK(scene.notifications.at(0).text.find("pg_dump") != std::string::npos);
  box.facts.operator_command.clear();
  CHECK(scene.pass_until_decision("restart db", 1min));

  Scene forgotten;
  INFO(forgotten.transcript());
  Box& shell = forgotten.healthy("db");
  shell.facts.operator_command = "bash";
  shell.broken = true;
  CHECK(forgotten.pass_until_decision("restart db", 70min));
}

TEST_CASE("events lost: an exit that nobody saw is left alone and notified, unless memory ran out") {
  for (const bool oom : {false, true}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = scene.healthy("web");
    scene.lose_engine();
    scene.crash(box, 137);
    box.facts.oom_killed = oom;
    scene.forget_events();
    scene.pass(5s);
    scene.send(EventsLost{});
    scene.connect();
    scene.pass(10min);
    CHECK(scene.orders.empty() == !oom);
    if (!oom) CHECK(scene.notifications.back().event == "ENDED UNSEEN");
  }
}

TEST_CASE("standstill: failures from before do not count") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }));
  scene.send(LoopStalled{2min});
  scene.pass(6s);
  CHECK(scene.status("web").failures <= 2);
  CHECK(scene.orders.empty());
  CHECK(scene.pass_until_decision("restart web", 1min));
}

TEST_CASE("vanished: one notification for a project, and none for what has a successor") {
  Scene scene;
  INFO(scene.transcript());
  Box& web = of_service(scene, "web");
  Box& api = of_service(scene, "api");
  Box& blue = scene.add("site-blue");
  scene.connect();
  scene.pass(1min);
  scene.remove(web);
  scene.remove(api);
  scene.pass(30s);
  scene.add("site-green");
  scene.resync();
  scene.pass(10s);
  scene.remove(blue);
  scene.pass(10min);
  CHECK(scene.decisions() == "info");
  CHECK(scene.notifications.back().text.find("shop-api-1, shop-web-1") != std::string::npos);
}

TEST_CASE("depends_on with restart: the dependent is restarted once after its dependency") {
  for (const bool wanted : {true, false}) {
    Scene scene;
    INFO(scene.transcript());
    Box& db = of_service(scene, "db");
    Box& web = of_service(scene, "web");
    web.facts.start_order.dependencies = {"shop/db"};
    if (wanted) web.facts.start_order.restarted_with = {"shop/db"};
    scene.connect();
    scene.pass(1min);
    db.broken = true;
    scene.pass(10min);
    CHECK(scene.orders.size() == (wanted ? 2 : 1));
    CHECK(scene.orders.back().container_id == (wanted ? web.facts.id : db.facts.id));
  }
}
