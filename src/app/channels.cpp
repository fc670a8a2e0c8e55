#include "app/channels.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
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
  const auto service = [&](const Secret& url, const std::string& variable) {
    return AutohealChannel{parts.tools.curl,  url,
                           compat.call_limit, parts.container_id_of,
                           parts.tools.post,  {{"url", variable}}};
  };
  if (!compat.webhook.empty()) {
    auto webhook =
        make_webhook_notifier(service(compat.webhook, compat.webhook_variable), compat.webhook_key);
    if (!webhook)
      return failure(webhook.error().code, compat.webhook_variable + ": " + webhook.error().message);
    channels.push_back(std::move(*webhook));
  }
  if (!compat.apprise.empty()) {
    auto apprise = make_apprise_notifier(service(compat.apprise, compat.apprise_variable));
    if (!apprise)
      return failure(apprise.error().code, compat.apprise_variable + ": " + apprise.error().message);
    channels.push_back(std::move(*apprise));
  }
  return channels;
}

Result<void> check_channels(const DaemonSettings& settings) {
  net::Loop loop;  // never run: nothing is sent
  auto curl = net::CurlClient::create(loop, {});
  if (!curl) return tl::unexpected(std::move(curl.error()));
  const ChannelParts parts{
      {**curl, loop, [](const auto&) {}, [] { return Instant{}; }, [](IncidentId) { return true; }},
      [](const std::string&) { return std::string(); }};
  auto channels = make_channels(settings, parts);
  if (!channels) return tl::unexpected(std::move(channels.error()));
  return {};
}

namespace {

Result<std::vector<std::unique_ptr<Notifier>>> tested_channels(DaemonSettings settings,
                                                               const ChannelParts& parts,
                                                               const std::string& name) {
  for (ChannelSettings& each : settings.channels)
    each.timeout = std::min(each.timeout, ChannelTester::longest_wait);
  settings.compat.call_limit = std::min(settings.compat.call_limit, ChannelTester::longest_wait);
  auto channels = make_channels(settings, parts);
  if (!channels) return tl::unexpected(std::move(channels.error()));
  std::vector<std::unique_ptr<Notifier>> tested;
  std::vector<std::string> names;
  for (auto& notifier : *channels) {
    names.push_back(notifier->channel());
    if (name.empty() || names.back() == name) tested.push_back(std::move(notifier));
  }
  if (!tested.empty()) return tested;
  if (names.empty()) return failure(ErrorCode::NotFound, "no channel is configured (docs/notifications.md)");
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  std::string message = "no channel is named \"" + clip(printable(name), 100) + "\"";
  if (const auto nearest = nearest_name(name, candidates)) message += "; did you mean \"" + *nearest + "\"?";
  return failure(ErrorCode::NotFound, std::move(message));
}

}  // namespace

Result<void> ChannelTester::begin(const DaemonSettings& settings, const std::string& name,
                                  const std::string& host, Done done) {
  if (test_) return failure(ErrorCode::Conflict, "a test is under way; try again when it is done");
  auto channels = tested_channels(settings, parts_, name);
  if (!channels) return tl::unexpected(std::move(channels.error()));
  const auto finished = [this, done = std::move(done)](std::vector<ChannelAnswer> answers) {
    parts_.tools.post([this] { test_.reset(); });
    done(std::move(answers));
  };
  test_ = std::make_unique<ChannelTest>(std::move(*channels), host, parts_.tools.now(), finished);
  test_->begin();
  return {};
}

}  // namespace healer
