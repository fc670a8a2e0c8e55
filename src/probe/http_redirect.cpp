#include "probe/http_redirect.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "net/http_text.hpp"

namespace healer {

namespace {

struct HostPort {
  std::string host;  // lower case, without brackets
  int port = 0;
  bool operator==(const HostPort&) const = default;
};

// Empty optional for text that is not host[:port], such as an authority with a user part.
std::optional<HostPort> parse_authority(std::string_view authority, int default_port) {
  if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
  HostPort parsed{lower(host_of(authority)), default_port};
  std::string_view rest = authority;
  if (authority.front() == '[') {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(bracket + 1);
  } else {
    rest.remove_prefix(parsed.host.size());
  }
  if (rest.empty() || rest == ":") return parsed;
  if (rest.front() != ':') return std::nullopt;
  const char* end = rest.data() + rest.size();
  const auto [read, error] = std::from_chars(rest.data() + 1, end, parsed.port);
  if (error != std::errc{} || read != end) return std::nullopt;
  return parsed;
}

bool is_target(const HttpTarget& target, std::string_view authority) {
  const int default_port = target.tls ? 443 : 80;
  const auto named = parse_authority(authority, default_port);
  if (!named) return false;
  if (*named == HostPort{lower(target.endpoint.address), target.endpoint.port}) return true;
  return named == parse_authority(target.host_header, default_port);
}

// RFC 3986 5.2.4.
std::string without_dot_segments(std::string_view path) {
  std::vector<std::string_view> kept;
  bool folder = true;  // whether the result ends with '/'
  for (std::size_t at = 1; at <= path.size();) {
    const std::size_t end = std::min(path.find('/', at), path.size());
    const std::string_view segment = path.substr(at, end - at);
    at = end + 1;
    folder = segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!folder) kept.push_back(segment);
  }
  std::string result;
  for (const std::string_view segment : kept) result.append("/").append(segment);
  if (folder || kept.empty()) result += '/';
  return result;
}

std::string resolve(std::string_view base, std::string_view reference) {
  const std::string_view base_path = base.substr(0, base.find('?'));
  if (reference.empty()) return std::string(base);
  const std::size_t query_at = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, query_at);
  const std::string_view query = reference.substr(query_at);
  std::string merged;
  if (path.empty()) {
    merged = base_path;
  } else if (path.front() == '/') {
    merged = path;
  } else {
    merged = base_path.substr(0, base_path.rfind('/') + 1);
    merged += path;
  }
  if (merged.empty() || merged.front() != '/') merged.insert(0, 1, '/');
  return without_dot_segments(merged).append(query);
}

// The scheme's length when `reference` begins with one: ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) ":".
std::optional<std::size_t> scheme_length(std::string_view reference) {
  const std::size_t end = reference.find_first_of(":/?");
  if (end == std::string_view::npos || end == 0 || reference[end] != ':') return std::nullopt;
  const std::string_view scheme = reference.substr(0, end);
  const auto letter = [](char c) { return net::lower_ascii(c) >= 'a' && net::lower_ascii(c) <= 'z'; };
  const auto fits = [&](char c) {
    return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  if (!letter(scheme.front()) || !std::all_of(scheme.begin(), scheme.end(), fits)) return std::nullopt;
  return end;
}

// Names the redirect's host without path and user part, which may hold a token.
std::string refusal(std::string_view scheme, std::string_view authority) {
  const std::size_t user_end = authority.rfind('@');
  if (user_end != std::string_view::npos) authority.remove_prefix(user_end + 1);
  std::string where{scheme};
  if (!where.empty()) where += ':';
  where.append("//").append(authority);
  return "redirect to " + clip(printable(where), 100) +
         " not followed: it names another scheme, host or port than the target's";
}

}  // namespace

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

tl::expected<HttpHop, std::string> next_hop(const HttpTarget& target, const HttpHop& before, int status,
                                            std::string_view location) {
  if (location.empty()) return tl::unexpected<std::string>("redirect without a Location");
  if (before.number >= target.redirects)
    return tl::unexpected("redirect not followed: " + std::to_string(before.number) +
                          (before.number == 1 ? " was already" : " were already"));
  std::string_view reference = location.substr(0, location.find('#'));
  std::string_view base = before.path;
  const std::string_view scheme = target.tls ? "https" : "http";
  if (const auto length = scheme_length(reference)) {
    const std::string_view named = reference.substr(0, *length);
    reference.remove_prefix(*length + 1);
    const bool same = net::same_name(named, scheme);
    if (!same || !reference.starts_with("//")) {
      const std::string_view rest = reference.starts_with("//") ? reference.substr(2) : std::string_view{};
      return tl::unexpected(refusal(named, rest.substr(0, rest.find_first_of("/?"))));
    }
  }
  if (reference.starts_with("//")) {
    reference.remove_prefix(2);
    const std::string_view authority = reference.substr(0, reference.find_first_of("/?"));
    reference.remove_prefix(authority.size());
    if (!is_target(target, authority)) return tl::unexpected(refusal(scheme, authority));
    // After an authority, the base is the root: a reference with only a query applies to the root.
    base = "/";
  }
  HttpHop hop{resolve(base, reference), before.method, before.number + 1};
  const bool becomes_get =
      (status == 303 && before.method != "HEAD") || (before.method == "POST" && status <= 302);
  if (becomes_get) hop.method = "GET";
  return hop;
}

}  // namespace healer
