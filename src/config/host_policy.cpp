#include "config/host_policy.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "config/url.hpp"

namespace healer {
namespace {

ProbeTarget connectivity_target(const ConnectivityUrl& url, const std::string& address) {
  const Endpoint endpoint{address, url.port};
  if (url.kind == ProbeKind::Tcp) return TcpTarget{endpoint, 0};
  HttpTarget target;
  target.endpoint = endpoint;
  target.path = url.path;
  target.host_header = host_and_port(url.host, url.port);
  target.tls = url.kind == ProbeKind::Https;
  return target;
}

}  // namespace

std::optional<std::string> numeric_connectivity_address(const DaemonSettings& settings) {
  if (!settings.connectivity) return std::nullopt;
  const std::string& host = settings.connectivity->host;
  return is_numeric_v4(host) || is_numeric_v6(host) ? std::optional(host) : std::nullopt;
}

HostPolicy host_policy(const DaemonSettings& settings, std::string host_name,
                       const std::string& connectivity_address) {
  HostPolicy policy = settings.host;
  policy.host_name = std::move(host_name);
  policy.routing = std::make_shared<const NotificationRouting>(settings.routing);
  // Beyond the hook's timeout: time for TERM and KILL, and for inspecting the container again.
  if (!settings.hooks.before.empty()) policy.hook_limit = settings.hooks.timeout + 10s;
  if (settings.connectivity && !connectivity_address.empty()) {
    const ConnectivityUrl& url = *settings.connectivity;
    policy.connectivity = std::make_shared<const ProbeTarget>(connectivity_target(url, connectivity_address));
    policy.connectivity_text =
        fmt::format("{} {}{}", to_string(url.kind), host_and_port(url.host, url.port), url.path);
  }
  return policy;
}

}  // namespace healer
