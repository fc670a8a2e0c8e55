#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "model/probe.hpp"
#include "probe/grpc_call.hpp"
#include "probe/http_dialogue.hpp"

namespace healer {

// The protocol over one connection, one kind of dialogue per kind of target. No I/O: the connection's owner
// gets the bytes to send from to_send(), and passes received bytes to take(), which returns true at the end.
// The owner first waits listens_for() for the peer's first bytes; without bytes in that time a dialogue that
// sends nothing has ended. answered(): what came is an answer, although more may come; more_wait() is how
// long more is worth waiting for (zero: as long as the check may last). The target must outlive the dialogue.

/// Reads the first bytes of a TCP peer, fewer if the peer closes; or only sees whether it keeps the
/// connection.
class BannerDialogue {
 public:
  BannerDialogue() = default;  ///< wants no bytes
  explicit BannerDialogue(const TcpTarget& target);

  /// True at once if nothing is wanted: then connecting is enough.
  bool over() const { return banner_.size() == wanted_ && hold_ == Duration{0}; }
  Duration listens_for() const { return hold_; }
  std::string_view to_send(std::string&) const { return {}; }
  void sent(std::size_t) {}
  bool take(std::string_view bytes);
  void peer_closed();
  bool answered() const { return false; }
  Duration more_wait() const { return Duration{0}; }
  PeerProtocol protocol() const { return PeerProtocol::Unknown; }
  ProbeFacts take_facts(const WallClock&);

 private:
  std::size_t wanted_ = 0;
  Duration hold_{0};
  bool given_up_ = false;  // the peer closed within the hold
  std::string banner_;
};

/// One gRPC call.
class GrpcDialogue {
 public:
  GrpcDialogue(const GrpcTarget& target, Duration timeout)
      : plain_(!target.tls), call_(std::make_unique<GrpcCall>(target, timeout)) {}

  Duration listens_for() const { return Duration{0}; }
  std::string_view to_send(std::string&) const { return call_->to_send(); }
  void sent(std::size_t bytes) { call_->sent(bytes); }
  bool take(std::string_view bytes);
  void peer_closed() { call_->peer_closed(); }
  bool answered() const { return false; }
  Duration more_wait() const { return Duration{0}; }
  PeerProtocol protocol() const { return PeerProtocol::Unknown; }
  ProbeFacts take_facts(const WallClock&);

 private:
  bool got_tls() const;

  bool plain_;
  std::string opening_;  // the peer's first bytes, as many as a string holds without memory of its own
  std::unique_ptr<GrpcCall> call_;  // on the heap: nghttp2 keeps a pointer to it
};

using Dialogue = std::variant<BannerDialogue, HttpDialogue, GrpcDialogue>;

}  // namespace healer
