#pragma once

#include <optional>
#include <string>
#include <vector>

#include "integration/engine_scene.hpp"

namespace healer::testing {

/// A project of docker-compose or of `docker compose`, whichever this machine has.
class ComposeProject {
 public:
  /// Nothing, with the reason logged, on a machine without compose. `scene` must outlive the project.
  static std::optional<ComposeProject> in(EngineScene& scene, const std::string& base);

  /// `up` with these services ("name:" and settings, indented by two spaces) and these further arguments.
  void up(const std::string& services, const std::vector<std::string>& more = {}) const;
  /// Settings that every service has, indented by four spaces.
  std::string common(const std::string& image) const;
  /// The names of the service's containers.
  std::vector<std::string> containers(const std::string& service) const;

 private:
  ComposeProject(EngineScene& scene, const std::string& base, std::vector<std::string> program);

  EngineScene& scene_;
  std::string name_;
  std::string file_;
  std::string mark_;
  std::vector<std::string> program_;
};

}  // namespace healer::testing
