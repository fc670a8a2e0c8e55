// Tests of single containers in the situations where a restart does harm: healer must wait, give up or do
// nothing. HEALING.md 2 to 5.
#include <doctest/doctest.h>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <list>
#include <memory>
#include <optional>
#include <thread>

#include "integration/engine_scene.hpp"
#include "support/unix_forwarder.hpp"

using namespace healer::testing;

namespace {

/// sample-app as a database. After an unclean stop the next start takes `APP_RECOVERY` seconds, after a clean
/// stop none. While it hangs or recovers it ignores the request to stop, and the engine kills it.
constexpr const char* database =
    "if test -e /state/dirty; then export APP_START_DELAY=$APP_RECOVERY; fi\n"
    "touch /state/dirty\n"
    "/bin/sample-app & app=$!\n"
    "stop() { /bin/sample-app healthcheck || return;"
    " rm /state/dirty; kill $app; exit 0; }\n"
    "trap stop TERM\n"
    "while kill -0 $app; do wait $app; done\n";

Make shell(const std::string& script, std::vector<std::string> options) {
  Make make;
  make.options = std::move(options);
  make.command = {"/bin/sh", "-c", script};
  return make;
}

/// The engine behind the test's own socket; nullptr when the engine is not reached over a unix socket.
std::unique_ptr<UnixForwarder> filtered_engine(const EngineScene& scene) {
  const std::string socket = scene.docker().unix_socket();
  if (socket.empty()) {
    MESSAGE("skipped: the engine is not reached over a unix socket");
    return nullptr;
  }
  auto engine = std::make_unique<UnixForwarder>(scene.file("engine.sock"), socket);
  engine->open();
  return engine;
}

/// The engine's process for this container; nothing when it is not on this machine.
std::optional<pid_t> shim_of(const std::string& id) {
  Command find;
  find.arguments = {"pgrep", "-f", "containerd-shim.* -id " + id};
  const Ran found = run(std::move(find));
  if (found.code != 0) return std::nullopt;
  return std::atoi(found.output.c_str());
}

/// Stops a process with SIGSTOP, until the end of the scope at the latest.
class StandStill {
 public:
  explicit StandStill(pid_t process) : process_(process) { ::kill(process_, SIGSTOP); }
  ~StandStill() { go_on(); }
  StandStill(const StandStill&) = delete;
  StandStill& operator=(const StandStill&) = delete;
  void go_on() { ::kill(process_, SIGCONT); }

 private:
  pid_t process_;
};

/// The server that CONNECTIVITY_URL names. It answers; while silent it accepts requests and does not answer.
class ConnectivityTarget {
 public:
  std::uint16_t port() const { return server_->port(); }
  void fall_silent() { silent_ = true; }
  void answer_again() { silent_ = false; }

 private:
  void serve(Peer& peer) {
    while (peer.read_request()) {
      if (silent_) return peer.hang();
      peer.send(answer(200, "here", "text/plain"));
    }
  }

  std::atomic<bool> silent_ = false;
  std::unique_ptr<ScriptedServer> server_ = ScriptedServer::on_loopback([this](Peer& peer) { serve(peer); });
};

}  // namespace

TEST_CASE("a database that recovers after an unclean stop is not restarted again meanwhile") {
  EngineScene scene;
  const std::string name = scene.app("database", shell(database, {"-e", "APP_RECOVERY=6"}));
  HealerProcess& healer = scene.healer({{"START_PERIOD", "30s"}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/hang");
  scene.wait_said("RESTARTING " + name);
  const double failed = healer.metric("healer_checks_total", {"outcome=\"fail\""});
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  // The recovery took more failed checks than an incident needs.
  REQUIRE(healer.metric("healer_checks_total", {"outcome=\"fail\""}) >= failed + 4);
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.acts(name, "kill") == 2);  // first SIGTERM, then SIGKILL

  // After a clean stop the database is ready at once, and healer does nothing.
  scene.docker()({"restart", name});
  scene.wait_condition(name, "healthy");
  scene.wait_checks(4);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
  REQUIRE(scene.acts(name, "restart") == 2);
  REQUIRE(scene.acts(name, "kill") == 3);
}

TEST_CASE("the time that a database needs to recover is learned from its first start") {
  EngineScene scene;
  const std::string name = scene.app(
      "learned",
      shell(std::string("test -e /state/seen || touch /state/dirty; touch /state/seen\n") + database,
            {"-e", "APP_RECOVERY=5"}));
  HealerProcess& healer = scene.healer({{"START_PERIOD", "auto"}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/hang");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
}

TEST_CASE("a database known only from starts after clean stops gets enough time after an unclean one") {
  EngineScene scene;
  const std::string name = scene.app("surprise", shell(database, {"-e", "APP_RECOVERY=6"}));
  HealerProcess& healer = scene.healer({{"START_PERIOD", "auto"}});
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/hang");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
}

TEST_CASE("a restart that takes longer than healer waits for the answer is not ordered twice") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.stop_timeout=0s", "--label", "healer.evidence=false"};
  const std::string name = scene.app("frozen", make);
  const auto shim = shim_of(scene.facts(name).id);
  if (!shim) {
    MESSAGE("skipped: the engine's processes are not on this machine");
    return;
  }
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  // The engine cannot end the container's processes, as when its disk hangs.
  StandStill hung(*shim);
  scene.instruct(name, "/break");
  scene.wait_said(name + " — no answer to the order to restart it");
  hung.go_on();
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.said("RESTARTING " + name) == 1);
  REQUIRE(scene.acts(name, "die") == 1);
  REQUIRE(scene.acts(name, "start") == 2);
}

TEST_CASE("an exec probe that a filter in front of the engine denies is unknown, not unhealthy") {
  EngineScene scene;
  const auto engine = filtered_engine(scene);
  if (!engine) return;
  engine->refuse("/exec", answer(403, "<html><body>Request forbidden by administrative rules.</body></html>",
                                 "text/html", "Connection: close\r\n"));
  const std::string name =
      scene.app("denied", shell("rm -f /tmp/unhealthy; exec /bin/sample-app",
                                {"--label", "healer.probe=exec", "--label",
                                 "healer.command=test ! -e /tmp/unhealthy", "--label", "healer.unproven=act",
                                 // A loaded engine takes seconds to run a command.
                                 "--label", "healer.interval=5s", "--label", "healer.timeout=5s"}));
  scene.docker()({"exec", name, "touch", "/tmp/unhealthy"});  // it would be unhealthy if it could be checked
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine->path()}});
  scene.wait("operators are notified", [&] { return scene.slack().about("UNKNOWN") == 1; });
  REQUIRE(scene.slack().about("forbids exec") == 1);
  REQUIRE(healer.condition(name) == "unknown");
  scene.wait("it is asked further",
             [&] { return healer.workload(name).at("unknown_streak").to_number<int>() >= 14; });
  REQUIRE(scene.slack().accepted().size() == 1);
  REQUIRE(healer.metric("healer_incidents_total") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.acts(name, "restart") == 0);

  engine->refuse("");
  scene.wait_said(name + " — it answers again");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(scene.acts(name, "restart") == 1);
}

TEST_CASE(
    "while the control target does not answer, what fails is unknown; it is healed once it answers again") {
  EngineScene scene;
  ConnectivityTarget connectivity;
  const std::string name = scene.app("doubted");
  const std::string other = scene.app("answers");
  HealerProcess& healer =
      scene.healer({{"CONNECTIVITY_URL", "http://127.0.0.1:" + std::to_string(connectivity.port()) + "/"},
                    {"CONNECTIVITY_INTERVAL", "1s"},
                    {"CONNECTIVITY_TIMEOUT", "1s"}});
  const auto in_doubt = [&] { return healer.status().at("host_status").at("connectivity_failed").as_bool(); };
  for (const std::string& each : {name, other}) scene.wait_condition(each, "healthy");
  scene.wait("healer trusts its network", [&] { return !in_doubt(); });

  connectivity.fall_silent();
  scene.instruct(name, "/break");
  scene.wait_condition(name, "unknown");
  scene.wait("operators are notified of the doubt, once",
             [&] { return scene.slack().about("CONNECTIVITY") == 1; });
  scene.wait("it is asked further",
             [&] { return healer.workload(name).at("unknown_streak").to_number<int>() >= 14; });
  REQUIRE(healer.condition(name) == "unknown");
  REQUIRE(healer.condition(other) == "healthy");  // a check that passes did reach its target
  const std::string reason{healer.workload(name).at("reason").as_string()};
  REQUIRE_MESSAGE(reason.find("the connectivity check failed (") != std::string::npos, reason);
  const auto require_output = [&](const std::vector<std::string>& command, const std::string& text) {
    const Ran ran = healer.command(command);
    REQUIRE(ran.code == 0);
    REQUIRE_MESSAGE(ran.output.find(text) != std::string::npos, ran.output);
  };
  require_output({"status"}, "connectivity check fails, health is unknown: http 127.0.0.1:" +
                                 std::to_string(connectivity.port()));
  require_output({"explain", name}, "the connectivity check failed");
  REQUIRE(in_doubt());
  REQUIRE(healer.metric("healer_incidents_total") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.acts(name, "die") == 0);
  REQUIRE(scene.slack().accepted().size() == 1);

  connectivity.answer_again();
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait_condition(name, "healthy");
  scene.wait("healer trusts its network again", [&] { return !in_doubt(); });
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.acts(other, "die") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 1);
}

TEST_CASE("a container paused for a backup is left alone, although the engine reports it unhealthy") {
  EngineScene scene;
  Make checked;
  checked.options = {"--label",           "healer.probe=engine",
                     "--health-cmd",      "/bin/sample-app healthcheck",
                     "--health-interval", "1s",
                     "--health-retries",  "1",
                     "--health-timeout",  "5s"};
  const std::string asked = scene.app("paused-asked");
  const std::string by_engine = scene.app("paused-checked", checked);
  const std::string other = scene.app("beside");
  HealerProcess& healer = scene.healer();
  for (const std::string& name : {asked, by_engine, other}) scene.wait_condition(name, "healthy");
  for (const std::string& name : {asked, by_engine}) scene.docker()({"pause", name});
  for (const std::string& name : {asked, by_engine}) scene.wait_condition(name, "paused");
  scene.wait_checks(6);  // of the container that is not paused: a backup takes a while
  for (const std::string& name : {asked, by_engine}) scene.docker()({"unpause", name});
  for (const std::string& name : {asked, by_engine}) scene.wait_condition(name, "healthy");
  scene.wait_checks(6);
  REQUIRE(healer.metric("healer_incidents_total") == 0);
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  REQUIRE(scene.slack().requests() == 0);
  for (const std::string& name : {asked, by_engine}) {
    REQUIRE(scene.acts(name, "die") == 0);
    REQUIRE(scene.acts(name, "pause") == 1);
  }
}

TEST_CASE("on a fully loaded machine no healthy container is restarted") {
  EngineScene scene;
  std::vector<std::string> names;
  for (const char* base : {"busy-a", "busy-b", "busy-c", "busy-d"}) names.push_back(scene.app(base));
  HealerProcess& healer = scene.healer({{"CHECK_INTERVAL", "2s"}, {"REQUEST_TIMEOUT", "2s"}});
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  {
    std::list<Process> burners;  // killed at the end of the scope
    Command burn;
    burn.arguments = {"sh", "-c", "while :; do :; done"};
    for (unsigned i = 0; i < 2 * std::max(2U, std::thread::hardware_concurrency()); ++i)
      burners.emplace_back(burn);
    scene.wait_checks(16);
  }
  for (const std::string& name : names) scene.wait_condition(name, "healthy");
  REQUIRE(healer.metric("healer_remedies_total") == 0);
  for (const std::string& name : names) REQUIRE(scene.acts(name, "restart") == 0);
  REQUIRE(scene.slack().requests() == 0);
}

TEST_CASE(
    "a restart that the engine refuses is tried within the budget, and other containers are still healed"
    "served") {
  EngineScene scene;
  const auto engine = filtered_engine(scene);
  if (!engine) return;
  const std::string stuck = scene.app("refused");
  const std::string other = scene.app("served");
  engine->refuse(scene.facts(stuck).id + "/restart",
                 answer(500, R"({"message":"driver failed programming external connectivity"})",
                        "application/json", "Connection: close\r\n"));
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine->path()}, {"BUDGET", "3/30m"}});
  for (const std::string& name : {stuck, other}) scene.wait_condition(name, "healthy");
  scene.instruct(stuck, "/break");
  scene.wait("the engine refuses", [&] { return engine->refused() >= 1; });
  scene.instruct(other, "/break");
  scene.wait_said(other + " — RECOVERED after 1 attempt");
  scene.wait_condition(stuck, "given_up");
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
  scene.wait_checks(6);
  REQUIRE(engine->refused() == 3);
  REQUIRE(scene.acts(stuck, "restart") == 0);
  REQUIRE(scene.acts(other, "restart") == 1);
  std::string critical;
  for (const SlackMessage& message : scene.slack().accepted())
    if (message.color == SlackSink::critical) critical = message.text;
  REQUIRE(critical.find("driver failed programming external connectivity") != std::string::npos);
  REQUIRE(healer.metric("healer_remedies_total", {"outcome=\"failed\""}) == 3);
}

TEST_CASE("a restart that the engine never answers ends within the budget, and others are healed meanwhile") {
  EngineScene scene;
  const auto engine = filtered_engine(scene);
  if (!engine) return;
  Make one_try;
  one_try.options = {"--label", "healer.stop_timeout=0s", "--label", "healer.budget=1/30m"};
  const std::string stuck = scene.app("unanswered", one_try);
  const std::string other = scene.app("served");
  engine->swallow(scene.facts(stuck).id + "/restart");
  // With the default share, of two containers only one may be in remedy at a time.
  HealerProcess& healer = scene.healer({{"DOCKER_HOST", "unix://" + engine->path()}, {"REMEDY_SHARE", "1"}});
  for (const std::string& name : {stuck, other}) scene.wait_condition(name, "healthy");
  scene.instruct(stuck, "/break");
  scene.wait("the order is on its way", [&] { return engine->swallowed() == 1; });
  scene.instruct(other, "/break");
  scene.wait_said(other + " — RECOVERED after 1 attempt");
  REQUIRE(healer.condition(stuck) == "healing");
  scene.wait_condition(stuck, "given_up");
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
  REQUIRE(engine->swallowed() == 1);
  REQUIRE(scene.acts(stuck, "restart") == 0);
  std::string critical;
  for (const SlackMessage& message : scene.slack().accepted())
    if (message.color == SlackSink::critical) critical = message.text;
  REQUIRE(critical.find("the order had no effect") != std::string::npos);
}

TEST_CASE("a container that is healthy for a few seconds after each restart is never reported as recovered") {
  EngineScene scene;
  const std::string name = scene.app(
      "relapses", shell("/bin/sample-app & app=$!; sleep 3;"
                        " busybox wget -q -O /dev/null --post-data= http://127.0.0.1:8080/break; wait $app",
                        {"--label", "healer.window=3/20", "--label", "healer.budget=3/30m", "--label",
                         "healer.success_threshold=2", "--label", "healer.backoff_max=1s"}));
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "given_up");
  REQUIRE(healer.said(name + " — RECOVERED") == 0);
  REQUIRE(healer.said(name + " — healthy again") == 0);
  REQUIRE(scene.acts(name, "restart") == 3);
  scene.wait("the critical notification", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
  REQUIRE(scene.slack().with_color(SlackSink::recovered) == 0);
  REQUIRE(healer.metric("healer_incidents_total") == 1);
  REQUIRE(healer.metric("healer_checks_total", {"outcome=\"pass\""}) >= 6);  // some checks passed in between
}

TEST_CASE("an operator's stop cancels the planned remedy") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.unproven=act",    "-e",      "APP_BROKEN_STARTS=always",
                  "--label", "healer.start_period=0s", "--label", "healer.interval=5s",
                  "--label", "healer.backoff_jitter=0"};
  const std::string name = scene.app("queued", make);
  HealerProcess& healer = scene.healer();
  scene.wait_said(name + " — next restart in ");
  const std::size_t starts = scene.acts(name, "start");
  scene.docker()({"stop", name});
  scene.wait_said(name + " — planned remedy cancelled: stopped by an operator");
  scene.wait_condition(name, "stopped");
  const std::string other = scene.app("clock");
  scene.wait_condition(other, "healthy");
  scene.wait_checks(12);  // longer than the planned wait
  REQUIRE(scene.acts(name, "start") == starts);
  REQUIRE(scene.facts(name).status == "exited");
  REQUIRE(healer.said("RESTARTING " + name) == starts - 1);
  REQUIRE(healer.metric("healer_incidents_open") == 0);
}

TEST_CASE("the ladder is climbed step by step and ends with a critical notification") {
  EngineScene scene;
  Make make;
  make.options = {"--label", "healer.unproven=act",
                  "-e",      "APP_BROKEN_STARTS=always",
                  "--label", "healer.start_period=0s",
                  "--label", "healer.remedies=exec:touch /tmp/reloaded,restart,recreate,none"};
  const std::string name = scene.app("ladder", make);
  HealerProcess& healer = scene.healer();
  const ContainerFacts before = scene.facts(name);
  scene.wait_said(name + " — GAVE UP: every step of its ladder was tried (3 attempts)");
  scene.wait("the page", [&] { return scene.slack().with_color(SlackSink::critical) == 1; });
  REQUIRE(scene.facts(name).id != before.id);
  REQUIRE(scene.facts(name).status == "running");
  const std::string log = healer.whole_log();
  const std::size_t ran = log.find("RUNNING A COMMAND IN " + name);
  const std::size_t restarted = log.find("RESTARTING " + name);
  const std::size_t recreated = log.find("RECREATING " + name);
  REQUIRE(ran != std::string::npos);
  REQUIRE(restarted != std::string::npos);
  REQUIRE(recreated != std::string::npos);
  REQUIRE(ran < restarted);
  REQUIRE(restarted < recreated);
  scene.wait_checks(6);
  REQUIRE(healer.metric("healer_remedies_total") == 3);
  REQUIRE(scene.slack().with_color(SlackSink::critical) == 1);
}
