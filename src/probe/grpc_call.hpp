#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/probe.hpp"

struct nghttp2_session;

namespace healer {

/// One call of grpc.health.v1.Health/Check over its own HTTP/2 connection. No I/O: bytes in, bytes out. No
/// input crashes; an answer larger than 64 KiB is malformed.
///
///     | state   | on                                             | goes to                              |
///     |---------|------------------------------------------------|--------------------------------------|
///     | Waiting | head and message                               | Waiting                              |
///     | Waiting | end of the stream with a grpc-status           | Over: Answered                       |
///     | Waiting | end of the stream, HTTP status not 200         | Over: Answered, with a mapped status |
///     | Waiting | end of the stream, neither of these            | Over: Malformed                      |
///     | Waiting | stream reset or refused, connection closed     | Over: Reset                          |
///     | Waiting | bytes that are not HTTP/2, or too many         | Over: Malformed                      |
class GrpcCall {
 public:
  /// The request carries a grpc-timeout of `timeout` plus one second, so that the server stops work even if a
  /// proxy does not pass on healer's close. Without the extra second, either side could end a hanging call
  /// first, and the result would vary.
  GrpcCall(const GrpcTarget& target, Duration timeout);
  ~GrpcCall();
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;

  /// The bytes still to be sent; take() may add some.
  std::string_view to_send() const { return std::string_view(outgoing_).substr(sent_); }
  void sent(std::size_t bytes);

  /// Reads the next bytes. True: the call is over and take_facts() is final.
  bool take(std::string_view bytes);
  /// The peer closed, which ends the call.
  void peer_closed();

  /// All facts but the duration.
  ProbeFacts take_facts() { return std::move(facts_); }

 private:
  struct Callbacks;
  struct SessionDeleter {
    void operator()(nghttp2_session* session) const;
  };

  void refill();
  void end(ProbeEnd end, std::string detail);
  void end_of_stream();

  std::unique_ptr<nghttp2_session, SessionDeleter> session_;
  std::string request_;
  std::size_t request_read_ = 0;
  std::string outgoing_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  int stream_ = -1;
  int http_status_ = 0;
  int grpc_status_ = -1;  // -1: not received
  bool over_ = false;
  bool reset_by_peer_ = false;
  std::string message_;  // grpc-message, decoded
  std::string problem_;  // the peer's violation of HTTP/2
  std::string body_;
  ProbeFacts facts_;
};

}  // namespace healer
