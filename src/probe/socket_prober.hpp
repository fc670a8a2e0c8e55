#pragma once

#include <functional>
#include <memory>

#include "base/result.hpp"
#include "probe/probe.hpp"

namespace healer {

namespace net {
class Loop;
}

/// Checks HttpTarget, TcpTarget and GrpcTarget over its own sockets: a new connection per check, closed
/// afterwards, thousands open at once.
///
/// HTTP: `GET path HTTP/1.1` (or the target's method) with `Connection: close`, `User-Agent:
/// healer/<version>` and the target's headers (http_request.hpp lists those left out); the Host header is
/// host_header, else address:port. The check ends when the head is complete, or with capture_body when the
/// body or its first 10 KiB are. A failed answer's body is read for 300 ms at most if it is JSON or that of a
/// 400 (http_dialogue.hpp): it may say why. With greeting_wait the prober first listens for a greeting. If
/// the target allows redirects, they are followed, each over a new connection within the same timeout
/// (http_redirect.hpp). A redirect that is not followed is the answer, and detail has the reason. TCP:
/// Answered once connected; with banner_bytes once so many bytes arrived, or fewer when the peer closed; with
/// hold once a byte arrived, or the connection was open for so long. gRPC: grpc.health.v1.Health/Check over
/// HTTP/2, by prior knowledge or over TLS by ALPN (grpc_call.hpp).
///
/// Closing: after an HTTP answer the prober waits a moment for the server to close first, as the request
/// asks, so that the server holds the connection's TIME_WAIT; else 10,000 checks a second would leave 600,000
/// of them on healer's side. After a tcp check it ends its sending side, drops what still arrives and waits
/// for the peer's close, so that the peer sees an orderly end and no reset. The result does not wait for
/// that. When descriptors run out, these connections are closed first.
///
/// A target whose address is not numeric gives NoRoute. Ids of open checks must differ. A target of another
/// kind gives EngineFailed: it is for another prober. Descriptors are close-on-exec. Destroying the prober
/// closes everything and calls the sink no more.
class SocketProber final : public Prober {
 public:
  /// Fails only when the kernel gives no epoll instance. `loop` must outlive the prober. `clock`: for an
  /// answer that names a time (Retry-After) and does not tell its own.
  static Result<std::unique_ptr<SocketProber>> create(net::Loop& loop, Sink sink,
                                                      std::function<WallTime()> clock);

  ~SocketProber() override;
  SocketProber(const SocketProber&) = delete;
  SocketProber& operator=(const SocketProber&) = delete;

  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  void cancel(ProbeId id) override;
  std::size_t open() const override;

 private:
  struct Impl;
  explicit SocketProber(std::shared_ptr<Impl> impl);

  std::shared_ptr<Impl> impl_;
};

}  // namespace healer
