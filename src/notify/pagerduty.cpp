#include "notify/pagerduty.hpp"

#include <utility>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/alert_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t summary_limit = 1024;
constexpr std::size_t key_limit = 255;
constexpr std::size_t excerpt_limit = 8 * 1024;

const char* severity_of(AlertKind kind) {
  if (kind == AlertKind::Critical) return "critical";
  return kind == AlertKind::Info ? "info" : "warning";
}

}  // namespace

std::optional<std::string> pagerduty_event(const Alert& alert, const Secret& routing_key) {
  if (alert.kind == AlertKind::Info && !is_test(alert)) return std::nullopt;
  json::object event;
  event["routing_key"] = routing_key.reveal();
  event["dedup_key"] = short_key(alert.dedup_key, key_limit);
  if (alert.kind == AlertKind::Recovered) {
    event["event_action"] = "resolve";
    return json::serialize(event);
  }
  event["event_action"] = "trigger";
  json::object details;
  for (const AlertFact& fact : alert_facts(alert)) details[fact.title] = fact.value;
  details["Text"] = clip(printable(alert.text), summary_limit);
  if (!alert.advice.empty()) details["What to do"] = clip(printable(alert.advice), summary_limit);
  if (const std::string excerpt = excerpt_text(alert, excerpt_limit); !excerpt.empty())
    details["Last lines of its log"] = excerpt;
  json::object payload;
  const std::string host = clip(printable(alert.host), alert_fact_limit);
  const std::string event_name = clip(printable(alert.event), alert_fact_limit);
  payload["summary"] = clip(event_name + ": " + printable(alert.text), summary_limit);
  payload["source"] = host.empty() ? "healer" : host;
  payload["severity"] = severity_of(alert.kind);
  payload["timestamp"] = utc_time(alert.raised_at);
  if (!alert.workload.empty()) payload["component"] = clip(printable(alert.workload), alert_fact_limit);
  if (!alert.project.empty()) payload["group"] = clip(printable(alert.project), alert_fact_limit);
  payload["class"] = event_name;
  payload["custom_details"] = std::move(details);
  event["payload"] = std::move(payload);
  event["client"] = "healer";
  if (const std::string link = alert_link(alert); !link.empty()) {
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
  service.requests = [url = service.url, key = settings.routing_key](const Alert& alert) {
    std::vector<net::CurlRequest> requests;
    const auto add = [&](const Alert& told) {
      if (std::optional<std::string> event = pagerduty_event(told, key))
        requests.push_back(json_request(url, std::move(*event)));
    };
    add(alert);
    if (is_test(alert)) {
      Alert over = alert;
      over.kind = AlertKind::Recovered;
      add(over);
    }
    return requests;
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
