#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "probe/dialogue.hpp"
#include "probe/socket_stream.hpp"

namespace healer {

/// One connection and the dialogue over it, and the phase of the two.
///
///     Connecting -> [Handshaking] -> Talking -> over
///
/// It never blocks: its owner watches descriptor() with an edge-triggered epoll and calls drive() with the
/// flags. The target must outlive it.
class Conversation {
 public:
  using Fault = SocketStream::Fault;

  /// Shared by all conversations of the one thread: one buffer for reading, one for requests.
  struct Shared {
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
  /// The fault of a conversation that reached its timeout.
  Fault expired() const;

  int descriptor() const { return stream_.descriptor(); }
  /// Whether drive() must be called when the socket is writable; drive() changes it.
  bool wants_writable() const { return wants_writable_; }

  /// After a complete dialogue: the next request of an HTTP redirect; if it is null, take_facts() has the
  /// facts.
  std::unique_ptr<const HttpHop> next();
  ProbeFacts take_facts();
  /// Whether the request asked the peer to close the connection, so that the prober may wait a moment for
  /// that.
  bool peer_will_close() const { return std::holds_alternative<HttpDialogue>(dialogue_); }

  /// Sends close_notify over TLS, and releases everything but the socket.
  void say_goodbye();
  void close() { stream_.close(); }

 private:
  enum class Phase : std::uint8_t { Connecting, Handshaking, Talking };

  std::optional<End> finish_connecting(std::uint32_t flags);
  std::optional<End> handshake();
  std::optional<End> say(Shared& shared);
  std::optional<End> hear(std::uint32_t flags, Shared& shared);

  SocketStream stream_;
  Phase phase_ = Phase::Connecting;
  bool wants_writable_ = true;
  Dialogue dialogue_;  // refers to the target
};

}  // namespace healer
