#include "config/probe_settings.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/ip_prefix.hpp"
#include "config/characters.hpp"
#include "config/headers.hpp"
#include "config/setting_kinds.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the table below is these names

/// A path of a request line: no character that could end or split the line.
bool valid_path(std::string_view text) {
  return is_graphic<2048>(text) && text.front() == '/';
}

bool valid_address(std::string_view text) {
  return in_prefix(text, std::string(text) + (text.find(':') == text.npos ? "/32" : "/128"));
}

bool valid_needle(std::string_view text) {
  return !text.empty() && text.size() <= 1024;
}

std::optional<StatusRange> read_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto first = read_whole(trim(text.substr(0, dash)), 100, 599);
  const auto last =
      dash == std::string_view::npos ? first : read_whole(trim(text.substr(dash + 1)), 100, 599);
  if (!first || !last || *first > *last) return std::nullopt;
  return StatusRange{static_cast<int>(*first), static_cast<int>(*last)};
}

std::optional<std::vector<StatusRange>> read_status(std::string_view text) {
  if (text.size() > 512) return std::nullopt;
  std::vector<StatusRange> ranges;
  for (const std::string& part : split(text, ',')) {
    const auto range = read_range(trim(part));
    if (!range) return std::nullopt;
    ranges.push_back(*range);
  }
  return ranges;
}

std::string show_status(const std::vector<StatusRange>& ranges) {
  std::string text;
  for (const StatusRange& range : ranges) {
    if (!text.empty()) text += ',';
    text += std::to_string(range.first);
    if (range.last != range.first) text += '-' + std::to_string(range.last);
  }
  return text;
}

Kind<std::vector<HttpHeader>> headers() {
  KindInfo info = list_info("headers", headers_accepted, '\n');
  info.conceals = [](std::string_view) { return true; };
  return {std::move(info), [](auto& into, std::string_view text) { return read_headers(text, into); },
          show_headers};
}

auto kind_or_auto() {
  return choice<std::optional<ProbeKind>>({{"auto", std::nullopt},
                                           {"http", ProbeKind::Http},
                                           {"https", ProbeKind::Https},
                                           {"tcp", ProbeKind::Tcp},
                                           {"engine", ProbeKind::Engine},
                                           {"exec", ProbeKind::Exec},
                                           {"grpc", ProbeKind::Grpc},
                                           {"grpcs", ProbeKind::Grpcs}});
}

auto statuses() {
  return parsed<std::vector<StatusRange>>(
      list_info("ranges", "statuses from 100 to 599 and ranges of them, such as 200-399,401", ','),
      read_status, show_status);
}

}  // namespace

Table<ProbeSpec> probe_settings() {
  using Kinds = std::vector<ProbeKind>;
  const Kinds http_kinds{ProbeKind::Http, ProbeKind::Https};
  const Kinds grpc_kinds{ProbeKind::Grpc, ProbeKind::Grpcs};
  const Kinds host_kinds{ProbeKind::Http, ProbeKind::Https, ProbeKind::Grpc, ProbeKind::Grpcs};
  const Kinds port_kinds{ProbeKind::Http, ProbeKind::Https, ProbeKind::Tcp, ProbeKind::Grpc,
                         ProbeKind::Grpcs};
  Table<ProbeSpec> table{
      {"probe", "HEALTH_PROBE", &ProbeSpec::kind, kind_or_auto(),
       "How health is checked. `auto` looks which published or exposed port answers `path` over HTTP or "
       "HTTPS and "
       "keeps it; without one it is `engine` (the container's own HEALTHCHECK). `exec` runs `command` in the "
       "container, `grpc` and "
       "`grpcs` call the standard health service."},
      {"path", "HEALTH_PATH", &ProbeSpec::path,
       text("a path that starts with '/', without spaces, at most 2048 bytes", valid_path),
       "The path that `http` and `https` request.", Traits{.fits = http_kinds}},
      {"port", "HEALTH_PORT", &ProbeSpec::port, word_or("auto", number<std::uint16_t>(1, 65535)),
       "The container's port that is checked. `auto` is the first published TCP port, else the first exposed "
       "one; without `probe`, the first that answers.",
       Traits{.fits = port_kinds}},
      {"status", "HEALTH_STATUS", &ProbeSpec::accepted, statuses(),
       "The HTTP statuses that count as healthy.", Traits{.fits = http_kinds}},
      {"body", "HEALTH_BODY", &ProbeSpec::body_match, text("text of 1 to 1024 bytes", valid_needle),
       "Text that the first 10 KiB of the answer's body must contain.",
       Traits{.is_text = true, .fits = http_kinds}},
      {"address", "HEALTH_ADDRESS", &ProbeSpec::address,
       text("a numeric IPv4 or IPv6 address", valid_address),
       "The address that is checked. Unset, it is found: the published port, else an address that a directly "
       "connected route leads to.",
       Traits{.fits = port_kinds}},
      {"banner", "HEALTH_BANNER", &ProbeSpec::banner, text("text of 1 to 1024 bytes", valid_needle),
       "What a `tcp` target must send first. Unset, opening the connection is enough.",
       Traits{.is_text = true, .fits = {ProbeKind::Tcp}}},
      {"host", "HEALTH_HOST", &ProbeSpec::host_header,
       text("a host name, with a port if needed, at most 255 bytes", is_graphic<255>),
       "The Host header of `http` and `https`, the authority of `grpc`. Unset, it is the target's address "
       "and port.",
       Traits{.fits = host_kinds}},
      {"tls_verify", "HEALTH_TLS_VERIFY", &ProbeSpec::tls_verify, boolean(),
       "Whether `https` and `grpcs` check the certificate. Most certificates do not match, because healer "
       "connects to a numeric address.",
       Traits{.fits = {ProbeKind::Https, ProbeKind::Grpcs}}},
      {"method", "HEALTH_METHOD", &ProbeSpec::method,
       choice<std::string>(
           {{"GET", "GET"}, {"HEAD", "HEAD"}, {"POST", "POST"}, {"PUT", "PUT"}, {"OPTIONS", "OPTIONS"}}),
       "The HTTP method of `http` and `https`.", Traits{.fits = http_kinds}},
      {"headers", "HEALTH_HEADERS", &ProbeSpec::headers, headers(),
       "Additional headers of `http` and `https`. Their values count as secrets and are never printed. Those "
       "with the "
       "name of a secret are sent only to the containers in `headers_for`, or by a container's own label.",
       Traits{.fits = http_kinds}},
      {"redirects", "HEALTH_REDIRECTS", &ProbeSpec::redirects, number(0, 10),
       "How many redirects `http` and `https` follow, to the same target only.", Traits{.fits = http_kinds}},
      {"command", "HEALTH_COMMAND", &ProbeSpec::command, arguments(),
       "The command that `exec` runs in the container, without a shell: write `sh -c '...'` to use one. Exit "
       "code 0 passes.",
       Traits{.fits = {ProbeKind::Exec}}},
      {"service", "HEALTH_SERVICE", &ProbeSpec::service,
       text("a name of 1 to 255 bytes without spaces", is_graphic<255>),
       "The service that `grpc` and `grpcs` check. Unset, it is the server as a whole.",
       Traits{.fits = grpc_kinds}},
  };
  for (Setting<ProbeSpec>& row : table) row.info.of_probe = true;
  return table;
}

}  // namespace healer
