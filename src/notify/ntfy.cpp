#include "notify/ntfy.hpp"

#include <algorithm>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t whole_limit = 8192;
constexpr std::size_t message_limit = 4096;
constexpr std::size_t title_limit = 250;

struct Look {
  int priority;  // 1 to 5
  const char* tag;
};

Look look_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Critical:
      return {5, "rotating_light"};
    case NotificationKind::Degraded:
      return {4, "warning"};
    case NotificationKind::Recovered:
      return {3, "white_check_mark"};
    case NotificationKind::Info:
      break;
  }
  return {2, "information_source"};
}

}  // namespace

std::string ntfy_message(const Notification& notification, const std::string& topic) {
  const Look look = look_of(notification.kind);
  json::object message;
  message["topic"] = topic;
  message["title"] = clip(notification_title(notification), title_limit);
  message["priority"] = look.priority;
  message["tags"] = json::array{look.tag};
  if (const std::string link = notification_link(notification); !link.empty()) message["click"] = link;
  // Escaped characters take more bytes in JSON than in the message.
  for (std::size_t limit = message_limit;; limit /= 2) {
    message["message"] = plain_text(notification, limit);
    std::string body = json::serialize(message);
    if (body.size() <= whole_limit) return body;
  }
}

Result<std::pair<Secret, std::string>> ntfy_topic(const Secret& url) {
  const std::string& text = url.reveal();
  const auto scheme = text.find("://");
  const auto path_end = std::min(text.find_first_of("?#"), text.size());
  const auto slash = text.rfind('/', path_end);
  const std::string topic = slash == std::string::npos || scheme == std::string::npos || slash < scheme + 3
                                ? std::string()
                                : text.substr(slash + 1, path_end - slash - 1);
  const bool good =
      !topic.empty() && topic.size() <= 64 && std::all_of(topic.begin(), topic.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
      });
  if (!good)
    return failure(ErrorCode::InvalidInput,
                   "its URL ends in no topic; accepted: https://ntfy.sh/TOPIC, of letters, digits, \"-\" and "
                   "\"_\", at most 64");
  return std::pair{Secret{text.substr(0, slash + 1) + text.substr(path_end)}, topic};
}

Result<std::unique_ptr<Notifier>> make_ntfy_notifier(HttpChannel channel, const NtfyChannel& settings) {
  if (auto good = net::check_url(settings.url); !good) return tl::unexpected(std::move(good.error()));
  auto place = ntfy_topic(settings.url);
  if (!place) return tl::unexpected(std::move(place.error()));
  HttpService service;
  service.url = place->first;
  service.secrets = {settings.token, Secret{place->second}};
  service.blamed = blames("url", "token");
  service.requests = [url = place->first, topic = place->second,
                      token = settings.token](const Notification& notification) {
    net::CurlRequest request = json_request(url, ntfy_message(notification, topic));
    if (!token.empty()) add_header(request, "Authorization", "Bearer " + token.reveal());
    return std::vector<net::CurlRequest>{std::move(request)};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
