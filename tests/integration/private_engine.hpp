#pragma once

#include <memory>
#include <string>

#include "support/docker_cli.hpp"
#include "support/process.hpp"

namespace healer::testing {

/// A Docker Engine of the test's own, to be killed and stopped at will: own folders, and a network namespace
/// of its own, so that it meets no other engine.
class PrivateEngine {
 public:
  /// Why there can be none here (not root, no dockerd); empty: there can.
  static std::string why_not();

  PrivateEngine();
  /// Ends it and removes all it made.
  ~PrivateEngine();
  PrivateEngine(const PrivateEngine&) = delete;
  PrivateEngine& operator=(const PrivateEngine&) = delete;

  const DockerCli& docker() const { return docker_; }
  /// For Command: published ports are reached in there.
  std::string network_namespace() const { return "/run/netns/" + name_; }

  /// Starts it (again) and waits until it answers.
  void start();
  /// kill -9; what outlives it is waited for so far that a new one can start.
  void kill();
  /// The orderly stop, as by the machine's init: containers are stopped, then it ends.
  void stop();

 private:
  void wait_gone(const std::string& pid_file) const;

  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  std::string name_;
  std::string folder_;
  DockerCli docker_;
  std::unique_ptr<Process> engine_;
};

}  // namespace healer::testing
