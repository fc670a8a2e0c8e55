#pragma once

#include <string>
#include <string_view>

#include "model/probe.hpp"

namespace healer {

/// Where a redirect leads: another path of the same target, perhaps by another method.
struct HttpHop {
  std::string path;
  std::string method;
  unsigned number = 0;  ///< 1 for the first redirect followed
};

/// Writes the whole request for `target` into `out`, replacing what was there (so that one string serves
/// every probe); `hop` stands for the target's own path and method.
///
/// Host, Connection and the framing (Content-Length, Transfer-Encoding) are ours: headers of these names are
/// left out. User-Agent and Accept may be replaced. POST, PUT and PATCH say Content-Length: 0. No setting
/// can smuggle a header in: bytes that would end a line or a word are percent-encoded in the path and left
/// out of the method, the Host header and header values; a header whose name is no token is left out.
void write_http_request(const HttpTarget& target, std::string& out, const HttpHop* hop = nullptr);

/// Appends "address:port" as a Host header spells it, IPv6 in brackets.
void append_authority(const Endpoint& endpoint, std::string& out);

/// Appends `text` without spaces and control characters: fit for a Host header or an authority.
void append_host(std::string_view text, std::string& out);

/// The host part of a Host header, without port or brackets.
std::string_view host_of(std::string_view host_header);

}  // namespace healer
