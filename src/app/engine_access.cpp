#include "app/engine_access.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/own_container.hpp"
#include "engine/docker/docker_engine.hpp"
#include "net/loop.hpp"

namespace healer {

Result<std::unique_ptr<Engine>> open_docker(net::Loop& loop, const DockerConnection& docker,
                                            const Environment& environment) {
  // The docker client's variables, with the values that load() checked and completed.
  const auto lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "DOCKER_HOST") return docker.host;
    if (name == "DOCKER_TLS_VERIFY")
      return docker.tls_verify ? std::optional<std::string>("1") : std::nullopt;
    if (name == "DOCKER_CERT_PATH" && !docker.cert_path.empty()) return docker.cert_path;
    if (name == "DOCKER_API_VERSION" && !docker.api_version.empty()) return docker.api_version;
    const auto found = environment.find(std::string(name));
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  };
  return docker::make_docker_engine(loop, lookup);
}

Result<cli::Containers> list_containers(const DockerConnection& docker, const Environment& environment) {
  net::Loop loop;
  auto engine = open_docker(loop, docker, environment);
  if (!engine) return tl::unexpected(engine.error());
  cli::Containers containers;
  containers.own_id = own_container_id();
  std::optional<Error> failed;
  const auto end = [&](const Error* error) {
    if (error) failed = *error;
    loop.stop();
  };
  (*engine)->connect([&](Result<EngineInfo> connected) {
    if (!connected) return end(&connected.error());
    (*engine)->list([&](const ContainerSummary& summary) { containers.all.push_back(summary); },
                    [&](Result<void> listed) { end(listed ? nullptr : &listed.error()); });
  });
  loop.run();
  if (failed) return tl::unexpected(std::move(*failed));
  return containers;
}

}  // namespace healer
