#pragma once

#include <map>
#include <string>

#include <sys/types.h>

#include "guard/guard_scene.hpp"

namespace healer::guard::testing {

/// healer as its user, without any other privilege.
class Healer {
 public:
  /// `environment`: how it reaches the engine.
  Healer(const Scene& scene, const std::map<std::string, std::string>& environment);
  ~Healer();
  Healer(const Healer&) = delete;
  Healer& operator=(const Healer&) = delete;
  /// What `healer status` prints.
  std::string status() const;
  std::string log() const;

 private:
  std::string log_;
  pid_t pid_ = -1;
};

/// Labels and body of a container that healer watches; it is healthy while it has a file /ok.
inline const std::string checked_labels =
    R"("monitored":"true","healer.interval":"300ms","healer.failure_threshold":"1")";
inline const std::string checked =
    R"("Cmd":["sh","-c","trap 'exit 0' TERM; touch /ok; sleep 100000 & wait"],)"
    R"("Healthcheck":{"Test":["CMD","test","-f","/ok"],"Interval":300000000,"Retries":1})";

std::string health_of(const Scene& scene, const std::string& name);
/// Runs a command inside, on the engine's own socket: R"(["rm","/ok"])".
void execute(const Scene& scene, const std::string& name, const std::string& command);

}  // namespace healer::guard::testing
