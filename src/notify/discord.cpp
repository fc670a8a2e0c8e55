#include "notify/discord.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t total_limit = 6000;
constexpr std::size_t title_limit = 256;
constexpr std::size_t description_limit = 4096;
constexpr std::size_t value_limit = 200;
constexpr std::size_t text_limit = 800;
constexpr std::size_t advice_limit = 300;
constexpr std::size_t margin = 64;

int color_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Recovered:
      return 0x36a64f;
    case NotificationKind::Degraded:
      return 0xff9900;
    case NotificationKind::Critical:
      return 0xff0000;
    case NotificationKind::Info:
      break;
  }
  return 0xcccccc;
}

// Escapes markdown; the result is at most twice as long as the limit.
std::string escaped(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : clip(printable(text), limit)) {
    if (std::string_view("\\*_~`|>#[]()<@").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string discord_message(const Notification& notification) {
  std::size_t used = margin;
  const auto counted = [&used](std::string text) {
    used += text.size();
    return text;
  };
  json::object embed;
  embed["title"] = counted(escaped(notification_title(notification), title_limit / 2));
  json::array fields;
  for (const NotificationFact& fact : notification_facts(notification))
    fields.push_back({{"name", counted(fact.title)},
                      {"value", counted(escaped(fact.value, value_limit))},
                      {"inline", true}});
  std::string description = escaped(notification.text, text_limit);
  if (!notification.advice.empty())
    description += "\n\n**What to do:** " + escaped(notification.advice, advice_limit);
  // The excerpt gets what is left of both limits.
  const std::size_t left = std::min(total_limit - std::min(total_limit, used), description_limit);
  if (left > description.size() + margin) {
    std::string excerpt = excerpt_text(notification, left - description.size() - margin);
    std::replace(excerpt.begin(), excerpt.end(), '`', '\'');  // no backtick may end the block
    if (!excerpt.empty()) description += "\n```\n" + excerpt + "\n```";
  }
  embed["description"] = std::move(description);
  embed["color"] = color_of(notification.kind);
  embed["fields"] = std::move(fields);
  embed["footer"] = json::object{{"text", "healer"}};
  embed["timestamp"] = utc_time(notification.created_at);
  if (const std::string link = notification_link(notification); !link.empty()) embed["url"] = link;
  json::object message;
  message["embeds"] = json::array{std::move(embed)};
  message["allowed_mentions"] = json::object{{"parse", json::array{}}};
  return json::serialize(message);
}

Secret discord_url(const Secret& url) {
  std::string text = url.reveal();
  for (const std::string_view host : {"discord.com", "discordapp.com"}) {
    const std::string unversioned = std::string(host) + "/api/webhooks/";
    const auto at = text.find(unversioned);
    if (at == std::string::npos || text.rfind("://", at) == std::string::npos) continue;
    text.replace(at, unversioned.size(), std::string(host) + "/api/v10/webhooks/");
    break;
  }
  return Secret{text + (text.find('?') == std::string::npos ? "?wait=true" : "&wait=true")};
}

Result<std::unique_ptr<Notifier>> make_discord_notifier(HttpChannel channel, const DiscordChannel& settings) {
  HttpService service;
  service.url = settings.url;
  service.blamed = blames("webhook_url");
  service.requests = [url = discord_url(settings.url)](const Notification& notification) {
    return std::vector<net::CurlRequest>{json_request(url, discord_message(notification))};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
