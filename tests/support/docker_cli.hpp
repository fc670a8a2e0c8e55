#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace healer::testing {

/// What `docker inspect` says of one container.
struct ContainerFacts {
  bool exists = false;
  std::string id;
  std::string status;  ///< running, exited, paused ...
  std::string started_at;
  bool oom_killed = false;
  int exit_code = 0;
  int restart_count = 0;  ///< by the engine's own policy
  std::string health;     ///< empty without a HEALTHCHECK
  bool operator==(const ContainerFacts&) const = default;
};

/// The docker client of the machine, asking one engine.
class DockerCli {
 public:
  /// `host` as DOCKER_HOST; empty: what the environment and the client's own settings say.
  explicit DockerCli(std::string host = {}) : host_(std::move(host)) {}

  const std::string& host() const { return host_; }

  /// Runs `docker ARGUMENTS`; the caller looks at the exit code.
  Ran attempt(const std::vector<std::string>& arguments) const;
  /// The same; throws with what docker said when it fails. Gives the output without the last line's end.
  std::string operator()(const std::vector<std::string>& arguments) const;
  /// The output's lines.
  std::vector<std::string> lines(const std::vector<std::string>& arguments) const;

  bool answers() const;
  /// The path of the engine's unix socket; empty when it is reached otherwise.
  std::string unix_socket() const;
  ContainerFacts inspect(const std::string& name) const;
  /// The engine's clock, in the form that events() takes.
  std::string now() const;
  /// The actions ("start", "die", "health_status: unhealthy" ...) that happened to containers of this name
  /// since then, oldest first. The engine remembers the last 256 events of all its objects.
  std::vector<std::string> events(const std::string& name, const std::string& since) const;

 private:
  std::string host_;
};

}  // namespace healer::testing
