#include "probe/answer_hints.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "net/http_text.hpp"
#include "probe/maintenance.hpp"

namespace healer {

namespace {

template <std::size_t Count>
bool contains_any(std::string_view body, const std::array<std::string_view, Count>& phrases) {
  const std::string text = lower(body);
  return std::any_of(phrases.begin(), phrases.end(),
                     [&](std::string_view phrase) { return text.find(phrase) != std::string::npos; });
}

}  // namespace

bool keeps_field(int status, std::string_view name) {
  if (status < 300) return false;
  if (net::same_name(name, "location") || net::same_name(name, "retry-after") || net::same_name(name, "date"))
    return true;
  return status >= 400 && (net::same_name(name, "content-type") || net::same_name(name, "content-encoding") ||
                           net::same_name(name, "transfer-encoding") || names_maintenance(name));
}

bool keeps_field_of_body(int status, std::string_view name) {
  if (status < 200) return false;
  return net::same_name(name, "content-encoding") || net::same_name(name, "transfer-encoding") ||
         keeps_field(status, name);
}

std::string compression_of(const net::HttpResponseParser& answer) {
  // Others are not compressed, or a misunderstanding of the field, such as "utf-8".
  constexpr std::array<std::string_view, 11> known{
      "gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "lz4", "xz", "dcb", "dcz"};
  for (const auto& [name, value] : answer.fields()) {
    if (!net::same_name(name, "content-encoding") && !net::same_name(name, "transfer-encoding")) continue;
    for (const std::string& item : split(value, ',')) {
      std::string coding = lower(trim(std::string_view(item).substr(0, item.find(';'))));
      if (std::find(known.begin(), known.end(), coding) != known.end()) return coding;
    }
  }
  return {};
}

bool body_may_explain(const net::HttpResponseParser& answer) {
  if (answer.status() < 400 || !compression_of(answer).empty()) return false;
  if (answer.status() == 400) return true;
  const std::string_view body = trim(answer.body());
  if (!body.empty()) return body.front() == '{' || body.front() == '\xEF';
  return lower(answer.field("content-type")).find("json") != std::string::npos;
}

bool body_wants_tls(std::string_view body) {
  constexpr std::array<std::string_view, 6> phrases{
      "plain http request was sent to https port",               // nginx
      "speaking plain http to an ssl-enabled server port",       // Apache
      "client sent an http request to an https server",          // Go: Caddy, Traefik, MinIO, Portainer ...
      "combination of host and port requires tls",               // Tomcat
      "sent a plain http request, but this server only speaks",  // CherryPy
      "http request was sent to an https"};
  return contains_any(body, phrases);
}

bool body_wants_certificate(std::string_view body) {
  constexpr std::array<std::string_view, 2> phrases{"no required ssl certificate was sent",  // nginx
                                                    "ssl certificate error"};
  return contains_any(body, phrases);
}

bool answer_says_maintenance(const net::HttpResponseParser& answer) {
  if (answer.status() < 400) return false;
  for (const auto& [name, value] : answer.fields())
    if (names_maintenance(name) && switches_on(value)) return true;
  return compression_of(answer).empty() && says_maintenance(answer.body());
}

}  // namespace healer
