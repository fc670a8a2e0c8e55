#include "app/proxy_warnings.hpp"

#include <variant>

#include <fmt/format.h>

#include "net/proxies.hpp"

namespace healer {
namespace {

const std::string& shown(const Secret& url) {
  return url.reveal();
}

const std::string& shown(const std::string& url) {
  return url;
}

/// Where a channel sends to.
net::UrlPlace place_of(const ChannelTarget& target) {
  return std::visit(
      [](const auto& each) {
        if constexpr (requires { each.url; })
          return net::url_place(shown(each.url));
        else if constexpr (requires { each.api_url; })
          return net::url_place(shown(each.api_url));
        else
          return net::UrlPlace{each.security == EmailChannel::Security::Tls ? "smtps" : "smtp", each.host};
      },
      target);
}

}  // namespace

std::vector<std::string> proxy_warnings(const DaemonSettings& settings, const Environment& environment) {
  std::vector<std::string> warnings;
  const auto look = [&](const std::string& subject, const net::UrlPlace& place) {
    const std::string variable =
        net::proxy_variable(place.scheme, place.host, [&](const char* name) -> std::string {
          const auto found = environment.find(name);
          return found == environment.end() ? std::string() : found->second;
        });
    if (variable.empty() || net::host_place(place.host) != net::HostPlace::Private) return;
    warnings.push_back(
        fmt::format("{}: {} is in a private network, but {} is set, so requests go to that proxy; unless the "
                    "proxy reaches {}, add it to no_proxy",
                    subject, place.host, variable, place.host));
  };
  for (const ChannelSettings& channel : settings.channels)
    look("channel " + channel.name, place_of(channel.target));
  const CompatSettings& compat = settings.compat;
  if (!compat.webhook.empty()) look("channel webhook", net::url_place(compat.webhook.reveal()));
  if (!compat.apprise.empty()) look("channel apprise", net::url_place(compat.apprise.reveal()));
  if (!settings.prometheus.url.empty()) look("prometheus.url", net::url_place(settings.prometheus.url));
  return warnings;
}

}  // namespace healer
