#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace healer::testing {

/// One container as `docker inspect` shows it.
struct ContainerFacts {
  bool exists = false;
  std::string id;
  std::string status;  ///< running, exited, paused ...
  std::string started_at;
  bool oom_killed = false;
  int exit_code = 0;
  int restart_count = 0;  ///< by the engine's restart policy
  std::string health;     ///< empty without a HEALTHCHECK
  bool operator==(const ContainerFacts&) const = default;
};

/// This machine's docker client, for one engine.
class DockerCli {
 public:
  /// `host` is the DOCKER_HOST; empty: as in the environment and the client's settings.
  explicit DockerCli(std::string host = {}) : host_(std::move(host)) {}

  const std::string& host() const { return host_; }

  /// Runs `docker ARGUMENTS`; the caller checks the exit code.
  Ran attempt(const std::vector<std::string>& arguments) const;
  /// Like attempt(), but throws with docker's message on failure. Returns the output without its last line
  /// end.
  std::string operator()(const std::vector<std::string>& arguments) const;
  /// The lines of the output.
  std::vector<std::string> lines(const std::vector<std::string>& arguments) const;

  bool answers() const;
  /// The path of the engine's unix socket; empty when the engine is reached in another way.
  std::string unix_socket() const;
  ContainerFacts inspect(const std::string& name) const;
  /// The engine's time, in the format that events() takes.
  std::string now() const;
  /// The engine's events ("start", "die", "health_status: unhealthy" ...) of containers of this name since
  /// that time, oldest first. The engine keeps the last 256 events of all its objects.
  std::vector<std::string> events(const std::string& name, const std::string& since) const;

 private:
  std::string host_;
};

}  // namespace healer::testing
