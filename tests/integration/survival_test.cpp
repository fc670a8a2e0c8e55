// Nothing is lost and nothing is done twice when healer is killed, a container is deployed, or the engine's
// socket goes away and returns.
#include <doctest/doctest.h>

#include "integration/engine_scene.hpp"
#include "support/unix_forwarder.hpp"

using namespace healer::testing;

namespace {

/// sample-app under a shell that ignores TERM, so the engine needs the whole stop timeout for every restart.
Make slow_to_stop() {
  Make make;
  make.options = {"--stop-timeout", "5"};
  make.command = {"/bin/sh", "-c", "trap '' TERM; /bin/sample-app & while :; do wait; sleep 1; done"};
  return make;
}

/// Waits until the first incident's notification is delivered and recorded. A healer killed in between
/// delivers the notification again, which these tests do not examine.
void wait_first_delivery(EngineScene& scene, const HealerProcess& healer) {
  scene.wait("the first delivery is on disk", [&] {
    return healer.command({"incident", "1"}).output.find(": delivered") != std::string::npos;
  });
}

}  // namespace

TEST_CASE(
    "healer is killed while a container is unhealthy: the container is healed once, with one notification") {
  EngineScene scene;
  const std::string name = scene.app("orphaned");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait_said(name + " — unhealthy (1/3)");
  healer.kill();
  healer.start();
  scene.wait_condition(name, "healthy");
  scene.wait("the end is notified", [&] { return scene.slack().with_color(SlackSink::recovered) == 1; });
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.acts(name, "start") == 2);
  REQUIRE(scene.slack().with_color(SlackSink::degraded) == 1);
  REQUIRE(scene.slack().accepted().size() == 2);
}

TEST_CASE("healer is killed while it restarts a container: exactly one restart happens") {
  EngineScene scene;
  const std::string name = scene.app("halfway", slow_to_stop());
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait("the engine is at the restart", [&] { return scene.acts(name, "kill") >= 1; });
  wait_first_delivery(scene, healer);
  REQUIRE(scene.acts(name, "die") == 0);
  healer.kill();
  healer.start();
  scene.wait_said(name + " — attempt 1 was unfinished when healer ended");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait_condition(name, "healthy");
  scene.wait_checks(4);
  REQUIRE(scene.acts(name, "start") == 2);
  REQUIRE(scene.acts(name, "die") == 1);
  scene.wait("the end is notified", [&] { return scene.slack().with_color(SlackSink::recovered) == 1; });
  REQUIRE(scene.slack().with_color(SlackSink::degraded) == 1);
  REQUIRE(healer.workload(name).at("attempts_in_window").to_number<int>() == 1);
}

TEST_CASE("healer is killed between two attempts: the next process continues the same incident") {
  EngineScene scene;
  // The second restart fixes it; the interval is the wait between the attempts.
  Make make;
  make.options = {"--label", "healer.unproven=act",
                  "-e",      "APP_BROKEN_STARTS=2",
                  "-e",      "APP_STATE_FILE=/state/starts",
                  "--label", "healer.start_period=0s",
                  "--label", "healer.interval=5s"};
  const std::string name = scene.app("waits", make);
  HealerProcess& healer = scene.healer();
  scene.wait_said(name + " — next restart in ");
  wait_first_delivery(scene, healer);
  healer.kill();
  REQUIRE(scene.acts(name, "restart") == 1);
  healer.start();
  scene.wait_said(name + " — RECOVERED after 2 attempts");
  scene.wait("the end is notified", [&] { return scene.slack().with_color(SlackSink::recovered) == 1; });
  REQUIRE(scene.acts(name, "restart") == 2);
  REQUIRE(scene.slack().accepted().size() == 2);
  REQUIRE(healer.workload(name).at("attempts_in_window").to_number<int>() == 2);
}

TEST_CASE(
    "healer is killed before the engine gets a recorded order: that attempt counts, and the next one heals") {
  EngineScene scene;
  const std::string socket = scene.docker().unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return;
  }
  UnixForwarder engine(scene.file("engine.sock"), socket);
  engine.open();
  const std::string name = scene.app("unheard");
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine.path()}});
  scene.wait_condition(name, "healthy");
  engine.swallow("/restart");
  scene.instruct(name, "/break");
  scene.wait("the order is on its way", [&] { return engine.swallowed() == 1; });
  wait_first_delivery(scene, healer);
  healer.kill();
  engine.swallow("");
  healer.start();
  scene.wait_said(name + " — attempt 1 was unfinished when healer ended");
  // The first attempt had no effect within its time and counts; the second heals.
  scene.wait_said(name + " — RECOVERED after 2 attempts");
  REQUIRE(scene.acts(name, "restart") == 1);
  scene.wait("the end is notified", [&] { return scene.slack().with_color(SlackSink::recovered) == 1; });
  REQUIRE(scene.slack().with_color(SlackSink::degraded) == 1);
}

TEST_CASE("budget and circuit breaker are kept when healer is killed") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.unproven=act",   "-e", "APP_BROKEN_STARTS=always",
                  "--label", "healer.start_period=0s"};
  const std::string name = scene.app("spent", make);
  HealerProcess& healer = scene.healer({{"BUDGET", "2/30m"}});
  scene.wait_condition(name, "given_up");
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
  healer.kill();
  healer.start();
  scene.wait_condition(name, "given_up");
  scene.wait_checks(8);
  REQUIRE(scene.acts(name, "restart") == 2);
  REQUIRE(scene.slack().with_color(SlackSink::critical) == 1);
  REQUIRE(scene.slack().accepted().size() == 2);
}

TEST_CASE("a deployment keeps the history: earlier attempts still count") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.unproven=act",   "-e", "APP_BROKEN_STARTS=always",
                  "--label", "healer.start_period=0s"};
  const std::string name = scene.app("deployed", make);
  HealerProcess& healer = scene.healer({{"BUDGET", "3/30m"}});
  scene.wait("a first attempt", [&] { return scene.acts(name, "restart") == 1; });
  const std::string first = scene.facts(name).id;
  scene.docker()({"rm", "-f", name});
  scene.remake(name, make);
  REQUIRE(scene.facts(name).id != first);
  scene.wait_condition(name, "given_up");
  REQUIRE(healer.said("RESTARTING " + name) == 3);
  REQUIRE(healer.workload(name).at("attempts_in_window").to_number<int>() == 3);
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
}

TEST_CASE("without the engine's socket nothing is ordered, and healing goes on when the socket returns") {
  EngineScene scene;
  const std::string socket = scene.docker().unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return;
  }
  UnixForwarder engine(scene.file("engine.sock"), socket);
  const std::string name = scene.app("cut-off");
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine.path()}});

  // Missing at the start: healer waits and logs it.
  scene.wait_said("engine unreachable");
  REQUIRE(healer.http("/healthz").code == 200);
  REQUIRE(healer.http("/readyz").code == 503);
  REQUIRE(healer.metric("healer_engine_up") == 0);
  engine.open();
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.http("/readyz").code == 200);

  engine.close();
  scene.wait("healer misses the engine", [&] { return healer.metric("healer_engine_up") == 0; });
  REQUIRE(healer.http("/readyz").code == 503);
  scene.instruct(name, "/break");
  scene.wait("operators are notified of the engine", [&] { return scene.slack().about("ENGINE DOWN") == 1; });
  // Answers count meanwhile, and nothing is ordered.
  scene.wait_condition(name, "unhealthy");
  REQUIRE(scene.acts(name, "restart") == 0);

  engine.open();
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  scene.wait("operators are notified of its return", [&] { return scene.slack().about("ENGINE BACK") == 1; });
}

TEST_CASE("a container that an operator stops while the engine's socket is gone stays stopped") {
  EngineScene scene;
  const std::string socket = scene.docker().unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return;
  }
  UnixForwarder engine(scene.file("engine.sock"), socket);
  engine.open();
  const std::string name = scene.app("put-away");
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine.path()}});
  scene.wait_condition(name, "healthy");
  scene.docker()({"restart", name});
  scene.wait("healer sees the restart", [&] { return healer.metric("healer_events_total") >= 4; });
  engine.close();
  scene.wait("healer misses the engine", [&] { return healer.metric("healer_engine_up") == 0; });
  scene.docker()({"stop", name});
  engine.open();
  scene.wait("healer has the engine back", [&] { return healer.metric("healer_engine_up") == 1; });
  scene.wait_condition(name, "stopped");
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.facts(name).status == "exited");
}

TEST_CASE("when the answer to a restart is lost, healer looks for its effect and does not order it again") {
  EngineScene scene;
  const std::string socket = scene.docker().unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return;
  }
  UnixForwarder engine(scene.file("engine.sock"), socket);
  engine.open();
  const std::string name = scene.app("unanswered", slow_to_stop());
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine.path()}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait("the engine is at the restart", [&] { return scene.acts(name, "kill") >= 1; });
  engine.close();
  scene.wait_said(name + " — no answer to the order to restart it");
  engine.open();
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(healer.said("RESTARTING " + name) == 1);
  REQUIRE(scene.acts(name, "start") == 2);
}
