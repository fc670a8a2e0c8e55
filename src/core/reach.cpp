#include "core/reach.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

namespace healer {
namespace {

const PortBinding* find_port(const Container& container, std::uint16_t wanted, bool published) {
  for (const PortBinding& port : container.ports) {
    if (!port.tcp || (wanted != 0 && port.container_port != wanted)) continue;
    if (!published || port.host_port != 0) return &port;
  }
  return nullptr;
}

/// The address a host process dials for a published port.
std::string dialable(const std::string& host_address) {
  if (host_address.empty() || host_address == "0.0.0.0") return "127.0.0.1";
  if (host_address == "::") return "::1";
  return host_address;
}

struct Found {
  std::optional<Endpoint> endpoint;
  std::string why_not;
};

Found find_endpoint(const Container& container, const ProbeSpec& spec, const Vantage& vantage) {
  const std::uint16_t wanted = spec.port.value_or(0);
  const PortBinding* published = find_port(container, wanted, true);
  const PortBinding* declared = published ? published : find_port(container, wanted, false);
  const std::uint16_t port =
      spec.port ? *spec.port : (declared ? declared->container_port : std::uint16_t{0});

  if (container.network_mode == "host") {
    if (!vantage.on_host())
      return {{}, "it uses the host's network, and healer runs in a container with a network of its own"};
    if (port == 0) return {{}, "it uses the host's network and declares no port: set healer.port"};
    return {Endpoint{"127.0.0.1", port}, {}};
  }
  if (container.network_mode == "none") return {{}, "it has no network (network mode none)"};
  if (port == 0) return {{}, "it publishes and exposes no TCP port: set healer.port"};

  if (vantage.on_host()) {
    if (published) return {Endpoint{dialable(published->host_address), published->host_port}, {}};
    for (const NetworkAttachment& network : container.networks)
      if (!network.address.empty()) return {Endpoint{network.address, port}, {}};
    return {{}, "no port is published and it has no address on a network"};
  }
  for (const NetworkAttachment& network : container.networks) {
    const bool shared =
        std::find(vantage.networks.begin(), vantage.networks.end(), network.name) != vantage.networks.end();
    if (shared && !network.address.empty()) return {Endpoint{network.address, port}, {}};
  }
  return {{}, "healer's container shares no network with it: connect both to one"};
}

std::string show(const Endpoint& endpoint) {
  const bool v6 = endpoint.address.find(':') != std::string::npos;
  return v6 ? fmt::format("[{}]:{}", endpoint.address, endpoint.port)
            : fmt::format("{}:{}", endpoint.address, endpoint.port);
}

Approach unreachable(ProbeKind kind, std::string reason) {
  return Approach{Unreachable{reason}, kind, "unreachable: " + reason};
}

ProbeTargetPtr shared(ProbeTarget target) {
  return std::make_shared<const ProbeTarget>(std::move(target));
}

Approach by_engine() {
  return Approach{AskEngine{}, ProbeKind::Engine, "engine HEALTHCHECK"};
}

}  // namespace

Approach find_approach(const Container& container, const ProbeSpec& spec, const Vantage& vantage) {
  const bool has_check = container.health != EngineHealth::None;
  if (spec.kind == ProbeKind::Engine) {
    if (has_check) return by_engine();
    return unreachable(ProbeKind::Engine, "healer.probe=engine, but the container has no HEALTHCHECK");
  }
  const ProbeKind kind = spec.kind.value_or(ProbeKind::Http);
  // Only http on the first *published* port is implied; an exposed one is used when nothing better is there.
  if (!spec.kind && !spec.port && has_check && !find_port(container, 0, true)) return by_engine();

  Found found = find_endpoint(container, spec, vantage);
  if (!found.endpoint) {
    if (!spec.kind && has_check) return by_engine();
    return unreachable(kind, found.why_not);
  }
  if (kind == ProbeKind::Tcp) {
    const std::string text = "tcp " + show(*found.endpoint);
    return Approach{shared(TcpTarget{*found.endpoint, spec.banner.size()}), kind, text};
  }
  const bool tls = kind == ProbeKind::Https;
  const std::string text = fmt::format("{} {}{}", tls ? "https" : "http", show(*found.endpoint), spec.path);
  HttpTarget target;
  target.endpoint = *found.endpoint;
  target.path = spec.path;
  target.host_header = spec.host_header;
  target.tls = tls;
  target.tls_verify = spec.tls_verify;
  target.capture_body = !spec.body_match.empty();
  target.method = spec.method;
  target.headers = spec.headers;
  target.redirects = spec.redirects;
  return Approach{shared(std::move(target)), kind, text};
}

}  // namespace healer
