#include "guard/request.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer::guard {
namespace {

constexpr std::size_t most_headers = 32;
constexpr std::size_t longest_target = 4 * 1024;
constexpr std::array methods{std::pair{Request::Method::Get, "GET"}, std::pair{Request::Method::Head, "HEAD"},
                             std::pair{Request::Method::Post, "POST"},
                             std::pair{Request::Method::Delete, "DELETE"}};
constexpr int major_version = 1;
constexpr int oldest_minor = 24;
constexpr int newest_minor = 99;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string shown(std::string_view text) {
  return clip(printable(text), 80);
}

/// Cuts the next line at CRLF. Empty: there is none, or it has a bare CR or LF.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const auto end = rest.find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return std::nullopt;
  rest.remove_prefix(end + 2);
  return line;
}

std::optional<Request::Method> method_of(std::string_view word) {
  for (const auto& [method, name] : methods)
    if (word == name) return method;
  return std::nullopt;
}

bool fit_segment(std::string_view segment) {
  return !segment.empty() && segment != "." && segment != "..";
}

/// "/images/sha256:..." is the only path with a colon.
bool fit_path(std::string_view path) {
  if (!path.starts_with('/')) return false;
  const auto colon = path.find(':');
  if (colon != std::string_view::npos && (!path.substr(0, colon).ends_with("/images/sha256") ||
                                          path.find(':', colon + 1) != std::string_view::npos))
    return false;
  const bool plain = std::all_of(path.begin(), path.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("_./-:").find(c) != std::string_view::npos;
  });
  if (!plain) return false;
  const auto segments = split(path.substr(1), '/');
  return std::all_of(segments.begin(), segments.end(), fit_segment);
}

/// "24" and "41", but neither "024" nor "4294967337".
std::optional<int> version_number(std::string_view digits) {
  if (digits.empty() || digits.size() > 2 || (digits.size() > 1 && digits.front() == '0')) return {};
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return {};
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool fit_version(std::string_view text) {
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  const auto major = version_number(text.substr(0, dot));
  const auto minor = version_number(text.substr(dot + 1));
  return major && minor && *major == major_version && *minor >= oldest_minor && *minor <= newest_minor;
}

/// Takes "/v1.41" from the path.
Ruled<void> take_version(Request& request) {
  const std::string& path = request.path;
  if (path.starts_with("/v") && path.size() > 2 && is_digit(path[2])) {
    const auto end = path.find('/', 1);
    const std::string text = path.substr(2, end == std::string::npos ? end : end - 2);
    if (end == std::string::npos || !fit_version(text))
      return refuse(Rule::Version, fmt::format("API version \"{}\"; accepted are {}.{} to {}.{}", shown(text),
                                               major_version, oldest_minor, major_version, newest_minor));
    request.path.erase(0, end);
    request.target.erase(0, end);
    return {};
  }
  const bool free_of_version = path == "/_ping" || path == "/version" || path.starts_with("/guard/") ||
                               path == "/Plugin.Activate" || path.starts_with("/AuthZPlugin.");
  if (breaks(Rule::Version, !free_of_version))
    return refuse(Rule::Version, "a path without a version; write /v1.41" + shown(path));
  return {};
}

Ruled<void> read_query(std::string_view text, Request& request) {
  for (const std::string& pair : split(text, '&')) {
    const auto equals = pair.find('=');
    const std::string key = pair.substr(0, equals);
    const bool fit_key = !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
      return is_letter(c) || c == '_' || c == '-';
    });
    if (equals == std::string::npos || !fit_key)
      return refuse(Rule::Query, fmt::format("query \"{}\"; key=value is accepted", shown(pair)));
    const bool repeated = std::any_of(request.query.begin(), request.query.end(),
                                      [&](const auto& seen) { return seen.first == key; });
    if (breaks(Rule::Query, repeated))
      return refuse(Rule::Query, fmt::format("query key {} stands there twice", key));
    request.query.emplace_back(key, pair.substr(equals + 1));
  }
  return {};
}

Ruled<void> read_target(std::string_view target, Request& request) {
  if (target.size() > longest_target)
    return refuse(Rule::Path, fmt::format("a target of {} bytes; at most {}", target.size(), longest_target));
  const auto question = target.find('?');
  const std::string_view path = target.substr(0, question);
  if (!fit_path(path))
    return refuse(Rule::Path,
                  fmt::format("path \"{}\"; letters, digits, '_', '.', '-' and single slashes are accepted, "
                              "no '.' or '..' segment and no escape",
                              shown(path)));
  request.path = path;
  request.target = target;
  if (auto version = take_version(request); !version) return version;
  if (question == std::string_view::npos) return {};
  return read_query(target.substr(question + 1), request);
}

Ruled<void> read_request_line(std::string_view line, Request& request) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.substr(last + 1) != "HTTP/1.1" ||
      line.find(' ', first + 1) != last || line.find('\t') != std::string_view::npos)
    return refuse(Rule::RequestLine,
                  "request line \"" + shown(line) + "\"; METHOD /path HTTP/1.1 is accepted");
  const std::string_view word = line.substr(0, first);
  const auto method = method_of(word);
  if (!method)
    return refuse(Rule::Verb, "method " + shown(word) + "; GET, HEAD, POST and DELETE are accepted");
  request.method = *method;
  return read_target(line.substr(first + 1, last - first - 1), request);
}

bool fit_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view("-_").find(c) != std::string_view::npos;
  });
}

bool fit_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) != 0x7f);
  });
}

struct Seen {
  std::size_t largest_body = longest_body;
  bool length = false;
  bool host = false;
};

Ruled<void> read_length(std::string_view value, Request& request, Seen& seen) {
  if (breaks(Rule::Length, seen.length)) return refuse(Rule::Length, "Content-Length stands there twice");
  seen.length = true;
  std::size_t length = 0;
  const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), length);
  const bool number = !value.empty() && fault == std::errc() && end == value.data() + value.size();
  if (!number || (value.size() > 1 && value.front() == '0'))
    return refuse(Rule::Length, "Content-Length \"" + shown(value) + "\"; a number is accepted");
  if (length > seen.largest_body)
    return refuse(Rule::Length, fmt::format("a body of {} bytes; at most {}", length, seen.largest_body));
  request.body_length = length;
  return {};
}

Ruled<void> read_header(std::string_view line, Request& request, Seen& seen) {
  const auto colon = line.find(':');
  const std::string_view name = line.substr(0, std::min(colon, line.size()));
  if (colon == std::string_view::npos || !fit_name(name) || !fit_value(line))
    return refuse(Rule::Header, "header \"" + shown(line.substr(0, 40)) + "\"; Name: value is accepted");
  const std::string key = lower(name);
  const std::string_view value = trim(line.substr(colon + 1));
  if (breaks(Rule::Coding, key == "transfer-encoding"))
    return refuse(Rule::Coding, "Transfer-Encoding; a body has a Content-Length");
  const std::string options = lower(value);
  const bool switches = key == "upgrade" || key == "http2-settings" || key == "expect" ||
                        (key == "connection" && options != "close" && options != "keep-alive");
  if (breaks(Rule::Upgrade, switches)) return refuse(Rule::Upgrade, shown(name) + " is not accepted");
  if (key == "content-length") return read_length(value, request, seen);
  if (key != "host") return {};
  if (seen.host) return refuse(Rule::Header, "Host stands there twice");
  seen.host = true;
  return {};
}

}  // namespace

const char* to_string(Request::Method method) {
  for (const auto& [value, name] : methods)
    if (value == method) return name;
  return "?";
}

Ruled<Request> parse_head(std::string_view head, std::size_t largest_body) {
  Request request;
  if (head.size() > longest_head)
    return refuse(Rule::Header, fmt::format("a head of more than {} bytes", longest_head));
  const auto line = next_line(head);
  if (!line) return refuse(Rule::RequestLine, "no request line that ends with CRLF");
  if (auto read = read_request_line(*line, request); !read) return tl::unexpected(read.error());
  Seen seen{largest_body};
  for (std::size_t count = 0;; ++count) {
    const auto header = next_line(head);
    if (!header) return refuse(Rule::Header, "a header line that does not end with CRLF");
    if (header->empty()) break;
    if (count == most_headers) return refuse(Rule::Header, fmt::format("more than {} headers", most_headers));
    if (auto read = read_header(*header, request, seen); !read) return tl::unexpected(read.error());
  }
  if (!head.empty()) return refuse(Rule::Header, "bytes after the head");
  if (!seen.host) return refuse(Rule::Header, "no Host header");
  if (breaks(Rule::Length, request.method != Request::Method::Post && request.body_length > 0))
    return refuse(Rule::Length, "a body; only POST has one");
  return request;
}

Ruled<Request> parse_request(std::string_view bytes, std::size_t largest_body) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return refuse(Rule::Header, "the head does not end");
  auto request = parse_head(bytes.substr(0, end + 4), largest_body);
  if (!request) return request;
  const std::string_view body = bytes.substr(end + 4);
  if (body.size() < request->body_length)
    return refuse(Rule::Length, "the body ends before its Content-Length");
  if (breaks(Rule::Pipelined, body.size() > request->body_length))
    return refuse(Rule::Pipelined, "bytes follow the request; a connection carries one request");
  request->body = body.substr(0, request->body_length);
  return request;
}

}  // namespace healer::guard
