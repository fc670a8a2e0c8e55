#pragma once

#include <atomic>
#include <string>

#include "guard/gate.hpp"
#include "guard/io.hpp"
#include "guard/plugin.hpp"

namespace healer::guard {

/// Serves healer's socket, or the engine's if the guard is its plugin, and the operator's: one request for
/// each connection, one thread for each. The operator's socket takes one line and answers with text.
class Server {
 public:
  /// Healer's and the operator's. The engine asks for every client, and is refused only beyond all reason.
  static constexpr int most_connections = 64;
  static constexpr int most_of_engine = 1024;

  explicit Server(Gate& gate) : gate_(gate), plugin_(gate) {}

  /// `engine`: the plugin's listening socket, in Mode::Plugin.
  Result<void> listen(const Settings& settings, Fd engine);
  /// Until a signal to end.
  void run();

 private:
  enum class Door { Healer, Engine, Operator };

  void accept_from(const Fd& listener, Door door);
  void serve_healer(Fd client);
  void serve_engine(Fd client);
  void serve_operator(Fd client);
  Ruled<Request> read_request(int client, Door door);
  void respond(int client, const Reply& reply);

  Gate& gate_;
  Plugin plugin_;
  Fd client_;  ///< healer's, or the engine's
  Fd operator_;
  std::atomic<int> open_{0};
};

}  // namespace healer::guard
