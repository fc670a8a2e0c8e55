// Tests that healer does nothing when nothing is to be done.
#include <doctest/doctest.h>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

TEST_CASE("a slow start is never restarted") {
  EngineScene scene;
  // Longer than three failed checks take, but within the start period.
  Make make;
  make.options = {"-e", "APP_START_DELAY=6", "--label", "healer.start_period=40s"};
  const std::string name = scene.app("slow", make);
  HealerProcess& healer = scene.healer();
  const ContainerFacts before = scene.facts(name);
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.metric("healer_checks_total", {"outcome=\"fail\""}) >= 4);
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(healer.said(name + " — unhealthy") == 0);
  REQUIRE(scene.facts(name).started_at == before.started_at);
  REQUIRE(scene.acts(name, "restart") == 0);
}

TEST_CASE("a single failed check is ignored") {
  EngineScene scene;
  // Long intervals, so that the fix arrives before the second or third check on any machine.
  Make make;
  make.options = {"--label", "healer.fast_interval=3s", "--label", "healer.interval=3s"};
  const std::string name = scene.app("blinks", make);
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(name);
  scene.instruct(name, "/break");
  scene.wait_said(name + " — unhealthy (1/3)");
  scene.instruct(name, "/fix");
  scene.wait_said(name + " — answers again");
  scene.wait_checks(2);
  REQUIRE(scene.facts(name).started_at == before.started_at);
  REQUIRE(healer.metric("healer_incidents_total") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.slack().requests() == 0);
}

TEST_CASE("a container that did not opt in is never touched, and opting out wins") {
  EngineScene scene;
  Make unlabelled;
  unlabelled.monitored = false;
  unlabelled.options = {"-e", "APP_BROKEN_STARTS=always"};
  Make opted_out;
  opted_out.options = {"-e", "APP_BROKEN_STARTS=always", "--label", "healer.enable=false"};
  Make one_off;
  one_off.options = {"-e", "APP_BROKEN_STARTS=always", "--label", "com.docker.compose.oneoff=True"};
  const std::vector<std::string> others = {scene.app("neighbour", unlabelled),
                                           scene.app("opted-out", opted_out), scene.app("one-off", one_off)};
  const std::string watched = scene.app("watched");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(watched, "healthy");
  std::vector<ContainerFacts> before;
  for (const std::string& name : others) before.push_back(scene.facts(name));

  scene.instruct(watched, "/break");
  scene.wait_said(watched + " — RECOVERED after 1 attempt");
  for (std::size_t i = 0; i < others.size(); ++i) {
    REQUIRE(scene.facts(others[i]) == before[i]);
    REQUIRE(healer.condition(others[i]).empty());
    REQUIRE(scene.acts(others[i], "start") == 1);
    // A crash has no consequence either.
    scene.ask(others[i], "POST", "/crash");
  }
  scene.ask(watched, "POST", "/crash");
  scene.wait_said(watched + " — RECOVERED after 1 attempt", 2);
  for (const std::string& name : others) REQUIRE(scene.facts(name).status == "exited");
}

TEST_CASE("a dry run decides, logs and notifies, but does not touch the container") {
  EngineScene scene;
  const std::string name = scene.app("rehearsed");
  HealerProcess& healer = scene.healer({}, {"--dry-run"});
  scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(name);
  const std::size_t acts = scene.acts(name).size();
  scene.instruct(name, "/break");
  scene.wait_said("RESTARTING " + name + " — failed 3 consecutive health checks");
  scene.wait_said(name + " — dry run: the engine was not called");
  scene.wait("operators are notified", [&] { return scene.slack().with_color(SlackSink::degraded) == 1; });
  // The second attempt is not executed either.
  scene.wait_said("RESTARTING " + name, 2);
  REQUIRE(scene.facts(name) == before);
  REQUIRE(scene.acts(name).size() == acts);
  REQUIRE(healer.status().at("dry_run").as_bool());
}

TEST_CASE("a label that is not understood is said and marked, and the others apply") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.intervall=5s", "--label", "healer.failure_threshold=many",
                  "--label", "healer.path=/"};
  const std::string name = scene.app("mislabelled", make);
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.said("healer.intervall") >= 1);
  REQUIRE(healer.said("healer.interval") >= 1);
  REQUIRE(healer.said("healer.failure_threshold=many") >= 1);
  const boost::json::value one = healer.workload(name);
  REQUIRE(one.at("problems").as_array().size() == 2);
  REQUIRE(std::string(one.at("probe").as_string()).ends_with("/"));
  REQUIRE(healer.metric("healer_label_problems") == 2);
}
