#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace healer {

/// scheme://[user@]host[:port][/...]: enough to know that a request can be sent there.
struct Url {
  std::string scheme;  ///< in lower case
  std::string host;    ///< a name, or a numeric address without brackets
  std::optional<std::uint16_t> port;
  std::string rest;  ///< from the first '/', '?' or '#'
  bool has_user = false;
};

/// Empty if the text is no such URL, holds blanks or control characters, or is longer than 2048 bytes.
std::optional<Url> read_url(std::string_view text);

/// Whether the text is an http:// or https:// URL with a host.
bool is_http_url(std::string_view text);

/// The text without slashes at its end, so that a path can be appended.
std::string without_last_slashes(std::string_view text);

bool is_numeric_v4(const std::string& address);
bool is_numeric_v6(const std::string& address);

/// "host:port", with the brackets that an IPv6 address needs.
std::string host_and_port(const std::string& host, std::uint16_t port);

}  // namespace healer
