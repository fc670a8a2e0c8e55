#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "probe/dialogue.hpp"
#include "probe/socket_stream.hpp"

namespace healer {

/// One connection and what is said over it: a stream, a dialogue, and which of the two is at work.
///
///     Connecting -> [Handshaking] -> Talking -> over
///
/// It never waits: its owner watches descriptor() with an edge-triggered epoll and calls drive() with the
/// flags. The target must outlive it.
class Conversation {
 public:
  using Fault = SocketStream::Fault;

  /// What conversations share: one thread, so one buffer for all that is read and one for requests.
  struct Shared {
    TlsSessions tls;
    std::string scratch;
    std::array<char, 32 * 1024> buffer;
  };

  /// How it ended: by a fault, or said to its end. `peer_closed`: nothing is left to wait for.
  struct End {
    std::optional<Fault> fault;
    bool peer_closed = false;
  };

  /// Begins, and says what can be said at once; takes `hop`, if there is one, once the socket is there. After
  /// NoResources it may be called again.
  std::optional<Fault> open(const ProbeTarget& target, Duration timeout, std::unique_ptr<const HttpHop>& hop,
                            Shared& shared);
  /// Goes on after epoll's `flags`, as far as it can. Nothing: not over.
  std::optional<End> drive(std::uint32_t flags, Shared& shared);
  /// Why it did not end in time.
  Fault expired() const;

  int descriptor() const { return stream_.descriptor(); }
  /// Whether it is to be driven when the socket takes bytes; changes with drive().
  bool wants_writable() const { return wants_writable_; }

  /// Said to its end: the next request of an HTTP redirect, and the facts when there is none.
  std::unique_ptr<const HttpHop> next();
  ProbeFacts take_facts();
  /// Whether the peer was asked to close the connection, so that it may be given a moment for that.
  bool peer_will_close() const { return std::holds_alternative<HttpDialogue>(dialogue_); }

  /// Lets go of all but the socket, as a peer that closes orderly.
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
