#include "app/channels.hpp"

#include <utility>

#include "net/curl_client.hpp"
#include "notify/apprise.hpp"
#include "notify/webhook.hpp"

namespace healer {

Result<Channels> make_channels(const DaemonSettings& settings, const ChannelParts& parts) {
  Channels channels;
  for (const ChannelSettings& channel : settings.channels) {
    auto notifier = make_notifier(channel, parts.tools);
    if (!notifier)
      return failure(notifier.error().code, "channel " + channel.name + ": " + notifier.error().message);
    channels.push_back(std::move(*notifier));
  }
  const CompatSettings& compat = settings.compat;
  const auto told = [&](const Secret& url) {
    return AutohealChannel{parts.tools.curl, url, compat.call_limit, parts.container_id_of, parts.tools.post};
  };
  if (!compat.webhook.empty()) {
    auto webhook = make_webhook_notifier(told(compat.webhook), compat.webhook_key);
    if (!webhook) return failure(webhook.error().code, "WEBHOOK_URL: " + webhook.error().message);
    channels.push_back(std::move(*webhook));
  }
  if (!compat.apprise.empty()) {
    auto apprise = make_apprise_notifier(told(compat.apprise));
    if (!apprise) return failure(apprise.error().code, "APPRISE_URL: " + apprise.error().message);
    channels.push_back(std::move(*apprise));
  }
  return channels;
}

}  // namespace healer
