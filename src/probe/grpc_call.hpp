#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "model/probe.hpp"

struct nghttp2_session;

namespace healer {

/// One call of grpc.health.v1.Health/Check over an HTTP/2 connection of its own. No I/O: bytes in, bytes out;
/// any bytes are survived, and an answer that grows beyond 64 KiB is malformed.
///
///     | state   | on                                                  | goes to |
///     |---------|-----------------------------------------------------|--------------------------------------|
///     | Waiting | head and message                                    | Waiting | | Waiting | the end of the
///     stream, with a grpc-status           | Over: Answered                       | | Waiting | the end of
///     the stream, HTTP status other than 200   | Over: Answered, the status it equals | | Waiting | the end
///     of the stream, neither                      | Over: Malformed                      | | Waiting | the
///     stream reset or refused, the connection closed  | Over: Reset                          | | Waiting |
///     what is not HTTP/2, or too much                     | Over: Malformed                      |
class GrpcCall {
 public:
  /// `timeout` and a second are notified to the server (grpc-timeout), so that it does not work on for nobody
  /// where a proxy keeps our close from it. With the timeout alone it would be chance whether a call that
  /// hangs is seen as out of time, or as ended by the server.
  GrpcCall(const GrpcTarget& target, Duration timeout);
  ~GrpcCall();
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;

  /// What is still to be sent; grows with what comes.
  std::string_view to_send() const { return std::string_view(outgoing_).substr(sent_); }
  void sent(std::size_t bytes);

  /// The next bytes. True: over, facts() are final.
  bool take(std::string_view bytes);
  /// The peer closed: over.
  void peer_closed();

  /// All but the duration.
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
  int grpc_status_ = -1;  // not seen
  bool over_ = false;
  bool reset_by_peer_ = false;
  std::string message_;  // grpc-message, decoded
  std::string problem_;  // what the peer did against HTTP/2
  std::string body_;
  ProbeFacts facts_;
};

}  // namespace healer
