#include "notify/apprise.hpp"

#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/answer.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t title_limit = 250;
constexpr std::size_t body_limit = 8 * 1024;

const char* type_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Critical:
      return "failure";
    case NotificationKind::Degraded:
      return "warning";
    case NotificationKind::Recovered:
      return "success";
    case NotificationKind::Info:
      break;
  }
  return "info";
}

Sent meaning(Result<net::CurlAnswer> answer) {
  const int status = answer ? answer->status : 0;
  Sent sent = sent_of(std::move(answer));
  if (status == 424) sent.result = Sent::Result::TryAgain;
  if (status == 204) {
    sent.result = Sent::Result::Refused;
    sent.error =
        "HTTP 204: the Apprise server notified nobody: it has no service configured under this key, or none "
        "with this tag";
  }
  return sent;
}

}  // namespace

std::string apprise_notification(const Notification& notification) {
  json::object message;
  message["title"] = clip(notification_title(notification), title_limit);
  message["body"] = plain_text(notification, body_limit);
  message["type"] = type_of(notification.kind);
  message["format"] = "text";
  return json::serialize(message);
}

Result<std::unique_ptr<Notifier>> make_apprise_notifier(HttpChannel channel, const AppriseChannel& settings) {
  HttpService service;
  service.url = settings.url;
  service.requests = [url = settings.url](const Notification& notification) {
    return std::vector<net::CurlRequest>{json_request(url, apprise_notification(notification))};
  };
  service.meaning = meaning;
  return make_http_notifier(std::move(channel), std::move(service));
}

std::string apprise_message(const std::string& text) {
  return boost::json::serialize(boost::json::object{{"title", "Autoheal"}, {"body", text}});
}

Result<std::unique_ptr<Notifier>> make_apprise_notifier(AutohealChannel channel) {
  return AutohealNotifier::create(std::move(channel), "apprise", apprise_message, meaning);
}

}  // namespace healer
