#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "guard/rules.hpp"

namespace healer::guard {

/// A request in one of the few forms that the guard reads.
struct Request {
  enum class Method { Get, Head, Post, Delete };

  Method method = Method::Get;
  std::string path;                                        ///< without the version: "/containers/web/json"
  std::string target;                                      ///< path and query as written, without the version
  std::vector<std::pair<std::string, std::string>> query;  ///< as written, each key once
  std::size_t body_length = 0;
  std::string body;
};

/// "GET"
const char* to_string(Request::Method method);

inline constexpr std::size_t longest_head = 8 * 1024;
inline constexpr std::size_t longest_body = 64 * 1024;

/// Reads the head of a request, with the empty line at its end. HTTP/1.1 in origin form alone; what is not
/// understood is refused, never repaired:
///
///   request line   METHOD SP /path[?query] SP HTTP/1.1, METHOD is GET, HEAD, POST or DELETE
///   path           [A-Za-z0-9_./-], without "//", "." and ".."; an image id may have its one colon
///   version        /v1.24 to /v1.99; only /_ping, /version, the guard's own calls and those of the engine to
///   a
///                  plugin go without
///   query          key=value with '&' between them, each key once
///   headers        at most 32 lines with CRLF; no Transfer-Encoding, Upgrade or Expect; at most one
///                  Content-Length and one Host
Ruled<Request> parse_head(std::string_view head, std::size_t largest_body = longest_body);

/// Reads the whole of a request whose bytes are all there. Pipelined: more bytes than the request has.
Ruled<Request> parse_request(std::string_view bytes, std::size_t largest_body = longest_body);

}  // namespace healer::guard
