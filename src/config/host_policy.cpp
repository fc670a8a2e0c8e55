#include "config/host_policy.hpp"

#include <memory>
#include <utility>

#include <fmt/format.h>

#include "config/url.hpp"

namespace healer {
namespace {

ProbeTarget control_target(const ControlUrl& url, const std::string& address) {
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

std::optional<std::string> numeric_control_address(const DaemonSettings& settings) {
  if (!settings.control) return std::nullopt;
  const std::string& host = settings.control->host;
  return is_numeric_v4(host) || is_numeric_v6(host) ? std::optional(host) : std::nullopt;
}

HostPolicy host_policy(const DaemonSettings& settings, std::string host_name,
                       const std::string& control_address) {
  HostPolicy policy = settings.host;
  policy.host_name = std::move(host_name);
  policy.routing = std::make_shared<const AlertRouting>(settings.routing);
  // A hook that hangs is ended within its timeout, TERM and KILL; then the container is looked at once more.
  if (!settings.hook_before.empty()) policy.hook_limit = settings.hook_timeout + 10s;
  if (settings.control && !control_address.empty()) {
    const ControlUrl& url = *settings.control;
    policy.control = std::make_shared<const ProbeTarget>(control_target(url, control_address));
    policy.control_text =
        fmt::format("{} {}{}", to_string(url.kind), host_and_port(url.host, url.port), url.path);
  }
  return policy;
}

}  // namespace healer
