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

// The protocol over one connection, one kind of dialogue per kind of target. No I/O: the connection's owner
// gets the bytes to send from to_send(), and passes received bytes to take(), which returns true at the end.
// The target must outlive the dialogue.

/// One HTTP request and its answer. If redirects are followed, the answer may need another connection.
class HttpDialogue {
 public:
  explicit HttpDialogue(const HttpTarget& target, std::unique_ptr<const HttpHop> hop = nullptr);

  /// The request, written into `scratch`, which all dialogues may share; empty when everything is sent.
  std::string_view to_send(std::string& scratch);
  void sent(std::size_t bytes);
  bool take(std::string_view bytes) { return parser_.feed(bytes) != net::HttpResponseParser::State::More; }
  void peer_closed() { parser_.finish(); }
  ProbeFacts take_facts();
  /// After the end: the next request, for a new connection; null when this answer is the last. Then the facts
  /// say why a redirect is not followed.
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

/// Reads the first bytes of a TCP peer; fewer if the peer closes.
class BannerDialogue {
 public:
  BannerDialogue() = default;  ///< wants no bytes
  explicit BannerDialogue(const TcpTarget& target);

  /// True at once if no bytes are wanted: then connecting is enough.
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
  std::unique_ptr<GrpcCall> call_;  // on the heap: nghttp2 keeps a pointer to it
};

using Dialogue = std::variant<BannerDialogue, HttpDialogue, GrpcDialogue>;

}  // namespace healer
