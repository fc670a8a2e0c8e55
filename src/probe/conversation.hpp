#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "probe/dialogue.hpp"
#include "probe/socket_stream.hpp"

namespace healer {

/// One connection and the dialogue over it, and the phase of the two.
///
///     Connecting -> [Handshaking | Listening] -> Talking -> over
///
/// It never blocks: its owner watches descriptor() with an edge-triggered epoll, calls drive() with the
/// flags, and wait_over() when a wait has passed. The target must outlive it.
class Conversation {
 public:
  using Fault = SocketStream::Fault;

  /// Shared by all conversations of the one thread: one buffer for reading, one for requests.
  struct Shared {
    WallClock clock;
    TlsSessions tls;
    std::string scratch;
    std::array<char, 32 * 1024> buffer;
  };

  /// The end: a fault, or the dialogue is complete. `peer_closed`: no close is left to wait for.
  struct End {
    std::optional<Fault> fault;
    bool peer_closed = false;
  };

  /// Begins to connect, and sends what can be sent at once. Takes `hop`, if there is one, once the socket
  /// exists. May be called again after NoResources.
  std::optional<Fault> open(const ProbeTarget& target, Duration timeout, std::unique_ptr<const HttpHop>& hop,
                            Shared& shared);
  /// Continues after epoll's `flags` as far as possible. Empty optional: not at its end yet.
  std::optional<End> drive(std::uint32_t flags, Shared& shared);
  /// A wait that drive() began: after it wait_over() must be called. Each is returned once; zero: none.
  Duration take_wait() { return std::exchange(wait_, Duration{0}); }
  /// Continues when a wait has passed without an end.
  std::optional<End> wait_over(Shared& shared);
  /// The end of a conversation that reached its timeout.
  End expired() const;

  int descriptor() const { return stream_.descriptor(); }
  /// Whether drive() must be called when the socket is writable; drive() changes it.
  bool wants_writable() const { return wants_writable_; }

  /// After a complete dialogue: the next request of an HTTP redirect; if it is null, take_facts() has the
  /// facts.
  std::unique_ptr<const HttpHop> next();
  ProbeFacts take_facts(const Shared& shared);
  /// Whether the peer closes soon, so that the prober may wait a moment for that: the request asked for it,
  /// or say_goodbye() ends the sending side.
  bool peer_will_close() const { return !std::holds_alternative<GrpcDialogue>(dialogue_); }

  /// Sends close_notify over TLS, ends the sending side of a tcp target, and releases everything but the
  /// socket.
  void say_goodbye();
  /// After say_goodbye(): drops what arrived. False when nothing more is to be waited for.
  bool drain() { return stream_.drain(); }
  /// Whether drain() matters after the peer's close, too: an HTTP peer that has closed does not see how this
  /// side ends, and the call costs as much as close().
  bool drains_to_the_end() const { return sending_ended_; }
  void close() { stream_.close(); }

 private:
  enum class Phase : std::uint8_t {
    Connecting,
    Handshaking,
    Listening,  ///< connected; the peer may speak first, for a limited time
    Talking
  };

  std::optional<End> finish_connecting(std::uint32_t flags);
  std::optional<End> handshake();
  std::optional<End> say(Shared& shared);
  std::optional<End> hear(std::uint32_t flags, Shared& shared);
  End failed(Fault fault);
  End last_words(Fault fault, Shared& shared);
  Duration listens_for() const;
  PeerProtocol protocol() const;

  SocketStream stream_;
  Phase phase_ = Phase::Connecting;
  bool wants_writable_ = true;
  bool sending_ended_ = false;
  Duration wait_{0};
  Dialogue dialogue_;  // refers to the target
};

}  // namespace healer
