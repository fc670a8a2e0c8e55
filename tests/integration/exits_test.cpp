// Tests of how a container ends, and what healer does then.
#include <doctest/doctest.h>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

/// Crashes a healthy container and waits until healer has started it again. Anything that healer would have
/// done to another container before that has been done by then.
void let_healer_act_elsewhere(EngineScene& scene, const std::string& canary) {
  const std::size_t before = scene.healer().said(canary + " — RECOVERED");
  scene.ask(canary, "POST", "/crash");
  scene.wait_said(canary + " — RECOVERED", before + 1);
}

}  // namespace

TEST_CASE("a crashed container without a restart policy is started again at once") {
  EngineScene scene;
  const std::string name = scene.app("crashes");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(name);

  scene.ask(name, "POST", "/crash?code=7");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(healer.said("STARTING " + name + " — exited by itself with code 7 (attempt 1 of 5)") == 1);
  REQUIRE(healer.said(name + " — next start in") == 0);  // no wait before the first attempt
  REQUIRE(scene.facts(name).started_at != before.started_at);
  REQUIRE(scene.acts(name, "start") == 2);
  REQUIRE(scene.acts(name, "restart") == 0);
}

TEST_CASE("a crashed container with a restart policy is left to the engine") {
  EngineScene scene;
  Make make;
  make.options = {"--restart", "always"};
  const std::string name = scene.app("returns", make);
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  scene.ask(name, "POST", "/crash");
  scene.wait("the engine's own restart", [&] {
    const ContainerFacts facts = scene.facts(name);
    return facts.restart_count == 1 && facts.status == "running";
  });
  scene.wait_said(name + " — exited by itself with code 1; left to the engine's restart policy");
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.acts(name, "start") == 2);
  REQUIRE(scene.acts(name, "restart") == 0);
  REQUIRE(healer.said("STARTING " + name) == 0);
  REQUIRE(scene.slack().requests() == 0);
}

TEST_CASE("a container that ran out of memory is started again, and the notification gives the cause") {
  EngineScene scene;
  Make make;
  make.options = {"--memory", "24m", "--memory-swap", "24m"};
  // The container's first process is the one that fills the memory.
  make.command = {"/bin/sh", "-c",
                  "/bin/sample-app & until test -e /tmp/eat; do sleep 0.1; done; rm /tmp/eat; "
                  "exec awk 'BEGIN { s = \"0123456789abcdef\"; while (1) s = s s }'"};
  const std::string name = scene.app("eats", make);
  scene.healer();
  scene.wait_condition(name, "healthy");
  scene.docker()({"exec", name, "touch", "/tmp/eat"});
  scene.wait_said(name + " — out of memory, exit code 137");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait("operators hear of it", [&] { return scene.slack().about("out of memory") >= 1; });
  REQUIRE(scene.healer().metric("healer_incidents_total", {"cause=\"out_of_memory\""}) == 1);
}

TEST_CASE("a container that an operator stopped stays stopped until an operator starts it") {
  EngineScene scene;
  const std::string stopped = scene.app("stopped");
  const std::string killed = scene.app("killed");
  const std::string canary = scene.app("canary");
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {stopped, killed, canary}) scene.wait_condition(name, "healthy");

  scene.docker()({"stop", stopped});
  scene.docker()({"kill", killed});
  for (const std::string& name : {stopped, killed}) {
    scene.wait_said(name + " — stopped by an operator");
    scene.wait_condition(name, "stopped");
  }
  let_healer_act_elsewhere(scene, canary);
  for (const std::string& name : {stopped, killed}) {
    REQUIRE(scene.facts(name).status == "exited");
    REQUIRE(scene.acts(name, "start") == 1);
  }
  // Only the canary. The engine may report a kill so late that a check fails first; no remedy follows.
  REQUIRE(healer.metric("healer_incidents_total", {"cause=\"crashed\""}) == 1);

  scene.docker()({"start", stopped});
  scene.wait_condition(stopped, "healthy");
  scene.instruct(stopped, "/break");
  scene.wait_said(stopped + " — RECOVERED after 1 attempt");
}

TEST_CASE("a container that an operator paused is left alone until it is unpaused") {
  EngineScene scene;
  const std::string paused = scene.app("paused");
  const std::string canary = scene.app("canary");
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {paused, canary}) scene.wait_condition(name, "healthy");
  const ContainerFacts before = scene.facts(paused);

  scene.docker()({"pause", paused});
  scene.wait_condition(paused, "paused");
  let_healer_act_elsewhere(scene, canary);
  scene.wait_checks(5);
  REQUIRE(scene.facts(paused).status == "paused");

  scene.docker()({"unpause", paused});
  scene.wait_condition(paused, "healthy");
  REQUIRE(scene.facts(paused).started_at == before.started_at);
  REQUIRE(scene.acts(paused, "restart") == 0);
  // Only the canary. The engine may report a kill so late that a check fails first; no remedy follows.
  REQUIRE(healer.metric("healer_incidents_total", {"cause=\"crashed\""}) == 1);
}

TEST_CASE("a crash after a reload signal still counts as a crash, not as an operator's stop") {
  EngineScene scene;
  const std::string name = scene.app("reloads");
  scene.healer();
  scene.wait_condition(name, "healthy");
  scene.docker()({"kill", "-s", "HUP", name});
  scene.ask(name, "POST", "/crash");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.healer().said(name + " — stopped by an operator") == 0);
  REQUIRE(scene.acts(name, "start") == 2);
}
