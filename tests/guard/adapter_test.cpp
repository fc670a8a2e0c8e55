// healer's own adapter of the engine, in front of a guard.
#include <doctest/doctest.h>

#include <signal.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/docker/docker_engine.hpp"
#include "guard/guard_scene.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"

namespace healer::guard::testing {
namespace {

using healer::testing::run_until;

const std::string in = R"("monitored":"true")";
const std::string quick = R"("Cmd":["sh","-c","trap 'exit 0' TERM; echo ready; sleep 100000 & wait"])";

/// healer's adapter connects as healer's user: the whole test takes that user while it lives.
struct Healer {
  net::Loop loop;
  std::unique_ptr<Engine> engine;
  EngineInfo info;

  explicit Healer(const Scene& scene) {
    REQUIRE(seteuid(Scene::client) == 0);
    const std::string host = "unix://" + scene.guard_socket();
    auto made = docker::make_docker_engine(loop, [host](std::string_view name) {
      return name == "DOCKER_HOST" ? std::optional<std::string>(host) : std::nullopt;
    });
    REQUIRE(made.has_value());
    engine = std::move(*made);
    info = *wait<EngineInfo>([&](auto done) { engine->connect(std::move(done)); });
  }
  ~Healer() { CHECK(seteuid(0) == 0); }

  template <class T>
  Result<T> wait(const std::function<void(std::function<void(Result<T>)>)>& begin) {
    std::optional<Result<T>> result;
    begin([&](Result<T> answer) { result = std::move(answer); });
    REQUIRE(run_until(loop, [&] { return result.has_value(); }));
    return std::move(*result);
  }
};

TEST_CASE("healer's adapter connects, lists, inspects, restarts and recreates through the guard") {
  Scene scene;
  scene.run("g-web", in + R"(,"healer.remedies":"restart,recreate","healer.command":"echo hello")", quick);
  scene.run("g-stranger", R"("a":"b")", quick);
  scene.start_guard();
  const std::string id = scene.id_of("g-web");
  const std::string before = scene.started_at("g-web");
  std::string successor;
  {
    Healer healer(scene);
    CHECK(healer.info.description.find("Docker Engine") != std::string::npos);
    CHECK(healer.info.guarded);
    CHECK(healer.info.warnings.empty());
    std::vector<ContainerSummary> all;
    const auto listed = healer.wait<void>([&](auto done) {
      healer.engine->list([&](const ContainerSummary& one) { all.push_back(one); }, std::move(done));
    });
    CHECK(listed.has_value());
    CHECK(all.size() >= 2);
    const auto web =
        healer.wait<Container>([&](auto done) { healer.engine->inspect("g-web", std::move(done)); });
    REQUIRE(web.has_value());
    CHECK(web->labels.at("monitored") == "true");
    CHECK(web->state == ContainerState::Running);
    const auto stranger =
        healer.wait<Container>([&](auto done) { healer.engine->inspect("g-stranger", std::move(done)); });
    REQUIRE(stranger.has_value());
    CHECK(stranger->labels.empty());
    CHECK(healer.wait<void>([&](auto done) { healer.engine->restart(id, 1s, 30s, std::move(done)); })
              .has_value());
    CHECK_FALSE(
        healer.wait<void>([&](auto done) { healer.engine->restart(stranger->id, 1s, 30s, std::move(done)); })
            .has_value());
    const auto output = healer.wait<ExecResult>([&](auto done) {
      healer.engine->exec({id, {"echo", "hello"}, 1000, 20s}, std::move(done), [] {});
    });
    REQUIRE(output.has_value());
    CHECK(output->exit_code == 0);
    CHECK(output->output == "hello\n");
    std::optional<EngineEvidence> evidence;
    healer.engine->collect_evidence({id, 100, 4096, 20s},
                                    [&](EngineEvidence found) { evidence = std::move(found); });
    REQUIRE(run_until(healer.loop, [&] { return evidence.has_value(); }));
    CHECK(evidence->logs.find("ready") != std::string::npos);
    RecreateOrder order;
    order.container_id = id;
    order.name = "g-web";
    order.mark = "m1";
    order.stop_timeout = 1s;
    order.deadline = 60s;
    const auto recreated =
        healer.wait<std::string>([&](auto done) { healer.engine->recreate(order, std::move(done)); });
    CHECK_MESSAGE(recreated.has_value(), (recreated ? std::string() : recreated.error().message));
    successor = recreated.value_or("");
    const auto resumed =
        healer.wait<std::string>([&](auto done) { healer.engine->resume_recreate(order, std::move(done)); });
    CHECK(resumed.value_or("") == successor);
  }
  CHECK(scene.started_at("g-web") != before);
  CHECK(scene.id_of("g-web") == successor);
  CHECK(successor != id);
}

TEST_CASE("healer's adapter sees what happens through the guard") {
  Scene scene;
  scene.run("g-web", in, quick);
  scene.start_guard();
  std::vector<EngineEvent> events;
  {
    Healer healer(scene);
    bool ready = false;
    healer.engine->subscribe(
        0, [&] { ready = true; }, [&](EngineEvent event) { events.push_back(std::move(event)); },
        [](const Error&) {});
    REQUIRE(run_until(healer.loop, [&] { return ready; }));
    // The stream is open; the operator is another user.
    REQUIRE(seteuid(0) == 0);
    scene.raw(request("POST", "/v1.41/containers/g-web/restart?t=1"));
    CHECK(run_until(healer.loop, [&] { return events.size() >= 4; }));
  }
  CHECK(events.size() >= 4);
}

}  // namespace
}  // namespace healer::guard::testing
