#pragma once

#include <string>
#include <string_view>

#include "model/probe.hpp"

namespace healer::testing {

/// A socket bound to a free port, driven by the test's own thread. It plays what support/scripted_server.hpp
/// cannot: a peer that does not listen, does not accept, or opens no descriptor unless the test does.
class BoundSocket {
 public:
  explicit BoundSocket(const std::string& address = "127.0.0.1");
  ~BoundSocket();
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  /// False when the address does not exist on this machine.
  bool bound() const { return socket_ >= 0; }
  /// Until this call connections are refused; the port stays reserved meanwhile.
  void listen(int backlog = 4096);
  /// The next connection; the caller closes it.
  int accept();
  const Endpoint& endpoint() const { return endpoint_; }

 private:
  int socket_ = -1;
  Endpoint endpoint_;
};

/// Reads from an accepted connection up to the blank line.
std::string read_head(int connection);
void send_all(int connection, std::string_view bytes);

}  // namespace healer::testing
