#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/healer_process.hpp"
#include "support/scripted_server.hpp"
#include "support/slack_sink.hpp"

namespace healer::bench {

/// What is measured: healer, and two tools that it is compared with.
enum class Contestant { Healer, Guide, Autoheal };

/// "healer", "guide", "autoheal".
std::string name_of(Contestant contestant);

/// One contestant as child processes, with an interval and a timeout of one second and a threshold of three.
class Runner {
 public:
  /// `engine_socket`: the unix socket of the engine that it uses.
  Runner(Contestant contestant, const std::string& engine_socket);

  /// Starts it, also again after kill(), with the same state.
  void start();
  /// kill -9, and waits for the end.
  void kill();
  /// Call it often: starts a tool again that has ended, as its restart policy would, once a second. Throws
  /// when it is healer that has ended.
  void keep_running();

  /// Whether it has seen each of these containers healthy.
  bool ready(const std::vector<std::string>& containers) const;
  std::size_t notifications() const { return slack_.requests(); }
  std::string log() const;

 private:
  bool ended() const;

  Contestant contestant_;
  std::string engine_;
  testing::TemporaryFolder folder_;
  testing::SlackSink slack_;
  std::unique_ptr<testing::HealerProcess> healer_;  ///< only for Contestant::Healer
  std::unique_ptr<testing::Process> tool_;          ///< only for the others
  std::chrono::steady_clock::time_point started_;
};

}  // namespace healer::bench
