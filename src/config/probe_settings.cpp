#include "config/probe_settings.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "config/headers.hpp"
#include "config/setting_kinds.hpp"
#include "config/yaml_file.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the table below is these names

/// A path as it goes onto the request line: nothing that could end or split that line.
bool valid_path(std::string_view text) {
  return !text.empty() && text.size() <= 2048 && text.front() == '/' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool valid_host(std::string_view text) {
  return !text.empty() && text.size() <= 255 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
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

bool apply_status(Policy& policy, std::string_view text) {
  if (text.size() > 512) return false;
  std::vector<StatusRange> ranges;
  for (const std::string& part : split(text, ',')) {
    const auto range = read_range(trim(part));
    if (!range) return false;
    ranges.push_back(*range);
  }
  policy.probe.accepted = std::move(ranges);
  return true;
}

std::string show_status(const Policy& policy) {
  std::string text;
  for (const StatusRange& range : policy.probe.accepted) {
    if (!text.empty()) text += ',';
    text += std::to_string(range.first);
    if (range.last != range.first) text += '-' + std::to_string(range.last);
  }
  return text;
}

bool apply_port(Policy& policy, std::string_view text) {
  if (lower(text) == "auto") {
    policy.probe.port.reset();
    return true;
  }
  const auto port = read_whole(text, 1, 65535);
  if (port) policy.probe.port = static_cast<std::uint16_t>(*port);
  return port.has_value();
}

std::string show_port(const Policy& policy) {
  return policy.probe.port ? std::to_string(*policy.probe.port) : "auto";
}

Applied apply_headers(Policy& policy, std::string_view text) {
  return read_headers(text, policy.probe.headers);
}

std::string show_headers(const Policy& policy) {
  return healer::show_headers(policy.probe.headers);
}

}  // namespace

std::vector<Setting<Policy>> probe_settings() {
  using Kind = std::optional<ProbeKind>;
  const std::vector<ProbeKind> http_kinds{ProbeKind::Http, ProbeKind::Https};
  const std::vector<ProbeKind> grpc_kinds{ProbeKind::Grpc, ProbeKind::Grpcs};
  const std::vector<ProbeKind> host_kinds{ProbeKind::Http, ProbeKind::Https, ProbeKind::Grpc,
                                          ProbeKind::Grpcs};
  const std::vector<ProbeKind> port_kinds{ProbeKind::Http, ProbeKind::Https, ProbeKind::Tcp, ProbeKind::Grpc,
                                          ProbeKind::Grpcs};
  return {
      choice<Policy, Kind>(
          {.key = "probe",
           .env = "HEALTH_PROBE",
           .label = "healer.probe",
           .description =
               "How health is asked. `auto` is `http` on the first published port, or `engine` "
               "(the container's own HEALTHCHECK) when no port can be reached. `exec` runs `command` "
               "inside, `grpc` and `grpcs` ask the standard health service.",
           .of_probe = true},
          {{"auto", Kind{}},
           {"http", ProbeKind::Http},
           {"https", ProbeKind::Https},
           {"tcp", ProbeKind::Tcp},
           {"engine", ProbeKind::Engine},
           {"exec", ProbeKind::Exec},
           {"grpc", ProbeKind::Grpc},
           {"grpcs", ProbeKind::Grpcs}},
          [](auto& p) -> auto& { return p.probe.kind; }),
      text<Policy>(
          {.key = "path",
           .env = "HEALTH_PATH",
           .label = "healer.path",
           .description = "What `http` and `https` ask for.",
           .of_probe = true,
           .fits = http_kinds},
          "a path that starts with '/', without spaces, at most 2048 bytes", valid_path,
          [](auto& p) -> auto& { return p.probe.path; }),
      special<Policy>(
          {.key = "port",
           .env = "HEALTH_PORT",
           .label = "healer.port",
           .description =
               "The container's port to ask. `auto` is the first published TCP port, else the first "
               "exposed one.",
           .of_probe = true,
           .fits = port_kinds},
          "number", "auto, or a whole number from 1 to 65535", apply_port, show_port),
      special<Policy>({.key = "status",
                       .env = "HEALTH_STATUS",
                       .label = "healer.status",
                       .description = "The HTTP statuses that count as well.",
                       .list_separator = ',',
                       .of_probe = true,
                       .fits = http_kinds},
                      "ranges", "statuses from 100 to 599 and ranges of them, such as 200-399,401",
                      apply_status, show_status),
      text<Policy>(
          {.key = "body",
           .env = "HEALTH_BODY",
           .label = "healer.body",
           .description = "Text that the first 10 KiB of the answer's body must contain.",
           .is_text = true,
           .of_probe = true,
           .fits = http_kinds},
          "text of 1 to 1024 bytes", valid_needle, [](auto& p) -> auto& { return p.probe.body_match; }),
      text<Policy>(
          {.key = "banner",
           .env = "HEALTH_BANNER",
           .label = "healer.banner",
           .description = "What a `tcp` target must send first. Unset, opening the connection is enough.",
           .is_text = true,
           .of_probe = true,
           .fits = {ProbeKind::Tcp}},
          "text of 1 to 1024 bytes", valid_needle, [](auto& p) -> auto& { return p.probe.banner; }),
      text<Policy>(
          {.key = "host",
           .env = "HEALTH_HOST",
           .label = "healer.host",
           .description =
               "The Host header of `http` and `https`, the authority of `grpc`. Unset, it is the address "
               "and port asked.",
           .of_probe = true,
           .fits = host_kinds},
          "a host name, with a port if needed, at most 255 bytes", valid_host,
          [](auto& p) -> auto& { return p.probe.host_header; }),
      boolean<Policy>(
          {.key = "tls_verify",
           .env = "HEALTH_TLS_VERIFY",
           .label = "healer.tls_verify",
           .description =
               "Whether `https` and `grpcs` check the certificate. Targets are asked by number, so most "
               "certificates do not match.",
           .of_probe = true,
           .fits = {ProbeKind::Https, ProbeKind::Grpcs}},
          [](auto& p) -> auto& { return p.probe.tls_verify; }),
      choice<Policy, std::string>(
          {.key = "method",
           .env = "HEALTH_METHOD",
           .label = "healer.method",
           .description = "The request's method of `http` and `https`.",
           .of_probe = true,
           .fits = http_kinds},
          {{"GET", "GET"}, {"HEAD", "HEAD"}, {"POST", "POST"}, {"PUT", "PUT"}, {"OPTIONS", "OPTIONS"}},
          [](auto& p) -> auto& { return p.probe.method; }),
      special<Policy>(
          {.key = "headers",
           .env = "HEALTH_HEADERS",
           .label = "healer.headers",
           .description = "Headers that `http` and `https` send as well. Their values are taken for secrets "
                          "and never printed.",
           .list_separator = '\n',
           .conceals = [](std::string_view) { return true; },
           .of_probe = true,
           .fits = http_kinds},
          "headers", headers_accepted, apply_headers, show_headers),
      number<Policy>(
          {.key = "redirects",
           .env = "HEALTH_REDIRECTS",
           .label = "healer.redirects",
           .description = "How many redirects `http` and `https` follow, to the same target only.",
           .of_probe = true,
           .fits = http_kinds},
          0, 10, [](auto& p) -> auto& { return p.probe.redirects; }),
      arguments<Policy>(
          {.key = "command",
           .env = "HEALTH_COMMAND",
           .label = "healer.command",
           .description = "What `exec` runs inside the container: no shell, so write `sh -c '...'` for one. "
                          "It is well when the exit code is 0.",
           .of_probe = true,
           .fits = {ProbeKind::Exec}},
          [](auto& p) -> auto& { return p.probe.command; }),
      text<Policy>(
          {.key = "service",
           .env = "HEALTH_SERVICE",
           .label = "healer.service",
           .description =
               "The service that `grpc` and `grpcs` ask about. Unset, it is the server as a whole.",
           .of_probe = true,
           .fits = grpc_kinds},
          "a name of 1 to 255 bytes without spaces", valid_host,
          [](auto& p) -> auto& { return p.probe.service; }),
  };
}

}  // namespace healer
