#include "core/workload/probe_target.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

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

struct Found {
  std::optional<Endpoint> endpoint;
  std::string why_not;
};

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

  if (where.network == NetworkKind::Host) {
    if (!probe_origin.on_host())
      return {{}, "it uses the host's network, and healer runs in a container with a network of its own"};
    if (port == 0) return {{}, "it uses the host's network and declares no port: set healer.port"};
    return {Endpoint{"127.0.0.1", port}, {}};
  }
  if (where.network == NetworkKind::None) return {{}, "it has no network (network mode none)"};
  if (shares && where.network == NetworkKind::Shared)
    return {{}, "it shares the network of a container that shares another one's"};
  if (port == 0) return {{}, "it publishes and exposes no TCP port: set healer.port"};

  if (probe_origin.on_host()) {
    if (const PortBinding* published = find_port(where, port, true))
      return {Endpoint{dialable(published->host_address), published->host_port}, {}};
    for (const NetworkAttachment& network : where.networks)
      if (!network.address.empty()) return {Endpoint{network.address, port}, {}};
    return {{}, "no port is published and it has no address on a network"};
  }
  for (const NetworkAttachment& network : where.networks) {
    const bool shared = std::find(probe_origin.networks.begin(), probe_origin.networks.end(), network.name) !=
                        probe_origin.networks.end();
    if (shared && !network.address.empty()) return {Endpoint{network.address, port}, {}};
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

TargetResolution by_engine() {
  return TargetResolution{UseEngineHealth{}, ProbeKind::Engine, "engine HEALTHCHECK"};
}

TargetResolution by_command(const Container& container, const ProbeSpec& spec) {
  if (spec.command.empty())
    return unreachable(ProbeKind::Exec, "healer.probe=exec, but there is no command: set healer.command");
  const std::string text = fmt::format("exec {}", fmt::join(spec.command, " "));
  return TargetResolution{shared(ExecTarget{container.id, spec.command}), ProbeKind::Exec,
                          clip(printable(text), 80)};
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
  const std::string text = fmt::format("{} {}{}", to_string(kind), show(endpoint), spec.path);
  return TargetResolution{shared(std::move(target)), kind, text};
}

}  // namespace

TargetResolution unreachable(ProbeKind kind, const std::string& reason) {
  return TargetResolution{Unreachable{reason}, kind, "unreachable: " + reason};
}

bool TargetResolution::same_target(const TargetResolution& other) const {
  if (kind != other.kind || text != other.text) return false;
  const auto* ours = std::get_if<ProbeTargetPtr>(&how);
  const auto* theirs = std::get_if<ProbeTargetPtr>(&other.how);
  return ours && theirs ? **ours == **theirs : how == other.how;
}

TargetResolution resolve_target(const Container& container, const ProbeSpec& spec,
                                const ProbeOrigin& probe_origin, const Container* network_parent) {
  const bool has_check = container.health != EngineHealth::None;
  if (spec.kind == ProbeKind::Engine) {
    if (has_check) return by_engine();
    return unreachable(ProbeKind::Engine, "healer.probe=engine, but the container has no HEALTHCHECK");
  }
  if (spec.kind == ProbeKind::Exec) return by_command(container, spec);
  const ProbeKind kind = spec.kind.value_or(ProbeKind::Http);
  // The default is http on the first *published* port; an exposed port is used only without a HEALTHCHECK.
  if (!spec.kind && !spec.port && has_check && !find_port(container, 0, true)) return by_engine();

  Found found = find_endpoint(container, spec, probe_origin, network_parent);
  if (!found.endpoint) {
    if (!spec.kind && has_check) return by_engine();
    return unreachable(kind, found.why_not);
  }
  switch (kind) {
    case ProbeKind::Tcp:
      return TargetResolution{shared(TcpTarget{*found.endpoint, spec.banner.size()}), kind,
                              "tcp " + show(*found.endpoint)};
    case ProbeKind::Grpc:
    case ProbeKind::Grpcs:
      return by_grpc(*found.endpoint, spec, kind);
    case ProbeKind::Http:
    case ProbeKind::Https:
    case ProbeKind::Engine:  // Engine and Exec have returned above
    case ProbeKind::Exec:
      break;
  }
  return by_http(*found.endpoint, spec, kind);
}

}  // namespace healer
