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

/// Owns one non-blocking connection, plain or TLS, and closes it. No call blocks: the owner watches the
/// descriptor and calls again when it is ready. Close-on-exec.
class SocketStream {
 public:
  using Step = TlsSession::Step;
  using Moved = TlsSession::Moved;

  /// The failure of a connection, as the end of a probe.
  struct Fault {
    ProbeEnd end;
    std::string detail;
    PeerProtocol protocol = PeerProtocol::Unknown;
    bool wants_certificate = false;
  };

  SocketStream() = default;
  ~SocketStream() { close(); }
  SocketStream(SocketStream&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        errno_(other.errno_),
        drained_(other.drained_),
        tls_(std::move(other.tls_)) {}
  SocketStream& operator=(SocketStream&& other) noexcept;

  /// Begins to connect. NoRoute for an address that is not numeric.
  std::optional<Fault> open(const Endpoint& endpoint);
  /// Adds TLS, before anything is sent.
  std::optional<Fault> secure(TlsSessions& sessions, const TlsPeer& peer);

  int descriptor() const { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }
  /// The fault of a connecting socket after an error event; empty optional if the socket has no error.
  std::optional<Fault> connect_fault() const;
  Step handshake() { return tls_->handshake(); }
  bool speaks_http2() const { return tls_->speaks_http2(); }

  /// Closed: the peer closed. Failed: fault() has the reason.
  Moved send(std::string_view bytes);
  Moved receive(char* data, std::size_t size);
  Fault fault() const;
  /// What the peer's first bytes showed, as far as TLS reads them; Unknown on a plain connection.
  PeerProtocol protocol() const { return tls_ ? tls_->protocol() : PeerProtocol::Unknown; }

  /// Sends close_notify over TLS, and keeps only the socket.
  void say_goodbye();
  /// Ends the sending side (FIN); the peer can still send.
  void end_sending();
  /// Drops what has arrived: a socket that is closed with unread bytes resets the connection. False when more
  /// came than is dropped at most, or when the peer has closed.
  bool drain();
  void close();

 private:
  int socket_ = -1;
  int errno_ = 0;            // of the last failed call without TLS
  std::size_t drained_ = 0;  // bytes
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace healer
