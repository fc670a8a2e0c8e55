#include "notify/slack.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "net/curl_client.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t text_limit = 2000;
constexpr std::size_t field_limit = notification_fact_limit;
constexpr std::size_t excerpt_limit = 1500;

const char* color_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Recovered:
      return "#36a64f";
    case NotificationKind::Degraded:
      return "#ff9900";
    case NotificationKind::Critical:
      return "#ff0000";
    case NotificationKind::Info:
      return "#cccccc";
  }
  return "#cccccc";
}

// Escapes Slack's three control characters, so that no mention, link or channel is possible.
std::string escaped(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : clip(printable(text), limit)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

// The excerpt as printed, in a code block; backticks are replaced, so that none ends the block.
std::string excerpt_block(const Notification& notification) {
  std::string text = excerpt_text(notification, excerpt_limit);
  if (text.empty()) return {};
  std::replace(text.begin(), text.end(), '`', '\'');
  std::string block;
  for (const std::string& line : split(text, '\n')) block += "\n" + escaped(line, excerpt_limit);
  return "```" + block + "\n```";
}

}  // namespace

std::string slack_message(const Notification& notification) {
  json::array fields;
  const auto add = [&](const std::string& title, const std::string& value, bool narrow) {
    fields.push_back({{"title", title}, {"value", value}, {"short", narrow}});
  };
  for (const NotificationFact& fact : notification_facts(notification))
    add(fact.title, escaped(fact.value, field_limit), true);
  if (!notification.advice.empty()) add("What to do", escaped(notification.advice, text_limit), false);
  if (const std::string excerpt = excerpt_block(notification); !excerpt.empty())
    add("Last lines of its log", excerpt, false);
  const std::string event = escaped(notification.event, field_limit);
  const std::string text = escaped(notification.text, text_limit);
  json::object attachment;
  attachment["color"] = color_of(notification.kind);
  attachment["fallback"] = event + ": " + text;
  attachment["title"] = "🐳 Self-Healing Infrastructure — " + event;
  if (const std::string link = notification_link(notification); !link.empty())
    attachment["title_link"] = link;
  attachment["text"] = text;
  attachment["fields"] = std::move(fields);
  attachment["mrkdwn_in"] = json::array{"fields"};
  attachment["footer"] = "healer on " + escaped(notification.host, field_limit);
  attachment["ts"] = wall_time_of(notification.created_at).unix_ms / 1000;
  json::object message;
  message["attachments"] = json::array{std::move(attachment)};
  return json::serialize(message);
}

Result<std::unique_ptr<Notifier>> make_slack_notifier(HttpChannel channel,
                                                      const SlackWebhookChannel& settings) {
  HttpService service;
  service.url = settings.url;
  service.blamed = blames("webhook_url");
  service.requests = [url = settings.url](const Notification& notification) {
    net::CurlRequest request = json_request(url, slack_message(notification));
    request.headers = {{"Content-Type", "application/json; charset=utf-8"}};
    return std::vector<net::CurlRequest>{std::move(request)};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
