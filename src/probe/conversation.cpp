#include "probe/conversation.hpp"

#include <sys/epoll.h>

#include <string_view>
#include <utility>
#include <variant>

namespace healer {

namespace {

using Step = SocketStream::Step;

constexpr std::uint32_t closed_by_peer = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

const Endpoint* endpoint_of(const ProbeTarget& target) {
  if (const auto* http = std::get_if<HttpTarget>(&target)) return &http->endpoint;
  if (const auto* tcp = std::get_if<TcpTarget>(&target)) return &tcp->endpoint;
  if (const auto* grpc = std::get_if<GrpcTarget>(&target)) return &grpc->endpoint;
  return nullptr;
}

// The TLS peer of the target; empty optional: a plain connection.
std::optional<TlsPeer> tls_peer_of(const ProbeTarget& target) {
  if (const auto* http = std::get_if<HttpTarget>(&target); http && http->tls)
    return TlsPeer{http->host_header, http->endpoint.address, http->tls_verify, false};
  if (const auto* grpc = std::get_if<GrpcTarget>(&target); grpc && grpc->tls)
    return TlsPeer{grpc->authority, grpc->endpoint.address, grpc->tls_verify, true};
  return std::nullopt;
}

Dialogue dialogue_with(const ProbeTarget& target, Duration timeout, std::unique_ptr<const HttpHop> hop) {
  if (const auto* http = std::get_if<HttpTarget>(&target)) return HttpDialogue(*http, std::move(hop));
  if (const auto* grpc = std::get_if<GrpcTarget>(&target)) return GrpcDialogue(*grpc, timeout);
  return BannerDialogue(std::get<TcpTarget>(target));
}

std::string_view to_send(Dialogue& dialogue, std::string& scratch) {
  return std::visit([&](auto& each) { return each.to_send(scratch); }, dialogue);
}

void sent(Dialogue& dialogue, std::size_t bytes) {
  std::visit([&](auto& each) { each.sent(bytes); }, dialogue);
}

}  // namespace

std::optional<Conversation::Fault> Conversation::open(const ProbeTarget& target, Duration timeout,
                                                      std::unique_ptr<const HttpHop>& hop, Shared& shared) {
  const Endpoint* endpoint = endpoint_of(target);
  if (endpoint == nullptr) return Fault{ProbeEnd::EngineFailed, "a question that no socket can ask"};
  if (auto fault = stream_.open(*endpoint)) return fault;
  if (const auto peer = tls_peer_of(target))
    if (auto fault = stream_.secure(shared.tls, *peer)) return fault;
  dialogue_ = dialogue_with(target, timeout, std::move(hop));
  if (stream_.is_tls() || std::holds_alternative<BannerDialogue>(dialogue_) || listens_for() > Duration{0})
    return std::nullopt;

  // For a target on this host, as most are, the TCP handshake is done when connect() returns. Sending at once
  // then saves a wake-up per check; for other targets it costs one call that gives EAGAIN.
  const std::string_view bytes = to_send(dialogue_, shared.scratch);
  const SocketStream::Moved moved = stream_.send(bytes);
  if (moved.step == Step::Failed) return stream_.fault();
  if (moved.step != Step::Done) return std::nullopt;
  phase_ = Phase::Talking;
  sent(dialogue_, moved.bytes);
  wants_writable_ = moved.bytes < bytes.size();
  return std::nullopt;
}

// Each step runs only when the step before is done; one event may allow several steps.
std::optional<Conversation::End> Conversation::drive(std::uint32_t flags, Shared& shared) {
  if (phase_ == Phase::Connecting) {
    if (auto end = finish_connecting(flags)) return end;
    if (phase_ == Phase::Connecting) return std::nullopt;
  }
  if (phase_ == Phase::Handshaking) {
    if (auto end = handshake()) return end;
    if (phase_ == Phase::Handshaking) return std::nullopt;
  }
  if (const auto* banner = std::get_if<BannerDialogue>(&dialogue_); banner && banner->over()) return End{};
  if (phase_ != Phase::Listening)
    if (auto end = say(shared)) return end;
  if (!stream_.is_tls() && (flags & (EPOLLIN | closed_by_peer)) == 0) return std::nullopt;
  return hear(flags, shared);
}

std::optional<Conversation::End> Conversation::wait_over(Shared& shared) {
  if (phase_ == Phase::Listening) {
    phase_ = Phase::Talking;
    if (std::holds_alternative<BannerDialogue>(dialogue_)) return End{};  // the connection was kept
    return say(shared);
  }
  if (std::visit([](const auto& each) { return each.answered(); }, dialogue_)) return End{};
  return std::nullopt;
}

std::optional<Conversation::End> Conversation::finish_connecting(std::uint32_t flags) {
  if ((flags & (EPOLLERR | EPOLLHUP)) != 0)
    if (auto why = stream_.connect_fault()) {
      if (why->end == ProbeEnd::Reset) phase_ = Phase::Listening;  // it was open: a refusal has its own errno
      return failed(std::move(*why));
    }
  if ((flags & EPOLLOUT) == 0) return std::nullopt;
  wait_ = listens_for();
  phase_ = wait_ > Duration{0} ? Phase::Listening : Phase::Talking;
  if (stream_.is_tls()) phase_ = Phase::Handshaking;
  return std::nullopt;
}

Duration Conversation::listens_for() const {
  return std::visit([](const auto& each) { return each.listens_for(); }, dialogue_);
}

PeerProtocol Conversation::protocol() const {
  const PeerProtocol seen = std::visit([](const auto& each) { return each.protocol(); }, dialogue_);
  return seen != PeerProtocol::Unknown ? seen : stream_.protocol();
}

// The end by a fault of the connection; but the dialogue decides when it has its answer, or when only the
// connection itself is checked.
Conversation::End Conversation::failed(Fault fault) {
  const bool answered = std::visit([](const auto& each) { return each.answered(); }, dialogue_);
  if (answered) return End{std::nullopt, true};
  if (phase_ == Phase::Listening && std::holds_alternative<BannerDialogue>(dialogue_)) {
    std::get<BannerDialogue>(dialogue_).peer_closed();
    return End{std::nullopt, true};
  }
  if (fault.protocol == PeerProtocol::Unknown) fault.protocol = protocol();
  return End{std::move(fault)};
}

// Nothing can be sent any more. What the peer sent before may be an answer, or the TLS alert with the reason.
Conversation::End Conversation::last_words(Fault fault, Shared& shared) {
  for (bool heard = false;; heard = true) {
    const SocketStream::Moved moved = stream_.receive(shared.buffer.data(), shared.buffer.size());
    if (moved.step == Step::Failed && stream_.is_tls()) return failed(stream_.fault());
    if (moved.step == Step::Closed && heard) {
      std::visit([](auto& each) { each.peer_closed(); }, dialogue_);
      return End{std::nullopt, true};
    }
    if (moved.step != Step::Done) return failed(std::move(fault));
    const std::string_view bytes{shared.buffer.data(), moved.bytes};
    if (std::visit([&](auto& each) { return each.take(bytes); }, dialogue_)) return End{std::nullopt, true};
  }
}

std::optional<Conversation::End> Conversation::handshake() {
  switch (stream_.handshake()) {
    case Step::Done:
      break;
    case Step::Again:
      return std::nullopt;
    case Step::Closed:
      return failed({ProbeEnd::Reset, "closed during the TLS handshake"});
    case Step::Failed:
      return failed(stream_.fault());
  }
  phase_ = Phase::Talking;
  if (std::holds_alternative<GrpcDialogue>(dialogue_) && !stream_.speaks_http2())
    return failed({ProbeEnd::Malformed, "not HTTP/2: the server does not agree to it over TLS (ALPN)"});
  return std::nullopt;
}

std::optional<Conversation::End> Conversation::say(Shared& shared) {
  for (;;) {
    const std::string_view bytes = to_send(dialogue_, shared.scratch);
    if (bytes.empty()) return std::nullopt;
    const SocketStream::Moved moved = stream_.send(bytes);
    switch (moved.step) {
      case Step::Done:
        sent(dialogue_, moved.bytes);
        break;
      case Step::Again:
        wants_writable_ = true;
        return std::nullopt;
      case Step::Closed:
        return last_words({ProbeEnd::Reset, "closed before the answer"}, shared);
      case Step::Failed:
        return last_words(stream_.fault(), shared);
    }
  }
}

std::optional<Conversation::End> Conversation::hear(std::uint32_t flags, Shared& shared) {
  const bool closed = (flags & closed_by_peer) != 0;
  for (;;) {
    const SocketStream::Moved moved = stream_.receive(shared.buffer.data(), shared.buffer.size());
    switch (moved.step) {
      case Step::Again:
        return std::nullopt;
      case Step::Closed:
        std::visit([](auto& each) { each.peer_closed(); }, dialogue_);
        return End{std::nullopt, true};
      case Step::Failed:
        return failed(stream_.fault());
      case Step::Done:
        break;
    }
    phase_ = Phase::Talking;
    const std::string_view bytes{shared.buffer.data(), moved.bytes};
    if (std::visit([&](auto& each) { return each.take(bytes); }, dialogue_)) return End{std::nullopt, closed};
    wait_ = std::visit([](const auto& each) { return each.more_wait(); }, dialogue_);
    if (auto end = say(shared)) return end;
    // Fewer bytes than the buffer holds: the socket is empty now, and more bytes will cause another edge. Two
    // cases need another read: a close that came with this edge causes no further edge, and TLS may hold
    // bytes that cause no edge.
    if (moved.bytes < shared.buffer.size() && !closed && !stream_.is_tls()) return std::nullopt;
  }
}

Conversation::End Conversation::expired() const {
  if (std::visit([](const auto& each) { return each.answered(); }, dialogue_)) return End{};
  if (phase_ == Phase::Connecting) return End{Fault{ProbeEnd::ConnectTimeout, "no connection in time"}};
  const char* missing =
      phase_ == Phase::Handshaking ? "TLS handshake not finished in time" : "no whole answer in time";
  return End{Fault{ProbeEnd::AnswerTimeout, missing, protocol()}};
}

std::unique_ptr<const HttpHop> Conversation::next() {
  auto* http = std::get_if<HttpDialogue>(&dialogue_);
  return http != nullptr ? http->next() : nullptr;
}

ProbeFacts Conversation::take_facts(const Shared& shared) {
  return std::visit([&](auto& each) { return each.take_facts(shared.clock); }, dialogue_);
}

// A tcp target may send what nobody reads, such as its greeting: its connection would end with a reset.
void Conversation::say_goodbye() {
  stream_.say_goodbye();
  if (std::holds_alternative<BannerDialogue>(dialogue_)) {
    stream_.end_sending();
    sending_ended_ = true;
    stream_.drain();
  }
  dialogue_ = {};
}

}  // namespace healer
