#include "notify/pagerduty.hpp"

#include <utility>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t summary_limit = 1024;
constexpr std::size_t key_limit = 255;
constexpr std::size_t excerpt_limit = 8 * 1024;

const char* severity_of(NotificationKind kind) {
  if (kind == NotificationKind::Critical) return "critical";
  return kind == NotificationKind::Info ? "info" : "warning";
}

}  // namespace

std::optional<std::string> pagerduty_event(const Notification& notification, const Secret& routing_key) {
  if (notification.kind == NotificationKind::Info && !is_test(notification)) return std::nullopt;
  json::object event;
  event["routing_key"] = routing_key.reveal();
  event["dedup_key"] = short_key(notification.dedup_key, key_limit);
  if (notification.kind == NotificationKind::Recovered) {
    event["event_action"] = "resolve";
    return json::serialize(event);
  }
  event["event_action"] = "trigger";
  json::object details;
  for (const NotificationFact& fact : notification_facts(notification)) details[fact.title] = fact.value;
  details["Text"] = clip(printable(notification.text), summary_limit);
  if (!notification.advice.empty())
    details["What to do"] = clip(printable(notification.advice), summary_limit);
  if (const std::string excerpt = excerpt_text(notification, excerpt_limit); !excerpt.empty())
    details["Last lines of its log"] = excerpt;
  json::object payload;
  const std::string host = clip(printable(notification.host), notification_fact_limit);
  const std::string event_name = clip(printable(notification.event), notification_fact_limit);
  payload["summary"] = clip(event_name + ": " + printable(notification.text), summary_limit);
  payload["source"] = host.empty() ? "healer" : host;
  payload["severity"] = severity_of(notification.kind);
  payload["timestamp"] = utc_time(notification.created_at);
  if (!notification.workload.empty())
    payload["component"] = clip(printable(notification.workload), notification_fact_limit);
  if (!notification.project.empty())
    payload["group"] = clip(printable(notification.project), notification_fact_limit);
  payload["class"] = event_name;
  payload["custom_details"] = std::move(details);
  event["payload"] = std::move(payload);
  event["client"] = "healer";
  if (const std::string link = notification_link(notification); !link.empty()) {
    event["client_url"] = link;
    event["links"] = json::array{json::object{{"href", link}, {"text", "The incident in healer"}}};
  }
  return json::serialize(event);
}

Result<std::unique_ptr<Notifier>> make_pagerduty_notifier(HttpChannel channel,
                                                          const PagerDutyChannel& settings) {
  HttpService service;
  service.url = Secret{settings.url};
  service.secrets = {settings.routing_key};
  service.blamed = [](int status, const std::string&) -> SettingKeys {
    if (status == 404 || status == 405 || status == 410 || status < 400) return {"url"};
    return {"routing_key"};
  };
  service.requests = [url = service.url, key = settings.routing_key](const Notification& notification) {
    std::vector<net::CurlRequest> requests;
    const auto add = [&](const Notification& reported) {
      if (std::optional<std::string> event = pagerduty_event(reported, key))
        requests.push_back(json_request(url, std::move(*event)));
    };
    add(notification);
    if (is_test(notification)) {
      Notification over = notification;
      over.kind = NotificationKind::Recovered;
      add(over);
    }
    return requests;
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
