// Tests of the generic webhook: its template, which is checked at the start, and its requests.
#include <rapidcheck.h>

#include "adapter/notify/service.hpp"
#include "notify/notification_json.hpp"
#include "notify/webhook.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string token = "hEaDeR-tOkEn-0123456789";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  WebhookChannel settings;
  settings.url = Secret{base + "/hook/uRlSeCrEt"};
  settings.headers = {{"Authorization", Secret{"Bearer " + token}}, {"X-Team", Secret{"a"}}};
  return make_webhook_notifier(std::move(channel), settings);
}

std::string fault_of(std::string_view text) {
  const auto made = read_notification_template(text);
  if (made) {
    const auto checked = check_json(*made);
    return checked ? "none" : checked.error().message;
  }
  return made.error().reason + (made.error().nearest.empty() ? "" : " -> " + made.error().nearest);
}

json::value filled(std::string_view text, const Notification& notification = full_notification()) {
  const auto made = read_notification_template(text);
  if (!made) FAIL(made.error().reason);
  return json::parse(fill(*made, notification));
}

}  // namespace

TEST_CASE("webhook template: fields are filled in within strings and as values") {
  CHECK(filled(
            R"({"say": "{{workload}} on {{ host }}: {{text}}", "n": {{attempt}}, "of": [{{attempts_allowed}}],
                   "key": {{dedup_key}}, "x": {"y": {{incident}}}})") ==
        json::parse(
            R"({"say": "web on host1: web is unhealthy: HTTP 503. It is being restarted.", "n": 2, "of": [5],
                        "key": "healer/host1/shop/web/1/42", "x": {"y": 42}})"));
  CHECK(filled(R"("a \" quote, {{event}}")") == json::string("a \" quote, DEGRADED"));
  CHECK(filled(R"(["a slash \\", {{event}}])") == json::array{"a slash \\", "DEGRADED"});
}

TEST_CASE("webhook template: without a template every field is sent") {
  CHECK(filled("  \n") == json::parse(R"({
    "kind": "degraded", "severity": "warning", "event": "DEGRADED", "title": "DEGRADED: web on host1",
    "text": "web is unhealthy: HTTP 503. It is being restarted.", "host": "host1", "workload": "web",
    "project": "shop", "image": "shop:1.0", "cause": "HTTP 503", "attempt": 2, "attempts_allowed": 5,
    "unhealthy_since": "2027-01-15T07:55:29.623Z", "unhealthy_for": "4m30s", "created_at": "2027-01-15T08:00:00.123Z",
    "created_at_unix": 1800000000, "incident": 42, "notification": 17, "dedup_key": "healer/host1/shop/web/1/42",
    "route": "team-a", "advice": "Look at `docker logs web`.", "link": "https://healer.example/incidents/42",
    "excerpt": "starting\nERROR: no connection to db"})"));
  CHECK(filled("").as_object().size() == notification_field_names().size());
}

TEST_CASE("webhook template: an unknown field is refused with its line and the nearest name") {
  const std::string fault = fault_of("{\n \"a\": \"{{workload}}\",\n \"b\": \"{{worklod}}\"}");
  CHECK(fault.starts_with("the field \"worklod\" in line 3 does not exist; fields: kind, severity, event,"));
  CHECK(fault.ends_with(", excerpt -> workload"));
  CHECK(fault_of("{\"a\": {{}}}").starts_with("the field \"\" in line 1 does not exist"));
  CHECK(fault_of("{\"a\": \"{{zzzzzzzzzz}}\"}").find(" -> ") == std::string::npos);
}

TEST_CASE("webhook template: a text that is no JSON is refused at the start with its place") {
  CHECK(fault_of("{\"a\": \"{{workload}\"}") == "has \"{{\" without \"}}\" in line 1");
  CHECK(fault_of("{\"a\": \"{{workload}}\"") == "ends before its JSON does");
  CHECK(fault_of("{\"a\": {{attempt}} {{attempt}}}") == "is no JSON from \"0}\" on, its fields filled in");
  CHECK(fault_of("\"\xff\"") == "holds bytes that are no UTF-8");
  for (const char* bad :
       {"plain", "{\"a\": 0{{attempt}}}", "{\"a\": {{attempt}} {{attempt}}}", "{} {}", "{\"a\": \"{{text}}}",
        "{'a': '{{text}}'}", "{\"a\": \"\\{{text}}\"}", "{{text}}{{text}}", "{\"a\": \"line\nend\"}",
        "// {{text}}", "\"\\u00{{attempt}}\""})
    CHECK_MESSAGE(fault_of(bad) != "none", bad);
  CHECK(fault_of("{{text}}") == "none");
  CHECK(fault_of("[{{attempt}}]") == "none");
}

TEST_CASE("webhook template: no text of a notification ends its string") {
  for (const Notification& notification : hostile_notifications()) {
    const json::value value =
        filled(R"({"a": "<{{text}}>", "b": {{text}}, "c": "{{excerpt}}"})", notification);
    CHECK(value.as_object().size() == 3);
    CHECK(text_at(value, "a") == "<" + text_at(value, "b") + ">");
    CHECK(text_at(value, "b").size() <= 4096);
    CHECK(filled("", notification).as_object().size() == notification_field_names().size());
  }
}

TEST_CASE("webhook template: any text is refused or gives valid JSON for every notification") {
  CHECK(rc::check([] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
        "{", "}", "[", "]", "\"", "\\", ":", ",", "{{text}}", "{{attempt}}", "{{", "}}", "1", "0", "-", ".",
        "e", "a", "true", " ", "\n", "u00", "{{workload}}"));
    std::string text;
    for (const std::string& piece : pieces) text += piece;
    const auto made = read_notification_template(text);
    if (!made || !check_json(*made)) return;
    Notification notification = notification_saying(*rc::gen::arbitrary<std::string>());
    notification.attempt = *rc::gen::arbitrary<std::uint16_t>();
    json::error_code error;
    json::parse(fill(*made, notification), error);
    RC_ASSERT(!error);
  }));
}

TEST_CASE("webhook template: the JSON is strict and at most 32 levels deep") {
  for (const char* good :
       {"{}", " [1, -0.5e+3, \"\\u00E9\\\"\", true, false, null, {\"a\": {}}] ", "0", "\"\"", "-0"})
    CHECK(fault_of(good) == "none");
  for (const char* bad : {"[1,]", "{\"a\" 1}", "01", "tru", "1 2"})
    CHECK_MESSAGE(fault_of(bad) != "none", bad);
  CHECK(fault_of(std::string(32, '[') + std::string(32, ']')) == "none");
  CHECK(fault_of(std::string(33, '[') + std::string(33, ']')) != "none");
  CHECK(fault_of(std::string(100'000, '[')) != "none");
}

TEST_CASE("webhook: a template that is no JSON is refused") {
  Service service;
  WebhookChannel settings;
  settings.url = Secret{"http://127.0.0.1/hook"};
  settings.body = "{\"a\": {{attempt}} {{attempt}}}";
  const auto made = make_webhook_notifier(service.channel(), settings);
  REQUIRE_FALSE(made);
  CHECK(made.error().message.ends_with(
      "its template is not valid: it is no JSON from \"0}\" on, its fields filled in"));
}

TEST_CASE("webhook: a request has the configured method, head and body") {
  Service service;
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/hook/uRlSeCrEt");
  CHECK(request.head.find("Authorization: Bearer " + token + "\r\n") != std::string::npos);
  CHECK(request.head.find("X-Team: a\r\n") != std::string::npos);
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == filled(""));
}

TEST_CASE("webhook: a request may be a PUT with a configured content type") {
  Service service;
  const auto put = [](HttpChannel channel, const std::string& base) {
    WebhookChannel settings;
    settings.url = Secret{base + "/x"};
    settings.method = "PUT";
    settings.headers = {{"content-type", Secret{"application/vnd.x+json"}}};
    settings.body = R"({"summary": "{{title}}"})";
    return make_webhook_notifier(std::move(channel), settings);
  };
  CHECK(service.send(put, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "PUT");
  CHECK(request.body == R"({"summary": "DEGRADED: web on host1"})");
  CHECK(request.head.find("content-type: application/vnd.x+json\r\n") != std::string::npos);
  CHECK(request.head.find("Content-Type: ") == std::string::npos);
}

TEST_CASE("webhook: invalid methods, headers and templates are refused at the start") {
  Service service;
  const auto fault = [&](const std::function<void(WebhookChannel&)>& change) {
    WebhookChannel settings;
    settings.url = Secret{"https://h/x"};
    change(settings);
    const auto made = make_webhook_notifier(service.channel(), settings);
    return made ? std::string("none") : made.error().message;
  };
  CHECK(fault([](WebhookChannel&) {}) == "none");
  CHECK(fault([](WebhookChannel& s) { s.method = "GET"; }) == "its method is \"GET\"; accepted: POST, PUT");
  CHECK(fault([](WebhookChannel& s) {
          s.headers = {{"X Y", Secret{"a"}}};
        }).starts_with("\"X Y\" is no name"));
  CHECK(fault([](WebhookChannel& s) {
          s.headers = {{"Host", Secret{"a"}}};
        }).find("healer's own") != std::string::npos);
  const std::string split = fault([](WebhookChannel& s) { s.headers = {{"X", Secret{token + "\r\nY: 1"}}}; });
  CHECK(split.find("line break") != std::string::npos);
  CHECK(split.find(token) == std::string::npos);
  CHECK(fault([](WebhookChannel& s) { s.body = "{{texd}}"; }).find("the field \"texd\" in line 1") !=
        std::string::npos);
}

TEST_CASE("webhook: each answer gives its result, and no error shows address or head") {
  check_answers(make, token);
  check_answers(make, "uRlSeCrEt");
}
