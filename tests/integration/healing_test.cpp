// Every kind of failing check is healed by one restart, and operators are notified.
#include <doctest/doctest.h>

#include <fstream>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// Waits until healer reports the container healthy after one attempt, and requires that the engine did that
/// one restart and nothing else.
void require_restarted_once(EngineScene& scene, const std::string& name, const ContainerFacts& before) {
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait_condition(name, "healthy");
  const ContainerFacts after = scene.facts(name);
  REQUIRE(after.id == before.id);
  REQUIRE(after.status == "running");
  REQUIRE(after.started_at != before.started_at);
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.acts(name, "start") == 2);  // the first start is the scene's own
}

ContainerFacts healthy_before(EngineScene& scene, const std::string& name) {
  scene.wait_condition(name, "healthy");
  return scene.facts(name);
}

}  // namespace

TEST_CASE("a container that answers 503 is restarted once, and operators are notified") {
  EngineScene scene;
  const std::string name = scene.app("sample-app");
  HealerProcess& healer = scene.healer();
  const ContainerFacts before = healthy_before(scene, name);

  scene.instruct(name, "/break");
  require_restarted_once(scene, name, before);

  REQUIRE(healer.said(name + " — unhealthy (1/3): HTTP 503") == 1);
  REQUIRE(healer.said(name + " — unhealthy (2/3): HTTP 503") == 1);
  REQUIRE(healer.said("RESTARTING " + name + " — failed 3 consecutive health checks") == 1);

  scene.wait("both messages", [&] { return scene.slack().accepted().size() >= 2; });
  const std::vector<SlackMessage> reported = scene.slack().accepted();
  REQUIRE(reported.size() == 2);
  REQUIRE(reported[0].color == SlackSink::degraded);
  REQUIRE(reported[0].title == "🐳 Self-Healing Infrastructure — DEGRADED");
  REQUIRE(reported[0].text.find(name + " is unhealthy: HTTP 503") != std::string::npos);
  REQUIRE(reported[1].color == SlackSink::recovered);
  REQUIRE(reported[1].title == "🐳 Self-Healing Infrastructure — RECOVERED");

  const Ran page = healer.http("/metrics");
  REQUIRE(page.code == 200);
  std::ofstream(scene.file("metrics")) << page.output << "\n";
  const Ran promtool = run({.arguments = {"sh", "-c", "promtool check metrics < " + scene.file("metrics")}});
  REQUIRE_MESSAGE(promtool.code == 0, promtool.output);
  const std::string label = "workload=\"" + name + "\"";
  REQUIRE(healer.metric("healer_target_restarts_total", {label}) == 1);
  REQUIRE(healer.metric("healer_target_up", {label}) == 1);
  REQUIRE(healer.metric("healer_remedies_total", {"remedy=\"restart\"", "outcome=\"recovered\""}) == 1);
  REQUIRE(healer.metric("healer_incidents_total", {"cause=\"probe_failed\""}) == 1);
  REQUIRE(healer.metric("healer_incidents_open") == 0);
  REQUIRE(healer.metric("healer_checks_total", {"outcome=\"fail\"", "cause=\"status\""}) >= 3);
  REQUIRE(healer.metric("healer_time_to_heal_seconds_count") == 1);
  REQUIRE(healer.metric("healer_engine_up") == 1);
}

TEST_CASE("a container that never answers is restarted once") {
  EngineScene scene;
  const std::string name = scene.app("hangs");
  scene.healer();
  const ContainerFacts before = healthy_before(scene, name);
  scene.instruct(name, "/hang");
  require_restarted_once(scene, name, before);
  REQUIRE(scene.healer().said(name + " — unhealthy (1/3): no answer within 1s") >= 1);
}

TEST_CASE("a container that refuses connections is restarted once") {
  EngineScene scene;
  const std::string name = scene.app("refuses");
  scene.healer();
  const ContainerFacts before = healthy_before(scene, name);
  scene.instruct(name, "/close");
  require_restarted_once(scene, name, before);
  // The engine's port proxy accepts a connection to a closed port and ends it at once.
  REQUIRE(scene.healer().said(name + " — unhealthy (1/3): connection ") >= 1);
}

TEST_CASE("an unhealthy HEALTHCHECK is remedied at once, by the engine's event") {
  EngineScene scene;
  Make make;
  make.options = {"--label",           "healer.probe=engine",
                  "--health-cmd",      "test ! -e /tmp/unhealthy",
                  "--health-interval", "1s",
                  "--health-retries",  "1",
                  "--health-timeout",  "10s"};
  make.command = {"/bin/sh", "-c", "rm -f /tmp/unhealthy; exec /bin/sample-app"};
  const std::string name = scene.app("checked", make);
  scene.healer();
  const ContainerFacts before = healthy_before(scene, name);
  scene.docker()({"exec", name, "touch", "/tmp/unhealthy"});
  require_restarted_once(scene, name, before);
  REQUIRE(scene.healer().said(name + " — HEALTHCHECK says unhealthy") >= 1);
  REQUIRE(scene.healer().said(name + " — unhealthy (1/3)") == 0);
}

TEST_CASE(
    "a container that stays broken uses up its budget with one critical notification, and can be reset"
    "reset") {
  EngineScene scene;
  Make make;
  make.options = {"-e",      "APP_BROKEN_STARTS=always", "--label", "healer.start_period=0s",
                  "--label", "healer.unproven=act"};
  const std::string name = scene.app("incurable", make);
  HealerProcess& healer = scene.healer({{"BUDGET", "3/30m"}});

  scene.wait_condition(name, "given_up");
  REQUIRE(scene.acts(name, "restart") == 3);
  REQUIRE(healer.said(name + " — GAVE UP") == 1);
  REQUIRE(healer.metric("healer_breakers_open") == 1);
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });

  // The container is still checked, but nothing more is done or notified.
  scene.wait_checks(8);
  REQUIRE(scene.acts(name, "restart") == 3);
  REQUIRE(scene.slack().with_color(SlackSink::critical) == 1);
  REQUIRE(scene.slack().accepted().size() == 2);  // degraded and critical

  const Ran unknown = healer.command({"reset", name + "x"});
  REQUIRE(unknown.code == 1);
  REQUIRE(unknown.output.find(name) != std::string::npos);  // the nearest name
  const Ran reset = healer.command({"reset", name});
  REQUIRE_MESSAGE(reset.code == 0, reset.output);
  scene.wait("an attempt after the reset", [&] { return scene.acts(name, "restart") > 3; });
}
