#include "probe/http_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/version.hpp"
#include "net/http_text.hpp"

namespace healer {

namespace {

bool is_plain(char c) {
  return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
}

// RFC 9110 5.6.2.
bool is_token_char(char c) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char);
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

// Headers that healer writes itself, because they describe the connection; a setting must not change them.
bool is_ours(std::string_view name) {
  constexpr std::array ours{"host", "connection", "content-length", "transfer-encoding"};
  return std::any_of(ours.begin(), ours.end(), [&](const char* own) { return net::same_name(name, own); });
}

void append_value(std::string_view value, std::string& out) {
  for (const char c : net::trim_blanks(value))
    if (is_plain(c) || c == ' ' || c == '\t') out += c;
}

bool replaced(const HttpTarget& target, std::string_view name) {
  return std::any_of(target.headers.begin(), target.headers.end(),
                     [&](const HttpHeader& header) { return net::same_name(header.name, name); });
}

}  // namespace

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

void append_host(std::string_view text, std::string& out) {
  for (const char c : text)
    if (is_plain(c)) out += c;
}

void write_http_request(const HttpTarget& target, std::string& out, const HttpHop* hop) {
  out.clear();
  const std::string& method = hop ? hop->method : target.method;
  for (const char c : method)
    if (is_token_char(c)) out += c;
  if (out.empty()) out = "GET";
  const bool says_length = out == "POST" || out == "PUT" || out == "PATCH";
  out += ' ';
  append_path(hop ? hop->path : target.path, out);
  out += " HTTP/1.1\r\nHost: ";
  if (target.host_header.empty()) {
    append_authority(target.endpoint, out);
  } else {
    append_host(target.host_header, out);
  }
  out += "\r\n";
  if (!replaced(target, "user-agent")) {
    out += "User-Agent: healer/";
    out += version;
    out += "\r\n";
  }
  if (!replaced(target, "accept")) out += "Accept: */*\r\n";
  // A body that is compared must not come compressed.
  if (target.capture_body && !replaced(target, "accept-encoding")) out += "Accept-Encoding: identity\r\n";
  for (const HttpHeader& header : target.headers) {
    if (!is_token(header.name) || is_ours(header.name)) continue;
    out += header.name;
    out += ": ";
    append_value(header.value.reveal(), out);
    out += "\r\n";
  }
  if (says_length) out += "Content-Length: 0\r\n";
  out += "Connection: close\r\n\r\n";
}

std::string_view host_of(std::string_view host_header) {
  if (host_header.starts_with('[')) return host_header.substr(1, host_header.find(']') - 1);
  const std::size_t colon = host_header.find(':');
  // More than one colon without brackets is a bare IPv6 address.
  if (colon == std::string_view::npos || host_header.find(':', colon + 1) != std::string_view::npos)
    return host_header;
  return host_header.substr(0, colon);
}

}  // namespace healer
