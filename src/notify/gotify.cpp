#include "notify/gotify.hpp"

#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t title_limit = 250;
constexpr std::size_t message_limit = 8 * 1024;

// The Android app makes a sound for priority 4 and higher, and opens a heads-up for 8 and higher.
int priority_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Critical:
      return 10;
    case NotificationKind::Degraded:
      return 7;
    case NotificationKind::Recovered:
      return 4;
    case NotificationKind::Info:
      break;
  }
  return 2;
}

}  // namespace

std::string gotify_message(const Notification& notification) {
  json::object extras{{"client::display", json::object{{"contentType", "text/plain"}}}};
  if (const std::string link = notification_link(notification); !link.empty())
    extras["client::notification"] = json::object{{"click", json::object{{"url", link}}}};
  json::object message;
  message["title"] = clip(notification_title(notification), title_limit);
  message["message"] = plain_text(notification, message_limit);
  message["priority"] = priority_of(notification.kind);
  message["extras"] = std::move(extras);
  return json::serialize(message);
}

Result<std::unique_ptr<Notifier>> make_gotify_notifier(HttpChannel channel, const GotifyChannel& settings) {
  HttpService service;
  service.url = joined_url(settings.url, "/message");
  service.secrets = {settings.token};
  service.blamed = blames("url", "token");
  service.requests = [url = service.url, token = settings.token](const Notification& notification) {
    net::CurlRequest request = json_request(url, gotify_message(notification));
    add_header(request, "X-Gotify-Key", token.reveal());
    return std::vector<net::CurlRequest>{std::move(request)};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
