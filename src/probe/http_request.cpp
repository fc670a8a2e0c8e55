#include "probe/http_request.hpp"

#include <charconv>
#include <string_view>

#include "base/version.hpp"

namespace healer {

namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
}

void append_path(std::string_view path, std::string& out) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  if (path.empty() || path.front() != '/') out += '/';
  for (const char c : path) {
    if (is_plain(c)) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
}

void append_authority(const Endpoint& endpoint, std::string& out) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  if (v6) out += '[';
  out += endpoint.address;
  if (v6) out += ']';
  char digits[8];
  const auto end = std::to_chars(digits, digits + sizeof digits, endpoint.port).ptr;
  out += ':';
  out.append(digits, end);
}

}  // namespace

void write_http_request(const HttpTarget& target, std::string& out) {
  out = "GET ";
  append_path(target.path, out);
  out += " HTTP/1.1\r\nHost: ";
  if (target.host_header.empty()) {
    append_authority(target.endpoint, out);
  } else {
    for (const char c : target.host_header)
      if (is_plain(c)) out += c;
  }
  out += "\r\nUser-Agent: healer/";
  out += version;
  out += "\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

std::string_view host_of(std::string_view host_header) {
  if (host_header.starts_with('[')) return host_header.substr(1, host_header.find(']') - 1);
  const std::size_t colon = host_header.find(':');
  // More than one colon without brackets: a bare IPv6 address.
  if (colon == std::string_view::npos || host_header.find(':', colon + 1) != std::string_view::npos)
    return host_header;
  return host_header.substr(0, colon);
}

}  // namespace healer
