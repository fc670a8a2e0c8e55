#pragma once

#include <memory>

#include "base/result.hpp"
#include "probe/probe.hpp"

namespace healer {

namespace net {
class Loop;
}

/// Asks HttpTarget, TcpTarget and GrpcTarget over sockets of its own: a new connection for each question,
/// closed after it, thousands open at once.
///
/// HTTP: `GET path HTTP/1.1` (or the target's method) with `Connection: close`, `User-Agent:
/// healer/<version>` and the target's headers (http_request.hpp says which are left out); the Host header is
/// host_header, else address:port. The question is over as soon as the head is whole, or with capture_body
/// the body or its first 10 KiB. Redirects are followed when asked for, each over a new connection, within
/// the one timeout (http_redirect.hpp says which); what is not followed is the answer, and detail says why.
/// TCP: Answered once connected, with banner_bytes once that many have come, or fewer and the peer closed.
/// gRPC: grpc.health.v1.Health/Check over HTTP/2, by prior knowledge or over TLS by ALPN (grpc_call.hpp).
///
/// Closing: after an HTTP answer the server is given a moment to close first, as it was asked to, so that the
/// TIME_WAIT of the connection lies with it; otherwise 10,000 checks a second would leave 600,000 of them
/// here. The answer does not wait for that. When descriptors run out these are given up first.
///
/// A target whose address is not numeric is NoRoute. Ids of questions open at one time must differ. A target
/// of another kind is EngineFailed: it was sent to the wrong prober. Descriptors are close-on-exec.
/// Destroying the prober closes everything and answers nothing more.
class SocketProber final : public Prober {
 public:
  /// Fails only when the kernel grants no epoll instance. `loop` must outlive the prober.
  static Result<std::unique_ptr<SocketProber>> create(net::Loop& loop, Sink sink);

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
