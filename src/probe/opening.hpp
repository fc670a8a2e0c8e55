#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "model/probe.hpp"

namespace healer {

/// How many of a peer's first bytes are kept to name its protocol.
inline constexpr std::size_t opening_cap = 96;

/// Fewer than three bytes that may begin a TLS record: another byte is needed to tell.
bool may_become_tls(std::string_view opening);

/// The protocol that a peer's first bytes show; Unknown when there are none.
PeerProtocol protocol_of_opening(std::string_view opening);

/// What an operator can do about a plain port whose first bytes are these: name the right probe, else show
/// the bytes after `before`, as in `it greets first: "SSH-2.0-OpenSSH_9.2"`.
std::string explain_opening(std::string_view opening, std::string_view before);

}  // namespace healer
