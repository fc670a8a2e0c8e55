// Tests of PagerDuty's Events API v2: the fields that its documentation requires of an event.
#include "notify/pagerduty.hpp"
#include "adapter/notify/service.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string key = "0123456789abcdef0123456789abcdef";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  PagerDutyChannel settings;
  settings.routing_key = Secret{key};
  settings.url = base + "/v2/enqueue";
  return make_pagerduty_notifier(std::move(channel), settings);
}

}  // namespace

TEST_CASE("pagerduty: a trigger has the required fields and every fact") {
  Service service(answer(202, R"({"status":"success","message":"Event processed","dedup_key":"x"})"));
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v2/enqueue");
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == json::parse(R"({
    "routing_key": "0123456789abcdef0123456789abcdef",
    "event_action": "trigger",
    "dedup_key": "healer/host1/shop/web/1/42",
    "payload": {
      "summary": "DEGRADED: web is unhealthy: HTTP 503. It is being restarted.",
      "source": "host1",
      "severity": "warning",
      "timestamp": "2027-01-15T08:00:00.123Z",
      "component": "web",
      "group": "shop",
      "class": "DEGRADED",
      "custom_details": {
        "Host": "host1", "Workload": "web", "Project": "shop", "Image": "shop:1.0", "Cause": "HTTP 503",
        "Attempt": "2 of 5", "Unhealthy for": "4m30s", "Incident": "42",
        "Text": "web is unhealthy: HTTP 503. It is being restarted.",
        "What to do": "Look at `docker logs web`.",
        "Last lines of its log": "starting\nERROR: no connection to db"
      }
    },
    "client": "healer",
    "client_url": "https://healer.example/incidents/42",
    "links": [{"href": "https://healer.example/incidents/42", "text": "The incident in healer"}]
  })"));
}

TEST_CASE("pagerduty: critical triggers with the same key, and only a recovery resolves") {
  const auto event = [](NotificationKind kind) {
    return pagerduty_event(full_notification(kind), Secret{key});
  };
  const json::value critical = json::parse(event(NotificationKind::Critical).value());
  CHECK(critical.at("event_action") == "trigger");
  CHECK(critical.at("dedup_key") == "healer/host1/shop/web/1/42");
  CHECK(critical.at("payload").at("severity") == "critical");
  CHECK(json::parse(event(NotificationKind::Recovered).value()) ==
        json::parse(R"({"routing_key": "0123456789abcdef0123456789abcdef", "event_action": "resolve",
                        "dedup_key": "healer/host1/shop/web/1/42"})"));
  CHECK_FALSE(event(NotificationKind::Info).has_value());
}

TEST_CASE("pagerduty: info counts as delivered without a request") {
  Service service;
  CHECK(service.send(make, full_notification(NotificationKind::Info)).result == Sent::Result::Delivered);
  CHECK(service.requests().empty());
}

TEST_CASE("pagerduty: a test is triggered with severity info, then resolved") {
  Service service(answer(202, "{}"));
  CHECK(service.send(make, test_notification()).result == Sent::Result::Delivered);
  const auto requests = service.requests();
  REQUIRE(requests.size() == 2);
  const json::value trigger = json::parse(requests[0].body);
  CHECK(trigger.at("event_action") == "trigger");
  CHECK(trigger.at("payload").at("severity") == "info");
  const json::value resolve = json::parse(requests[1].body);
  CHECK(resolve.at("event_action") == "resolve");
  CHECK(resolve.at("dedup_key") == trigger.at("dedup_key"));
}

TEST_CASE("pagerduty: an event about the engine has no workload and no link") {
  Notification notification;
  notification.kind = NotificationKind::Critical;
  notification.event = "ENGINE DOWN";
  notification.dedup_key = "healer/host1/engine/1";
  const json::value event = json::parse(pagerduty_event(notification, Secret{key}).value());
  CHECK(event.at("payload").at("source") == "healer");  // required and never empty
  CHECK_FALSE(event.at("payload").as_object().contains("component"));
  CHECK_FALSE(event.as_object().contains("links"));
  CHECK_FALSE(event.as_object().contains("client_url"));
}

TEST_CASE("pagerduty: any text stays within the limits") {
  for (const Notification& notification : hostile_notifications()) {
    const auto text = pagerduty_event(notification, Secret{key});
    if (!text) continue;
    CHECK(text->size() < 512 * 1024);
    const json::value event = json::parse(*text);
    CHECK(text_at(event, "dedup_key").size() <= 255);
    if (event.at("event_action") == "resolve") continue;
    const json::value& payload = event.at("payload");
    CHECK(text_at(payload, "summary").size() <= 1024);
    CHECK_FALSE(text_at(payload, "summary").empty());
    CHECK_FALSE(text_at(payload, "source").empty());
  }
}

TEST_CASE("pagerduty: each answer gives its result, and no error shows the key") {
  check_answers(make, key);
  CHECK(sent_to(make, answer(400, R"({"status":"invalid event","errors":["'routing_key' is bad"]})")).error ==
        R"(HTTP 400: {"status":"invalid event","errors":["'routing_key' is bad"]})");
}

TEST_CASE("pagerduty: a key with a line break is refused at start") {
  Service service;
  PagerDutyChannel settings;
  settings.routing_key = Secret{key + "\nX-Bad: 1"};
  const auto made = make_pagerduty_notifier(service.channel(), settings);
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().code == ErrorCode::InvalidInput);
  CHECK(made.error().message.find(key) == std::string::npos);
}
