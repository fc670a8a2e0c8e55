#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "model/probe.hpp"
#include "net/http_response.hpp"
#include "probe/grpc_call.hpp"
#include "probe/http_request.hpp"

namespace healer {

// What is said over one connection, one kind for each kind of target. No I/O: who owns the connection asks
// for the bytes to send, hands over those that came, and is notified when it is over. The target must outlive
// it.

/// One HTTP request and its answer. With redirects wanted, the answer may ask for another connection.
class HttpDialogue {
 public:
  explicit HttpDialogue(const HttpTarget& target, std::unique_ptr<const HttpHop> hop = nullptr);

  /// Written into `scratch`, which one string may be for all dialogues; empty once all is sent.
  std::string_view to_send(std::string& scratch);
  void sent(std::size_t bytes);
  bool take(std::string_view bytes) { return parser_.feed(bytes) != net::HttpResponseParser::State::More; }
  void peer_closed() { parser_.finish(); }
  ProbeFacts take_facts();
  /// Once over: the request to make next, on a new connection; nothing when this answer is the last. Then
  /// the facts say why a redirect was not followed.
  std::unique_ptr<const HttpHop> next();

 private:
  const HttpTarget* target_;
  std::unique_ptr<const HttpHop> hop_;  // null: the target's own request
  net::HttpResponseParser parser_;
  std::string detail_;
  std::size_t sent_ = 0;
  std::size_t size_ = 0;
  bool all_sent_ = false;
};

/// Listens for the first bytes of a TCP peer. They may be fewer when the peer closes.
class BannerDialogue {
 public:
  BannerDialogue() = default;  ///< wants nothing
  explicit BannerDialogue(const TcpTarget& target);

  /// Connecting was enough.
  bool over() const { return banner_.size() == wanted_; }
  std::string_view to_send(std::string&) const { return {}; }
  void sent(std::size_t) {}
  bool take(std::string_view bytes);
  void peer_closed() {}
  ProbeFacts take_facts();

 private:
  std::size_t wanted_ = 0;
  std::string banner_;
};

/// One gRPC call.
class GrpcDialogue {
 public:
  GrpcDialogue(const GrpcTarget& target, Duration timeout)
      : call_(std::make_unique<GrpcCall>(target, timeout)) {}

  std::string_view to_send(std::string&) const { return call_->to_send(); }
  void sent(std::size_t bytes) { call_->sent(bytes); }
  bool take(std::string_view bytes) { return call_->take(bytes); }
  void peer_closed() { call_->peer_closed(); }
  ProbeFacts take_facts() { return call_->take_facts(); }

 private:
  std::unique_ptr<GrpcCall> call_;  // nghttp2 keeps a pointer to it
};

using Dialogue = std::variant<BannerDialogue, HttpDialogue, GrpcDialogue>;

}  // namespace healer
