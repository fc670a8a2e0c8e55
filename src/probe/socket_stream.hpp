#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/probe.hpp"
#include "probe/tls_session.hpp"

namespace healer {

/// One non-blocking connection, plain or TLS, which it owns and closes. It waits for nothing: who watches the
/// descriptor calls again when it is ready. Close-on-exec.
class SocketStream {
 public:
  using Step = TlsSession::Step;
  using Moved = TlsSession::Moved;

  /// How a connection failed, in a probe's terms.
  struct Fault {
    ProbeEnd end;
    std::string detail;
  };

  SocketStream() = default;
  ~SocketStream() { close(); }
  SocketStream(SocketStream&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), errno_(other.errno_), tls_(std::move(other.tls_)) {}
  SocketStream& operator=(SocketStream&& other) noexcept;

  /// Begins to connect. NoRoute for an address that is not numeric.
  std::optional<Fault> open(const Endpoint& endpoint);
  /// Puts TLS on top, before anything is sent.
  std::optional<Fault> secure(TlsSessions& sessions, const TlsPeer& peer);

  int descriptor() const { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }
  /// After an error was seen on a connecting socket: why, or nothing when it is healthy.
  std::optional<Fault> connect_fault() const;
  Step handshake() { return tls_->handshake(); }
  bool speaks_http2() const { return tls_->speaks_http2(); }

  /// Closed: the peer closed. Failed: fault() says why.
  Moved send(std::string_view bytes);
  Moved receive(char* data, std::size_t size);
  Fault fault() const;

  /// Says over TLS that we are done, and keeps only the socket.
  void say_goodbye();
  void close();

 private:
  int socket_ = -1;
  int errno_ = 0;  // of the last plain call that failed
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace healer
