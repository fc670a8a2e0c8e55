#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/docker_cli.hpp"
#include "support/process.hpp"

namespace healer::testing {

/// A Docker Engine for one test, which may kill and stop it. Its own folders and network namespace keep it
/// apart from other engines.
class PrivateEngine {
 public:
  /// The reason why this machine cannot run one (not root, no dockerd); empty when it can.
  static std::string why_not();

  /// `options` are dockerd's, as "--live-restore".
  explicit PrivateEngine(const std::vector<std::string>& options = {});
  /// Ends the engine and removes everything it made.
  ~PrivateEngine();
  PrivateEngine(const PrivateEngine&) = delete;
  PrivateEngine& operator=(const PrivateEngine&) = delete;

  const DockerCli& docker() const { return docker_; }
  /// For Command: published ports are reachable only in this namespace.
  std::string network_namespace() const { return "/run/netns/" + name_; }

  /// Starts the engine, also again, and waits until it answers.
  void start();
  /// kill -9; then waits until a new engine can start.
  void kill();
  /// An orderly stop, as by the machine's init: the engine stops the containers, then ends.
  void stop();

 private:
  enum class Unstarted {};
  PrivateEngine(const std::vector<std::string>& options, Unstarted);

  void hold_mounts();
  void wait_gone(const std::string& pid_file) const;

  std::string file(const std::string& name) const { return folder_ + "/" + name; }

  std::string name_;
  std::string folder_;
  DockerCli docker_;
  std::vector<std::string> options_;
  std::unique_ptr<Process> mounts_;
  std::unique_ptr<Process> engine_;
};

}  // namespace healer::testing
