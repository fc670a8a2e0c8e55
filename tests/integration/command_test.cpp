// Tests of the program as a command: its start, refused starts, and its end.
#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <fstream>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

namespace {

constexpr auto soon = std::chrono::seconds(20);

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("SIGTERM ends healer orderly, and its socket and state file are for their owner only") {
  EngineScene scene;
  HealerProcess& healer = scene.healer();
  scene.wait("the daemon answers", [&] { return healer.status().is_object(); });
  struct stat socket {};
  REQUIRE(::stat(scene.file("healer.sock").c_str(), &socket) == 0);
  REQUIRE((socket.st_mode & 0777) == 0600);
  struct stat state {};
  REQUIRE(::stat(scene.file("healer.db").c_str(), &state) == 0);
  REQUIRE((state.st_mode & 0777) == 0600);

  REQUIRE(healer.command({"healthcheck"}).code == 0);
  healer.process().signal(SIGTERM);
  REQUIRE(healer.process().wait(soon) == 0);
  REQUIRE(healer.said("healer ends") == 1);
  const Ran status = healer.command({"status"});
  REQUIRE(status.code == 1);
  REQUIRE(has(status.output, scene.file("healer.sock")));
  REQUIRE(healer.command({"healthcheck"}).code == 1);
}

TEST_CASE("a second healer on the same state file is refused, and the error names the first") {
  EngineScene scene;
  HealerProcess& first = scene.healer();
  scene.wait("the daemon answers", [&] { return first.status().is_object(); });
  // The two share only the state file.
  const auto second = scene.make_healer({{"HEALER_ADMIN_SOCKET", scene.file("second.sock")}});
  const Ran refused = second->command({"run"});
  REQUIRE(refused.code == 1);
  REQUIRE(has(refused.output, std::to_string(first.process().pid())));
  REQUIRE(has(refused.output, scene.file("healer.db")));
  REQUIRE(first.status().is_object());
}

TEST_CASE("a bad setting ends the start with exit code 2 and the setting's name, and creates no state file") {
  EngineScene scene;
  struct Case {
    Settings settings;
    std::vector<std::string> said;
  };
  const std::vector<Case> cases = {
      {{{"CHECK_INTERVAL", "soon"}}, {"CHECK_INTERVAL", "soon"}},
      {{{"HEALER_FAILURE_TRESHOLD", "3"}}, {"HEALER_FAILURE_TRESHOLD", "HEALER_FAILURE_THRESHOLD"}},
      {{{"HEALER_LISTEN", "everywhere"}}, {"HEALER_LISTEN", "everywhere"}},
      {{{"DOCKER_HOST", "ssh://elsewhere"}}, {"DOCKER_HOST", "ssh://elsewhere"}},
      {{{"SLACK_WEBHOOK_URL", "hooks.slack.com/services/T/B/topsecret"}}, {"SLACK_WEBHOOK_URL"}},
  };
  for (const Case& one : cases) {
    const auto healer = scene.make_healer(one.settings);
    const Ran ran = healer->command({"run"});
    CAPTURE(ran.output);
    REQUIRE(ran.code == 2);
    for (const std::string& part : one.said) REQUIRE(has(ran.output, part));
    REQUIRE(!has(ran.output, "topsecret"));
    struct stat nothing {};
    REQUIRE(::stat(scene.file("healer.db").c_str(), &nothing) != 0);
  }
}

TEST_CASE("a port in use is an error of one line") {
  EngineScene scene;
  const std::string port = scene.slack().url().substr(17, scene.slack().url().find('/', 17) - 17);
  const auto healer = scene.make_healer({{"HEALER_LISTEN", "127.0.0.1:" + port}, {"LOG_LEVEL", "error"}});
  const Ran ran = healer->command({"run"});
  CAPTURE(ran.output);
  REQUIRE(ran.code == 1);
  REQUIRE(has(ran.output, "127.0.0.1:" + port));
  REQUIRE(std::count(ran.output.begin(), ran.output.end(), '\n') == 1);
}

TEST_CASE("SIGHUP reloads the settings file") {
  EngineScene scene;
  const auto write = [&](const std::string& text) { std::ofstream(scene.file("healer.yaml")) << text; };
  write("defaults:\n  failure_threshold: 3\n");
  const std::string name = scene.app("reloaded");
  HealerProcess& healer = scene.healer({{"HEALER_CONFIG", scene.file("healer.yaml")}});
  scene.wait_condition(name, "healthy");
  REQUIRE(healer.workload(name).at("failure_threshold").to_number<int>() == 3);
  write("defaults:\n  failure_threshold: 0\n");
  healer.process().signal(SIGHUP);
  scene.wait_said("configuration not reloaded");
  write("defaults:\n  failure_threshold: 4\n");
  healer.process().signal(SIGHUP);
  scene.wait("the new threshold holds",
             [&] { return healer.workload(name).at("failure_threshold").to_number<int>() == 4; });
  REQUIRE(healer.condition(name) == "healthy");
}
