#include "core/workload/probe_target.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ip_prefix.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"

namespace healer {
namespace {

const PortBinding* find_port(const Container& container, std::uint16_t wanted, bool published) {
  for (const PortBinding& port : container.ports) {
    if (!port.tcp || (wanted != 0 && port.container_port != wanted)) continue;
    if (!published || port.host_port != 0) return &port;
  }
  return nullptr;
}

/// The address to which a host process connects for a published port.
std::string dialable(const std::string& host_address) {
  if (host_address.empty() || host_address == "0.0.0.0") return "127.0.0.1";
  if (host_address == "::") return "::1";
  return host_address;
}

/// A connection that the engine's proxy has accepted for nobody is closed within this time.
constexpr Duration proxy_hold{250};
/// A peer that greets first (SSH, SMTP, MySQL) does so within this time.
constexpr Duration greeting_wait{300};

struct Found {
  std::optional<Endpoint> endpoint;
  std::string why_not;
  std::uint16_t port = 0;  ///< of the container
  bool published = false;
};

/// The host itself does not reach containers on networks of these kinds, whatever their addresses.
bool host_reaches(std::string_view driver) {
  return driver != "macvlan" && driver != "ipvlan" && driver != "overlay";
}

/// Whether the host reaches the address without a router: the default route leads away from the engine's
/// networks, and may lead to a stranger.
bool on_link(const std::string& address, const ProbeOrigin& probe_origin) {
  const std::vector<std::string>& prefixes = probe_origin.connected;
  const bool loopback = in_prefix(address, "127.0.0.0/8") || in_prefix(address, "::1/128");
  return prefixes.empty() || loopback ||
         std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return in_prefix(address, prefix); });
}

constexpr const char* set_address = "publish a port, or set healer.address";

Found find_on_host(const Container& where, std::uint16_t port, const ProbeOrigin& probe_origin) {
  if (const PortBinding* published = find_port(where, port, true))
    return {Endpoint{dialable(published->host_address), published->host_port}, {}, port, true};
  if (probe_origin.rootless)
    return {{},
            fmt::format("no port is published, and the networks of a rootless engine cannot be reached from "
                        "the host: {}",
                        set_address)};
  bool has_address = false;
  for (const NetworkAttachment& network : where.networks) {
    if (network.address.empty()) continue;
    has_address = true;
    if (!host_reaches(network.driver)) continue;
    if (on_link(network.address, probe_origin)) return {Endpoint{network.address, port}, {}, port};
  }
  if (!has_address) return {{}, "no port is published and it has no address on a network"};
  return {{},
          fmt::format("no port is published, and no directly connected route of this host leads to its "
                      "network: {}",
                      set_address)};
}

Found find_endpoint(const Container& container, const ProbeSpec& spec, const ProbeOrigin& probe_origin,
                    const Container* network_parent) {
  const bool shares = container.network == NetworkKind::Shared;
  if (shares && !network_parent)
    return {{}, "it shares the network of another container, and that one is not known"};
  const Container& where = shares ? *network_parent : container;  // the owner of the network

  const PortBinding* declared = find_port(container, spec.port.value_or(0), true);
  if (!declared) declared = find_port(container, spec.port.value_or(0), false);
  const std::uint16_t port =
      spec.port ? *spec.port : (declared ? declared->container_port : std::uint16_t{0});

  if (!spec.address.empty()) {
    if (port == 0) return {{}, "healer.address is set, and it declares no TCP port: set healer.port"};
    return {Endpoint{spec.address, port}, {}, port};
  }
  if (where.network == NetworkKind::Host) {
    if (!probe_origin.on_host())
      return {{}, "it uses the host's network, and healer runs in a container with a network of its own"};
    if (probe_origin.rootless)
      return {{},
              fmt::format("it uses the host network of a rootless engine, which is not this host's: {}",
                          set_address)};
    if (port == 0) return {{}, "it uses the host's network and declares no port: set healer.port"};
    return {Endpoint{"127.0.0.1", port}, {}, port};
  }
  if (where.network == NetworkKind::None) return {{}, "it has no network (network mode none)"};
  if (shares && where.network == NetworkKind::Shared)
    return {{}, "it shares the network of a container that shares another one's"};
  if (port == 0) return {{}, "it publishes and exposes no TCP port: set healer.port"};

  if (probe_origin.on_host()) return find_on_host(where, port, probe_origin);
  for (const NetworkAttachment& network : where.networks) {
    const bool shared = std::find(probe_origin.networks.begin(), probe_origin.networks.end(), network.name) !=
                        probe_origin.networks.end();
    if (shared && !network.address.empty()) return {Endpoint{network.address, port}, {}, port};
  }
  return {{}, "healer's container shares no network with it: connect both to one"};
}

std::string show(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", endpoint.address, endpoint.port)
            : fmt::format("{}:{}", endpoint.address, endpoint.port);
}

ProbeTargetPtr shared(ProbeTarget target) {
  return std::make_shared<const ProbeTarget>(std::move(target));
}

TargetResolution by_command(const Container& container, const ProbeSpec& spec) {
  if (spec.command.empty())
    return unreachable(ProbeKind::Exec, "healer.probe=exec, but there is no command: set healer.command");
  const std::string text = redact(printable(fmt::format("exec {}", fmt::join(spec.command, " "))));
  return TargetResolution{shared(ExecTarget{container.id, spec.command}), ProbeKind::Exec, clip(text, 80)};
}

TargetResolution by_grpc(const Endpoint& endpoint, const ProbeSpec& spec, ProbeKind kind) {
  GrpcTarget target;
  target.endpoint = endpoint;
  target.service = spec.service;
  target.authority = spec.host_header;
  target.tls = kind == ProbeKind::Grpcs;
  target.tls_verify = spec.tls_verify;
  const std::string service = spec.service.empty() ? "" : "/" + clip(printable(spec.service), 80);
  const std::string text = fmt::format("{} {}{}", to_string(kind), show(endpoint), service);
  return TargetResolution{shared(std::move(target)), kind, text};
}

TargetResolution by_http(const Endpoint& endpoint, const ProbeSpec& spec, ProbeKind kind) {
  HttpTarget target;
  target.endpoint = endpoint;
  target.path = spec.path;
  target.host_header = spec.host_header;
  target.tls = kind == ProbeKind::Https;
  target.tls_verify = spec.tls_verify;
  target.capture_body = !spec.body_match.empty();
  target.method = spec.method;
  target.headers = spec.headers;
  target.redirects = spec.redirects;
  const std::string text =
      fmt::format("{} {}{}", to_string(kind), show(endpoint), redact(printable(spec.path)));
  return TargetResolution{shared(std::move(target)), kind, text};
}

}  // namespace

TargetResolution by_engine_health() {
  return TargetResolution{UseEngineHealth{}, ProbeKind::Engine, "engine HEALTHCHECK"};
}

TargetResolution unreachable(ProbeKind kind, const std::string& reason) {
  return TargetResolution{Unreachable{reason}, kind, "unreachable: " + reason};
}

bool TargetResolution::same_target(const TargetResolution& other) const {
  if (kind != other.kind || text != other.text) return false;
  const auto* ours = std::get_if<ProbeTargetPtr>(&how);
  const auto* theirs = std::get_if<ProbeTargetPtr>(&other.how);
  return ours && theirs ? **ours == **theirs : how == other.how;
}

namespace {

/// Of the network's owner: the container, or the one whose network it shares.
const Container& owner_of_network(const Container& container, const Container* network_parent) {
  return container.network == NetworkKind::Shared && network_parent != nullptr ? *network_parent : container;
}

TargetResolution target_at(const Found& found, const ProbeSpec& spec, ProbeKind kind) {
  TargetResolution target;
  switch (kind) {
    case ProbeKind::Tcp: {
      TcpTarget tcp{*found.endpoint, spec.banner.size()};
      // The engine's proxy of a published port accepts for a container that does not listen, and closes at
      // once.
      if (found.published && spec.banner.empty()) tcp.hold = proxy_hold;
      target = TargetResolution{shared(std::move(tcp)), kind, "tcp " + show(*found.endpoint)};
      break;
    }
    case ProbeKind::Grpc:
    case ProbeKind::Grpcs:
      target = by_grpc(*found.endpoint, spec, kind);
      break;
    case ProbeKind::Http:
    case ProbeKind::Https:
    case ProbeKind::Engine:  // these two have no address
    case ProbeKind::Exec:
      target = by_http(*found.endpoint, spec, kind);
      break;
  }
  target.port = found.port;
  target.published = found.published;
  return target;
}

}  // namespace

TargetResolution resolve_target(const Container& container, const ProbeSpec& spec,
                                const ProbeOrigin& probe_origin, const Container* network_parent) {
  const bool has_check = container.health != EngineHealth::None;
  if (spec.kind == ProbeKind::Engine) {
    if (has_check) return by_engine_health();
    return unreachable(ProbeKind::Engine, "healer.probe=engine, but the container has no HEALTHCHECK");
  }
  if (spec.kind == ProbeKind::Exec) return by_command(container, spec);
  const ProbeKind kind = spec.kind.value_or(ProbeKind::Http);
  // The default is http on the first *published* port; an exposed port is used only without a HEALTHCHECK.
  if (!spec.kind && !spec.port && has_check && !find_port(container, 0, true)) return by_engine_health();

  const Found found = find_endpoint(container, spec, probe_origin, network_parent);
  if (found.endpoint) return target_at(found, spec, kind);
  if (!spec.kind && has_check) return by_engine_health();
  return unreachable(kind, found.why_not);
}

std::vector<TargetResolution> candidate_targets(const Container& container, const ProbeSpec& spec,
                                                const ProbeOrigin& probe_origin,
                                                const Container* network_parent, Duration timeout) {
  /// Of a container that publishes hundreds of ports.
  constexpr std::size_t most = 16;
  std::vector<std::uint16_t> ports;
  const auto add = [&ports](std::uint16_t port) {
    if (ports.size() < most && std::find(ports.begin(), ports.end(), port) == ports.end())
      ports.push_back(port);
  };
  if (spec.port) {
    add(*spec.port);
  } else {
    for (const PortBinding& port : container.ports)  // sorted: published ones first
      if (port.tcp) add(port.container_port);
    for (const PortBinding& port : owner_of_network(container, network_parent).ports)
      if (port.tcp) add(port.container_port);
  }
  std::vector<TargetResolution> candidates;
  for (const std::uint16_t port : ports) {
    ProbeSpec at = spec;
    at.port = port;
    const Found found = find_endpoint(container, at, probe_origin, network_parent);
    if (!found.endpoint) continue;
    TargetResolution target = target_at(found, at, ProbeKind::Http);
    HttpTarget listening = std::get<HttpTarget>(*std::get<ProbeTargetPtr>(target.how));
    listening.greeting_wait = std::min(greeting_wait, timeout / 2);
    target.how = shared(std::move(listening));
    candidates.push_back(std::move(target));
  }
  return candidates;
}

TargetResolution chosen_target(const Container& container, ProbeSpec spec, const TrustedProbe& chosen,
                               const ProbeOrigin& probe_origin, const Container* network_parent) {
  spec.kind = chosen.kind;
  spec.port = chosen.port;
  TargetResolution target = resolve_target(container, spec, probe_origin, network_parent);
  target.text = "auto: " + target.text;
  return target;
}

TargetResolution over_tls(const TargetResolution& http) {
  HttpTarget target = std::get<HttpTarget>(*std::get<ProbeTargetPtr>(http.how));
  target.tls = true;
  target.greeting_wait = Duration{0};
  TargetResolution secure = http;
  secure.kind = ProbeKind::Https;
  secure.text = fmt::format("{} {}{}", to_string(ProbeKind::Https), show(target.endpoint),
                            redact(printable(target.path)));
  secure.how = shared(std::move(target));
  return secure;
}

}  // namespace healer
