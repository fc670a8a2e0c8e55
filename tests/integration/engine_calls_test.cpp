// Tests of the engine adapter's calls that look into containers, with a real engine and without healer.
#include <doctest/doctest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/docker/docker_engine.hpp"
#include "integration/engine_scene.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// The adapter, connected to the test's engine.
struct Adapter {
  net::Loop loop;
  std::unique_ptr<Engine> engine;

  Adapter() {
    auto made = docker::make_docker_engine(loop, [](std::string_view name) -> std::optional<std::string> {
      const char* value = std::getenv(std::string(name).c_str());
      return value ? std::optional<std::string>(value) : std::nullopt;
    });
    REQUIRE(made);
    engine = std::move(*made);
    std::optional<Result<EngineInfo>> info;
    engine->connect([&info](Result<EngineInfo> answer) { info = std::move(answer); });
    REQUIRE(run_until(loop, [&] { return info.has_value(); }));
    REQUIRE(info->has_value());
  }

  struct Command {
    std::optional<Result<ExecResult>> result;
    bool ended = false;
  };
  std::shared_ptr<Command> begin(const std::string& container, const std::string& script,
                                 Duration deadline = 30s) {
    auto command = std::make_shared<Command>();
    engine->exec(
        {container, {"sh", "-c", script}, 10'000, deadline},
        [command](Result<ExecResult> result) { command->result = std::move(result); },
        [command] { command->ended = true; });
    return command;
  }
  Result<ExecResult> exec(const std::string& container, const std::string& script, Duration deadline = 30s) {
    const auto command = begin(container, script, deadline);
    REQUIRE(run_until(loop, [&] { return command->ended; }));
    return *command->result;
  }
  EngineEvidence evidence(const std::string& container) {
    std::optional<EngineEvidence> evidence;
    engine->collect_evidence({container, 100, 4096, 20s},
                             [&evidence](EngineEvidence answer) { evidence = std::move(answer); });
    REQUIRE(run_until(loop, [&] { return evidence.has_value(); }));
    return *evidence;
  }
  Result<void> kill(const std::string& container, int signal) {
    std::optional<Result<void>> result;
    engine->kill(container, signal, 30s, [&result](Result<void> answer) { result = std::move(answer); });
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return *result;
  }
};

bool has(const std::string& text, const std::string& part) {
  CAPTURE(text);
  CAPTURE(part);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

Make shell(const std::string& script, std::vector<std::string> options = {}) {
  Make make;
  make.monitored = false;
  make.command = {"sh", "-c", script};
  make.options = std::move(options);
  return make;
}

}  // namespace

TEST_CASE("a command inside a container gives its exit code and both outputs") {
  EngineScene scene;
  Adapter adapter;
  const std::string name = scene.app("exec", shell("exec sleep 1000"));
  const auto result = adapter.exec(name, "echo out; echo err >&2; exit 3");
  REQUIRE(result);
  CHECK(result->exit_code == 3);
  has(result->output, "out\n");
  has(result->output, "err\n");
  CHECK_FALSE(result->truncated);

  const auto large = adapter.exec(name, "awk 'BEGIN { for (i = 0; i < 50000; i++) print \"line\", i }'");
  REQUIRE(large);
  CHECK(large->exit_code == 0);
  CHECK(large->output.size() == 10'000);
  CHECK(large->truncated);

  // A process that the command leaves behind does not delay the result for ever.
  const auto left = adapter.exec(name, "sleep 600 & exit 4");
  REQUIRE(left);
  CHECK(left->exit_code == 4);
}

TEST_CASE("a command that cannot be run gives the reason") {
  EngineScene scene;
  Adapter adapter;
  const auto code_of = [&](const std::string& container) {
    const auto result = adapter.exec(container, "true");
    REQUIRE_FALSE(result);
    return result.error().code;
  };
  CHECK(code_of(scene.lab().name("none")) == ErrorCode::NotFound);
  const std::string paused = scene.app("paused", shell("exec sleep 1000"));
  scene.docker()({"pause", paused});
  CHECK(code_of(paused) == ErrorCode::Conflict);
  scene.docker()({"unpause", paused});
  const std::string exited = scene.app("exited", shell("exit 0"));
  scene.wait("it exits", [&] { return scene.facts(exited).status == "exited"; });
  CHECK(code_of(exited) == ErrorCode::Conflict);

  std::optional<Result<ExecResult>> absent;
  bool ended = false;
  adapter.engine->exec(
      {paused, {"/no/such/command"}, 1000, 30s},
      [&absent](Result<ExecResult> result) { absent = std::move(result); }, [&ended] { ended = true; });
  REQUIRE(run_until(adapter.loop, [&] { return ended; }));
  REQUIRE_FALSE(*absent);
  CHECK(absent->error().code == ErrorCode::PeerFailure);
  has(absent->error().message, "no such file or directory");
}

TEST_CASE("a stuck command gives a timeout at its deadline, and its end is reported later") {
  EngineScene scene;
  Adapter adapter;
  const std::string name = scene.app("stuck", shell("exec sleep 1000"));
  const auto timeout_of = [&](const std::shared_ptr<Adapter::Command>& command) {
    REQUIRE(run_until(adapter.loop, [&] { return command->result.has_value(); }));
    REQUIRE_FALSE(*command->result);
    CHECK(command->result->error().code == ErrorCode::Timeout);
    CHECK_FALSE(command->ended);
  };
  SUBCASE("the command ends by itself") {
    const auto command = adapter.begin(name, "while ! test -e /tmp/go; do sleep 0.1; done", 500ms);
    timeout_of(command);
    REQUIRE(adapter.exec(name, "touch /tmp/go"));
    REQUIRE(run_until(adapter.loop, [&] { return command->ended; }));
  }
  SUBCASE("the container is restarted") {
    const auto command = adapter.begin(name, "sleep 1000", 500ms);
    timeout_of(command);
    scene.docker()({"restart", "-t", "0", name});
    REQUIRE(run_until(adapter.loop, [&] { return command->ended; }));
    CHECK(adapter.exec(name, "true"));
  }
  SUBCASE("the container is removed") {
    const auto command = adapter.begin(name, "sleep 1000", 500ms);
    timeout_of(command);
    scene.docker()({"rm", "-f", name});
    REQUIRE(run_until(adapter.loop, [&] { return command->ended; }));
  }
}

TEST_CASE("a signal reaches the container's first process") {
  EngineScene scene;
  Adapter adapter;
  const std::string name = scene.app(
      "signal", shell("trap 'touch /tmp/hup' HUP; touch /tmp/ready; while true; do sleep 0.1; done"));
  const auto holds = [&](const std::string& file) {
    const auto result = adapter.exec(name, "test -e " + file);
    return result && result->exit_code == 0;
  };
  scene.wait("it has set its trap", [&] { return holds("/tmp/ready"); });
  CHECK_FALSE(holds("/tmp/hup"));
  REQUIRE(adapter.kill(name, 1));
  scene.wait("it was notified", [&] { return holds("/tmp/hup"); });
  REQUIRE(adapter.kill(name, 9));
  scene.wait("it was killed", [&] { return scene.facts(name).status == "exited"; });
  CHECK(scene.facts(name).exit_code == 137);
  const auto dead = adapter.kill(name, 1);
  REQUIRE_FALSE(dead);
  CHECK(dead.error().code == ErrorCode::Conflict);
}

TEST_CASE("evidence of a running, unhealthy container has every part and its secrets") {
  EngineScene scene;
  Adapter adapter;
  const std::string name = scene.app(
      "unhealthy", shell("echo to stdout; echo to stderr >&2; exec sleep 1000",
                         {"-e", "DB_PASSWORD=hunter22", "-m", "64m", "--health-cmd",
                          "echo not healthy; exit 1", "--health-interval", "1s", "--health-retries", "1"}));
  scene.wait("it is unhealthy", [&] { return scene.facts(name).health == "unhealthy"; });
  const EngineEvidence evidence = adapter.evidence(name);
  for (const std::string& missing : evidence.missing) MESSAGE(missing);
  CHECK(evidence.missing.empty());
  has(evidence.state, "state: running (unhealthy)\nout of memory: no\nstarted: 2");
  has(evidence.state, "memory limit: 64 MiB\n");
  has(evidence.health_log, "exit code 1");
  has(evidence.health_log, "\nnot healthy\n");
  has(evidence.logs, " to stdout\n");
  has(evidence.logs, " to stderr\n");
  has(evidence.processes, "sleep 1000");
  has(evidence.memory, " of 64 MiB");
  CHECK(evidence.secrets == std::vector<std::string>{"hunter22"});
}

TEST_CASE("evidence of an exited container has its state and its log") {
  EngineScene scene;
  Adapter adapter;
  const std::vector<std::string> nothing_runs = {"processes: the container does not run",
                                                 "memory: the container does not run"};
  SUBCASE("out of memory") {
    const std::string name = scene.app(
        "oom", shell("echo begun; awk 'BEGIN { s = \"x\"; while (1) s = s s }'; exit $?", {"-m", "16m"}));
    scene.wait("it exits", [&] { return scene.facts(name).status == "exited"; });
    const EngineEvidence evidence = adapter.evidence(name);
    has(evidence.state, "state: exited\nexit code: 137\nout of memory: yes\n");
    has(evidence.state, "memory limit: 16 MiB\n");
    has(evidence.logs, " begun\n");
    CHECK(evidence.missing == nothing_runs);
  }
  SUBCASE("with a terminal") {
    const std::string name = scene.app("tty", shell("echo \"a line\"; exit 3", {"-t"}));
    scene.wait("it exits", [&] { return scene.facts(name).status == "exited"; });
    const EngineEvidence evidence = adapter.evidence(name);
    has(evidence.state, "exit code: 3\n");
    CHECK(evidence.logs.ends_with(" a line\n"));
    CHECK(evidence.logs.starts_with("2"));
    CHECK(evidence.missing == nothing_runs);
  }
  SUBCASE("more log than is kept") {
    const std::string name =
        scene.app("chatty", shell("awk 'BEGIN { for (i = 0; i < 1000; i++) printf \"%0200d\\n\", i }'"));
    scene.wait("it exits", [&] { return scene.facts(name).status == "exited"; });
    const EngineEvidence evidence = adapter.evidence(name);
    CHECK(evidence.logs.size() <= 4096);
    CHECK(evidence.logs.ends_with("0999\n"));
  }
}
