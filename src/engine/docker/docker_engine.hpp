#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "engine/docker/settings.hpp"
#include "engine/engine.hpp"

namespace healer::net {
class Loop;
}

namespace healer::docker {

/// The versions of the engine's API that healer speaks, from oldest_api to newest_api.
inline constexpr ApiVersion newest_api{1, 47};
inline constexpr ApiVersion oldest_api{1, 24};

/// The engine port for Docker and Podman, over the Docker Engine API.
///
/// Each order uses a new connection and is never repeated. Queries share idle connections, and are repeated
/// once if such a connection is dead. At most `inspects_at_once` inspects are open; the others wait. Before
/// the first connect(), requests carry no API version. A new subscription replaces the former one, whose
/// callbacks are not called any more. Destroying the engine cancels everything. Trap: do not destroy it
/// inside one of its callbacks.
class DockerEngine : public Engine {
 public:
  DockerEngine(net::Loop& loop, DockerEngineSettings settings);
  ~DockerEngine() override;

  void on_skipped(std::function<void(const SkippedObject&)> skipped) override;
  void connect(std::function<void(Result<EngineInfo>)> done) override;
  void list(std::function<void(const ContainerSummary&)> each,
            std::function<void(Result<void>)> done) override;
  void inspect(std::string id, std::function<void(Result<Container>)> done) override;
  void restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
               std::function<void(Result<void>)> done) override;
  void start(std::string id, Duration deadline, std::function<void(Result<void>)> done) override;
  void stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
            std::function<void(Result<void>)> done) override;
  void kill(std::string id, int signal, Duration deadline, std::function<void(Result<void>)> done) override;
  void exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
            std::function<void()> ended) override;
  void collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) override;
  void recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override;
  void resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) override;
  void replace(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
               std::function<void(Result<void>)> done) override;
  void has_events_since(std::int64_t since, std::function<void(bool)> done) override;
  void subscribe(std::int64_t since, std::function<void()> ready, std::function<void(EngineEvent)> each,
                 std::function<void(Error)> ended) override;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

/// The adapter for the engine that the environment names (settings_from). The engine need not run yet.
Result<std::unique_ptr<Engine>> make_docker_engine(net::Loop& loop, const Environment& environment);

}  // namespace healer::docker
