#pragma once

#include <string>
#include <string_view>

#include "model/probe.hpp"

namespace healer {

/// A redirect's request: another path of the same target, perhaps with another method.
struct HttpHop {
  std::string path;
  std::string method;
  unsigned number = 0;  ///< 1 for the first redirect followed
};

/// Writes the whole request for `target` into `out` and replaces its old content (so that one string serves
/// every probe). `hop` replaces the target's path and method.
///
/// healer sets Host, Connection and the framing (Content-Length, Transfer-Encoding): configured headers of
/// these names are left out. User-Agent, Accept and, of a captured body, Accept-Encoding may be replaced.
/// POST, PUT and PATCH send Content-Length: 0. No setting can inject a header: bytes that end a line or a
/// word are percent-encoded in the path, and left out of the method, the Host header and header values; a
/// header whose name is no token is left out.
void write_http_request(const HttpTarget& target, std::string& out, const HttpHop* hop = nullptr);

/// Appends "address:port" in the form of a Host header, with IPv6 in brackets.
void append_authority(const Endpoint& endpoint, std::string& out);

/// Appends `text` without spaces and control characters: fit for a Host header or an authority.
void append_host(std::string_view text, std::string& out);

/// The host part of a Host header, without port or brackets.
std::string_view host_of(std::string_view host_header);

}  // namespace healer
