#include "config/url.hpp"

#include <arpa/inet.h>

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/setting_kinds.hpp"

namespace healer {
namespace {

bool is_numeric(int family, const std::string& address) {
  unsigned char bytes[sizeof(in6_addr)];
  return address.find('\0') == std::string::npos && inet_pton(family, address.c_str(), bytes) == 1;
}

bool read_authority(std::string_view authority, Url& url) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.has_user = true;
    authority.remove_prefix(at + 1);
  }
  std::optional<std::string_view> port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return false;
    const std::string_view after = authority.substr(close + 1);
    if (!after.empty() && after.front() != ':') return false;
    if (!after.empty()) port = after.substr(1);
    url.host = authority.substr(1, close - 1);
    if (!is_numeric_v6(url.host)) return false;
  } else {
    const auto colon = authority.find(':');
    if (colon != std::string_view::npos) port = authority.substr(colon + 1);
    url.host = authority.substr(0, colon);
    if (!is_word(url.host, url.host.size(), "-._")) return false;
  }
  if (!port) return true;
  const auto number = kinds::read_whole(*port, 1, 65535);
  if (number) url.port = static_cast<std::uint16_t>(*number);
  return number.has_value();
}

}  // namespace

std::string without_last_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

bool is_numeric_v4(const std::string& address) {
  return is_numeric(AF_INET, address);
}

bool is_numeric_v6(const std::string& address) {
  return is_numeric(AF_INET6, address);
}

std::string host_and_port(const std::string& host, std::uint16_t port) {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::optional<Url> read_url(std::string_view text) {
  const auto mark = text.find("://");
  if (mark == std::string_view::npos || !is_graphic<2048>(text)) return std::nullopt;
  Url url;
  url.scheme = lower(text.substr(0, mark));
  const std::string_view rest = text.substr(mark + 3);
  const auto end = std::min(rest.find_first_of("/?#"), rest.size());
  if (!read_authority(rest.substr(0, end), url)) return std::nullopt;
  url.rest = rest.substr(end);
  return url;
}

bool is_http_url(std::string_view text) {
  const auto url = read_url(text);
  return url && (url->scheme == "http" || url->scheme == "https");
}

}  // namespace healer
