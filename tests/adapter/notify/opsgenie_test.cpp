// Tests of Opsgenie's Alert API: create, priority, and close by alias.
#include "notify/opsgenie.hpp"
#include "adapter/notify/service.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string key = "aaaabbbb-cccc-dddd-eeee-ffff00001111";
const std::string accepted = R"({"result":"Request will be processed","took":0.3,"requestId":"43a2"})";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  return make_opsgenie_notifier(std::move(channel), OpsgenieChannel{Secret{key}, base + "/"});
}

}  // namespace

TEST_CASE("opsgenie: degraded creates an alert with the incident's alias") {
  Service service(answer(202, accepted));
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v2/alerts");
  CHECK(request.head.find("Authorization: GenieKey " + key + "\r\n") != std::string::npos);
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  json::value body = json::parse(request.body);
  CHECK(text_at(body, "description").starts_with("web is unhealthy: HTTP 503."));
  CHECK(text_at(body, "description").ends_with("ERROR: no connection to db"));
  body.as_object().erase("description");
  CHECK(body == json::parse(R"({
    "message": "DEGRADED: web on host1",
    "alias": "healer:host1:shop:web:1:42",
    "priority": "P3",
    "source": "healer on host1",
    "entity": "web",
    "tags": ["healer", "degraded"],
    "details": {"Host": "host1", "Workload": "web", "Project": "shop", "Image": "shop:1.0",
                "Cause": "HTTP 503", "Attempt": "2 of 5", "Unhealthy for": "4m30s", "Incident": "42",
                "Link": "https://healer.example/incidents/42"}
  })"));
}

TEST_CASE("opsgenie: critical creates an alert and raises the priority of an existing one") {
  Service service(answer(202, accepted));
  CHECK(service.send(make, full_notification(NotificationKind::Critical)).result == Sent::Result::Delivered);
  const auto requests = service.requests();
  REQUIRE(requests.size() == 2);
  CHECK(requests[0].target == "/v2/alerts");
  CHECK(json::parse(requests[0].body).at("priority") == "P1");
  CHECK(requests[1].method == "PUT");
  CHECK(requests[1].target ==
        "/v2/alerts/healer%3Ahost1%3Ashop%3Aweb%3A1%3A42/priority?identifierType=alias");
  CHECK(json::parse(requests[1].body) == json::parse(R"({"priority": "P1"})"));
  CHECK(requests[1].head.find("GenieKey " + key) != std::string::npos);
}

TEST_CASE("opsgenie: after a failed first request the second is not sent") {
  Service service(answer(503, ""));
  CHECK(service.send(make, full_notification(NotificationKind::Critical)).result == Sent::Result::TryAgain);
  CHECK(service.requests().size() == 1);
}

TEST_CASE("opsgenie: only a recovery closes the alert") {
  Service service(answer(202, accepted));
  CHECK(service.send(make, full_notification(NotificationKind::Recovered)).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/v2/alerts/healer%3Ahost1%3Ashop%3Aweb%3A1%3A42/close?identifierType=alias");
  CHECK(json::parse(request.body) ==
        json::parse(R"({"source": "healer", "note": "web is unhealthy: HTTP 503. It is being restarted."})"));
  CHECK(opsgenie_requests(full_notification(NotificationKind::Info), OpsgenieChannel{}).empty());
}

TEST_CASE("opsgenie: a test is created with P5 and closed") {
  const auto requests = opsgenie_requests(test_notification(), OpsgenieChannel{Secret{key}});
  REQUIRE(requests.size() == 2);
  CHECK(json::parse(requests[0].body).at("priority") == "P5");
  CHECK(requests[1].url.reveal() ==
        "https://api.opsgenie.com/v2/alerts/healer%3Ahost1%3Atest%3A1/close?identifierType=alias");
}

TEST_CASE("opsgenie: any text stays within the limits and holds no HTML tag") {
  for (const Notification& notification : hostile_notifications()) {
    CHECK(opsgenie_alias(notification).size() <= 512);
    CHECK(opsgenie_alias(notification).find('/') == std::string::npos);
    const json::value body = json::parse(opsgenie_create(notification));
    CHECK_FALSE(text_at(body, "message").empty());
    CHECK(characters(text_at(body, "message")) <= 130);
    CHECK(characters(text_at(body, "description")) <= 15'000);
    CHECK(characters(text_at(body, "source")) <= 100);
    std::size_t details = 0;
    for (const auto& detail : body.at("details").as_object())
      details += detail.key().size() + detail.value().as_string().size();
    CHECK(details <= 8000);
    for (const char* text : {"message", "description"})
      CHECK(text_at(body, text).find_first_of("<>") == std::string::npos);
    for (const net::CurlRequest& request : opsgenie_requests(notification, OpsgenieChannel{Secret{key}}))
      CHECK(net::check_url(request.url).has_value());
  }
}

TEST_CASE("opsgenie: each answer gives its result, and no error shows the key") {
  check_answers(make, key);
}
