// Tests of services that push to phones: ntfy, Gotify and Apprise.
#include "adapter/notify/service.hpp"
#include "notify/apprise.hpp"
#include "notify/gotify.hpp"
#include "notify/ntfy.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string topic = "notifications_sEcReT-42";
const std::string token = "tk_0123456789abcdefghij";

Result<std::unique_ptr<Notifier>> make_ntfy(HttpChannel channel, const std::string& base) {
  return make_ntfy_notifier(std::move(channel), NtfyChannel{Secret{base + "/" + topic}, Secret{token}});
}
Result<std::unique_ptr<Notifier>> make_gotify(HttpChannel channel, const std::string& base) {
  return make_gotify_notifier(std::move(channel), GotifyChannel{base + "/push/", Secret{token}});
}
Result<std::unique_ptr<Notifier>> make_apprise(HttpChannel channel, const std::string& base) {
  return make_apprise_notifier(std::move(channel), AppriseChannel{Secret{base + "/notify/kEy-0123456"}});
}

const std::string body_text =
    "web is unhealthy: HTTP 503. It is being restarted.\nLook at `docker logs web`.\n\nHost: "
    "host1\nWorkload: web\n"
    "Project: shop\nImage: shop:1.0\nCause: HTTP 503\nAttempt: 2 of 5\nUnhealthy for: 4m30s\nIncident: 42\n"
    "https://healer.example/incidents/42\n\nLast lines of its log:\nstarting\nERROR: no connection to db";

}  // namespace

TEST_CASE("ntfy: a notification is published as JSON to the server's root") {
  Service service;
  CHECK(service.send(make_ntfy, full_notification(NotificationKind::Critical)).result ==
        Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/");
  CHECK(request.head.find("Authorization: Bearer " + token + "\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == json::object{{"topic", topic},
                                                  {"title", "GAVE UP: web on host1"},
                                                  {"message", body_text},
                                                  {"priority", 5},
                                                  {"tags", json::array{"rotating_light"}},
                                                  {"click", "https://healer.example/incidents/42"}});
}

TEST_CASE("ntfy: without a token no Authorization is sent, and each kind has its priority") {
  Service service;
  const auto open = [](HttpChannel channel, const std::string& base) {
    return make_ntfy_notifier(std::move(channel), NtfyChannel{Secret{base + "/" + topic}, Secret{}});
  };
  CHECK(service.send(open, full_notification()).result == Sent::Result::Delivered);
  CHECK(service.request().head.find("Authorization") == std::string::npos);
  const auto priority = [](NotificationKind kind) {
    return json::parse(ntfy_message(full_notification(kind), topic)).at("priority").as_int64();
  };
  CHECK(priority(NotificationKind::Degraded) == 4);
  CHECK(priority(NotificationKind::Recovered) == 3);
  CHECK(priority(NotificationKind::Info) == 2);
}

TEST_CASE("ntfy: any text stays within the limits") {
  for (const Notification& notification : hostile_notifications()) {
    const std::string text = ntfy_message(notification, topic);
    CHECK(text.size() <= 8192);
    CHECK(text_at(json::parse(text), "message").size() <= 4096);
    CHECK_FALSE(text_at(json::parse(text), "title").empty());
  }
}

TEST_CASE("ntfy: the topic is the last part of its address") {
  const auto place = [](const std::string& url) {
    const auto found = ntfy_topic(Secret{url});
    return found ? found->first.reveal() + " " + found->second : std::string("none");
  };
  CHECK(place("https://ntfy.sh/notifications") == "https://ntfy.sh/ notifications");
  CHECK(place("http://h:8080/a_B-9?auth=x") == "http://h:8080/?auth=x a_B-9");
  for (const char* bad : {"https://ntfy.sh", "https://ntfy.sh/", "https://ntfy.sh/a/",
                          "https://ntfy.sh/a%20b", "https://ntfy.sh/?topic=a/b"})
    CHECK(place(bad) == "none");
  Service service;
  const auto made = make_ntfy_notifier(service.channel(), NtfyChannel{Secret{"https://ntfy.sh/sEcReT/"}, {}});
  REQUIRE_FALSE(made.has_value());
  CHECK(made.error().message.find("sEcReT") == std::string::npos);
  CHECK(made.error().message.find("https://ntfy.sh/TOPIC") != std::string::npos);
}

TEST_CASE("ntfy: each answer gives its result, and no error shows token or topic") {
  check_answers(make_ntfy, token);
  check_answers(make_ntfy, topic);
}

TEST_CASE("gotify: a notification is a POST /message with the application's token, in plain text") {
  Service service(answer(200, R"({"id":1})"));
  CHECK(service.send(make_gotify, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/push/message");
  CHECK(request.head.find("X-Gotify-Key: " + token + "\r\n") != std::string::npos);
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  const json::object extras{
      {"client::display", json::object{{"contentType", "text/plain"}}},
      {"client::notification",
       json::object{{"click", json::object{{"url", "https://healer.example/incidents/42"}}}}}};
  CHECK(json::parse(request.body) == json::object{{"title", "DEGRADED: web on host1"},
                                                  {"message", body_text},
                                                  {"priority", 7},
                                                  {"extras", extras}});
}

TEST_CASE("gotify: any text gives a message with a priority from 0 to 10") {
  for (const Notification& notification : hostile_notifications()) {
    const json::value message = json::parse(gotify_message(notification));
    CHECK_FALSE(text_at(message, "message").empty());
    CHECK(message.at("priority").as_int64() >= 0);
    CHECK(message.at("priority").as_int64() <= 10);
  }
}

TEST_CASE("gotify: each answer gives its result, and no error shows the token") {
  check_answers(make_gotify, token);
}

TEST_CASE("apprise: a notification has title, body, type and format") {
  Service service;
  CHECK(service.send(make_apprise, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/notify/kEy-0123456");
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == json::object{{"title", "DEGRADED: web on host1"},
                                                  {"body", body_text},
                                                  {"type", "warning"},
                                                  {"format", "text"}});
  const auto type = [](NotificationKind kind) {
    return text_at(json::parse(apprise_notification(full_notification(kind))), "type");
  };
  CHECK(type(NotificationKind::Critical) == "failure");
  CHECK(type(NotificationKind::Recovered) == "success");
  CHECK(type(NotificationKind::Info) == "info");
  for (const Notification& notification : hostile_notifications())
    CHECK_FALSE(text_at(json::parse(apprise_notification(notification)), "body").empty());
}

TEST_CASE("apprise: a failing service behind it is tried again, an unknown key is refused") {
  CHECK(sent_to(make_apprise, answer(424, "")).result == Sent::Result::TryAgain);
  const Sent unknown = sent_to(make_apprise, "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(unknown.result == Sent::Result::Refused);
  CHECK(unknown.error ==
        "HTTP 204: the Apprise server notified nobody: it has no service configured under this key, or none "
        "with this tag");
  CHECK(sent_to(make_apprise, answer(400, "")).result == Sent::Result::Refused);
  CHECK(sent_to(make_apprise, answer(500, "")).result == Sent::Result::TryAgain);
  CHECK(sent_to(make_apprise, answer(403, "key kEy-0123456")).error.find("kEy-0123456") == std::string::npos);
}
