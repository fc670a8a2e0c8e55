#pragma once

#include <atomic>
#include <string>

#include "guard/gate.hpp"
#include "guard/io.hpp"

namespace healer::guard {

/// Serves healer's socket and the operator's: one request for each connection, one thread for each, at most
/// `most_connections`. The operator's socket takes one line and answers with text.
class Server {
 public:
  static constexpr int most_connections = 64;

  explicit Server(Gate& gate) : gate_(gate) {}

  Result<void> listen(const Settings& settings);
  /// Until a signal to end.
  void run();

 private:
  enum class Door { Healer, Operator };

  void accept_from(const Fd& listener, Door door);
  void serve_healer(Fd client);
  void serve_operator(Fd client);
  Ruled<Request> read_request(int client);
  void respond(int client, const Reply& reply);

  Gate& gate_;
  Fd healer_;
  Fd operator_;
  std::atomic<int> open_{0};
};

}  // namespace healer::guard
