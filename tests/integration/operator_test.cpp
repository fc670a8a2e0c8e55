// Tests of what an operator reads and orders with healer's commands.
#include <doctest/doctest.h>

#include <csignal>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The output of a command that must succeed.
std::string reported(const HealerProcess& healer, const std::vector<std::string>& arguments) {
  const Ran ran = healer.command(arguments);
  REQUIRE_MESSAGE(ran.code == 0, ran.output);
  return ran.output;
}

void require_in(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    REQUIRE_MESSAGE(has(text, part), "no \"" << part << "\" in:\n" << text);
}

Make labelled(const std::vector<std::string>& labels) {
  Make make;
  for (const std::string& label : labels) make.options.insert(make.options.end(), {"--label", label});
  return make;
}

}  // namespace

TEST_CASE("explain, history and incident show an incident while it lasts and afterwards, with its evidence") {
  EngineScene scene;
  Make make = labelled({"healer.budget=1/30m"});
  make.options.insert(make.options.end(), {"-e", "DB_PASSWORD=hunter2222"});
  make.command = {"/bin/sh", "-c", "echo ready with hunter2222 at port 8080; exec /bin/sample-app"};
  const std::string name = scene.app("asked", make);
  HealerProcess& healer = scene.healer({{"SUCCESS_THRESHOLD", "2"}});
  scene.wait_condition(name, "healthy");
  require_in(reported(healer, {"explain", name}),
             {name + " is healthy", "asked again in", "0 of 1 attempts"});
  require_in(reported(healer, {"history"}), {"No incident is remembered."});

  scene.instruct(name, "/break");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait_condition(name, "healthy");
  const std::string history = reported(healer, {"history", name});
  require_in(history, {"HEALED IN", name, "recovered", "1, restart", "HTTP 503"});

  const std::string incident = reported(healer, {"incident", "1"});
  require_in(incident, {"Incident 1 of " + name, "Healed in ", "unhealthy", "attempt 1", "restart: recovered",
                        "evidence", "slack: delivered", "Evidence of ", "ready with", "at port 8080",
                        "sample-app", "running"});
  REQUIRE(!has(incident, "hunter2222"));
  REQUIRE(!has(healer.whole_log(), "hunter2222"));
  for (const SlackMessage& message : scene.slack().accepted()) REQUIRE(!has(message.text, "hunter2222"));

  // The budget of one attempt is used up: explain shows that, and when the next attempt is allowed.
  scene.instruct(name, "/break");
  scene.wait_condition(name, "given_up");
  require_in(reported(healer, {"explain", name}),
             {name + " is given up", "1 of 1 attempts, breaker open", "one try in ", "healer reset " + name});
  REQUIRE(healer.command({"incident", "99"}).code == 1);
  const Ran stranger = healer.command({"explain", name + "x"});
  REQUIRE(stranger.code == 1);
  REQUIRE(has(stranger.output, name));
}

TEST_CASE("a paused container is only watched, also by the next process, until it is resumed") {
  EngineScene scene;
  const std::string name = scene.app("held");
  const std::string other = scene.app("free");
  HealerProcess& healer = scene.healer();
  for (const std::string& each : {name, other}) scene.wait_condition(each, "healthy");
  reported(healer, {"pause", name, "--for", "2h"});
  scene.wait_said(name + " — paused by an operator");
  healer.kill();
  healer.start();
  for (const std::string& each : {name, other}) scene.wait_condition(each, "healthy");

  for (const std::string& each : {name, other}) scene.instruct(each, "/break");
  scene.wait_said(other + " — RECOVERED after 1 attempt");
  scene.wait("it is known to be unhealthy",
             [&] { return healer.metric("healer_targets_held", {"paused"}) == 1; });
  scene.wait_checks(6);
  REQUIRE(scene.acts(name, "restart") == 0);
  require_in(reported(healer, {"explain", name}),
             {"Held by", "paused by an operator", "restart when nothing holds it any more"});

  const auto incident = std::to_string(healer.workload(name).at("incident").to_number<int>());
  reported(healer, {"resume", name});
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  require_in(reported(healer, {"incident", incident}),
             {name, "paused by an operator", "resumed", "Healed in "});
}

TEST_CASE("`healer heal` heals a paused and a healthy container") {
  EngineScene scene;
  const std::string name = scene.app("ordered");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  reported(healer, {"pause", "--all"});
  reported(healer, {"heal", name});
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(healer.metric("healer_paused") == 1);
  reported(healer, {"resume", "--all"});
  REQUIRE(healer.metric("healer_paused") == 0);
}

TEST_CASE("a daemon's recording replays to the same effects") {
  EngineScene scene;
  const std::string name = scene.app("recorded");
  const std::string file = scene.file("events.jsonl");
  HealerProcess& healer = scene.healer({{"HEALER_RECORD", file}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  healer.process().signal(SIGTERM);
  REQUIRE(healer.process().wait(std::chrono::seconds(20)) == 0);
  require_in(reported(healer, {"replay", file}), {"order " + name + " restart", "the same effects"});
  require_in(reported(healer, {"replay", file, "--json"}), {R"("same":true)"});
}

TEST_CASE("of several probes of one container all must pass, and a failed one is named") {
  EngineScene scene;
  Make make = labelled({"healer.probes.web.path=/", "healer.probes.disk.probe=exec",
                        "healer.probes.disk.command=test ! -e /tmp/full", "healer.probes.port.probe=tcp",
                        // A loaded engine takes seconds to run a command.
                        "healer.interval=5s", "healer.timeout=5s"});
  make.command = {"/bin/sh", "-c", "rm -f /tmp/full; exec /bin/sample-app"};
  const std::string name = scene.app("several", make);
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  require_in(reported(healer, {"explain", name}), {"web: pass", "disk: pass", "port: pass"});
  scene.docker()({"exec", name, "touch", "/tmp/full"});
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  require_in(reported(healer, {"history", name}), {"disk: exit code 1"});
  REQUIRE(scene.slack().about("disk: exit code 1") >= 1);
}

TEST_CASE("check-config shows a container's effective settings and their origins") {
  EngineScene scene;
  const std::string name =
      scene.app("configured",
                labelled({"healer.interval=7s", "healer.probes.db.probe=tcp", "healer.probes.db.port=5432"}));
  const auto healer = scene.make_healer({{"REQUEST_TIMEOUT", "2s"}});
  const std::string said = reported(*healer, {"check-config", "--container", name});
  require_in(said, {"7s", "label healer.interval", "environment REQUEST_TIMEOUT", "default", "probes.db.port",
                    "label healer.probes.db.port", "Container " + name + " is watched."});
  const Ran wrong = healer->command({"check-config", "--container", name + "x"});
  REQUIRE(wrong.code == 1);
  REQUIRE(has(wrong.output, "did you mean '" + name + "'"));
}

TEST_CASE("wrong labels, a cycle and a stuck hook are reported exactly, and healing works") {
  EngineScene scene;
  const std::string name = scene.app(
      "wrong", labelled({"healer.maintenance=00:00-24:00 Europe/Berln", "healer.remedies=stop,restart",
                         "healer.depends_on=" + scene.lab().name("also-wrong")}));
  const std::string other = scene.app("also-wrong", labelled({"healer.depends_on=" + name}));
  HealerProcess& healer = scene.healer(
      {{"HEALER_HOOK_BEFORE", R"(["/bin/sh", "-c", "sleep 1000"])"}, {"HEALER_HOOK_TIMEOUT", "1s"}});
  for (const std::string& each : {name, other}) scene.wait_condition(each, "healthy");
  scene.wait_said("Europe/Berlin");
  scene.wait_said("healer.remedies");
  scene.wait("the cycle is printed", [&] {
    return healer.said(name + " -> " + other + " -> " + name) +
               healer.said(other + " -> " + name + " -> " + other) >
           0;
  });
  REQUIRE(healer.workload(name).at("problems").as_array().size() >= 2);
  scene.instruct(name, "/break");
  scene.wait_said(name + " — the hook before the remedy: ended after 1s");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
}

TEST_CASE("in its own maintenance window a container is only watched") {
  EngineScene scene;
  const std::string name =
      scene.app("serviced", labelled({"healer.maintenance=daily 00:00-24:00 Europe/Berlin"}));
  const std::string other = scene.app("open");
  HealerProcess& healer = scene.healer();
  for (const std::string& each : {name, other}) scene.wait_condition(each, "healthy");
  for (const std::string& each : {name, other}) scene.instruct(each, "/break");
  scene.wait_said(other + " — RECOVERED after 1 attempt");
  scene.wait("it is known to be unhealthy",
             [&] { return healer.metric("healer_targets_held", {"maintenance"}) == 1; });
  scene.wait_checks(6);
  REQUIRE(scene.acts(name, "restart") == 0);
  require_in(reported(healer, {"explain", name}), {"maintenance"});
}
