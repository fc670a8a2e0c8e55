#pragma once

#include <string>
#include <string_view>

#include "model/probe.hpp"

namespace healer::testing {

/// A socket bound to a free port, played by hand from the test's own thread: what support/scripted_server.hpp
/// cannot be, a peer that does not listen, does not accept, or must use no descriptor of its own accord.
class BoundSocket {
 public:
  explicit BoundSocket(const std::string& address = "127.0.0.1");
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  /// False when the address does not exist on this machine.
  bool bound() const { return socket_ >= 0; }
  /// Before this, connecting is refused, and the port is nobody else's meanwhile.
  void listen(int backlog = 4096);
  /// The next connection, which the caller closes.
  int accept();
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  int socket_ = -1;
  Endpoint endpoint_;
};

/// Reads up to the blank line from an accepted connection.
std::string read_head(int connection);
void send_all(int connection, std::string_view bytes);

}  // namespace healer::testing
