#include "probe/dialogue.hpp"

#include <algorithm>

#include "probe/opening.hpp"

namespace healer {

namespace {

constexpr std::size_t banner_cap = 10 * 1024;  // bytes, the limit of ProbeFacts::body
constexpr std::size_t grpc_opening_cap = 15;   // bytes

}  // namespace

// ---- TCP

BannerDialogue::BannerDialogue(const TcpTarget& target)
    : wanted_(std::min(target.banner_bytes, banner_cap)), hold_(wanted_ == 0 ? target.hold : Duration{0}) {}

bool BannerDialogue::take(std::string_view bytes) {
  hold_ = Duration{0};
  banner_.append(bytes.substr(0, wanted_ - banner_.size()));
  return over();
}

void BannerDialogue::peer_closed() {
  given_up_ = hold_ > Duration{0};
}

ProbeFacts BannerDialogue::take_facts(const WallClock&) {
  ProbeFacts facts;
  if (given_up_ || (wanted_ > 0 && banner_.empty())) {
    facts.end = ProbeEnd::Reset;
    facts.detail = given_up_ ? "accepted and closed at once" : "closed before any banner";
  }
  // A banner may be shorter than wanted. The caller judges whether it is enough.
  facts.body = std::move(banner_);
  return facts;
}

// ---- gRPC

bool GrpcDialogue::take(std::string_view bytes) {
  if (opening_.size() < grpc_opening_cap)
    opening_.append(bytes.substr(0, grpc_opening_cap - opening_.size()));
  // An alert is shorter than the head of an HTTP/2 frame, which the call would wait for.
  return call_->take(bytes) || got_tls();
}

bool GrpcDialogue::got_tls() const {
  return plain_ && protocol_of_opening(opening_) == PeerProtocol::Tls;
}

ProbeFacts GrpcDialogue::take_facts(const WallClock&) {
  ProbeFacts facts = call_->take_facts();
  if (got_tls()) {
    facts = {};
    facts.end = ProbeEnd::Malformed;
    facts.protocol = PeerProtocol::Tls;
    facts.detail = "not HTTP/2: the port speaks TLS: set healer.probe=grpcs";
  } else if (facts.end == ProbeEnd::Malformed && protocol_of_opening(opening_) == PeerProtocol::Http) {
    facts.protocol = PeerProtocol::Http;
    facts.detail = "not HTTP/2: the port speaks HTTP/1";
  }
  return facts;
}

}  // namespace healer
