// Tests of Telegram's sendMessage.
#include "notify/telegram.hpp"
#include "adapter/notify/service.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string token = "123456789:AAExampleExampleExample-Example_Exam";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  return make_telegram_notifier(std::move(channel), TelegramChannel{Secret{token}, "-100123", base});
}

// The text that remains after Telegram has read the entities; fails for an entity that Telegram does not
// accept.
std::string shown(const std::string& html) {
  std::string text;
  std::vector<std::string> open;
  for (std::size_t i = 0; i < html.size(); ++i) {
    if (html[i] == '<') {
      const auto end = html.find('>', i);
      REQUIRE(end != std::string::npos);
      const std::string tag = html.substr(i + 1, end - i - 1);
      if (tag.starts_with("/")) {
        REQUIRE_FALSE(open.empty());
        CHECK("/" + open.back() == tag);
        open.pop_back();
      } else {
        CHECK((tag == "b" || tag == "pre" || tag.starts_with("a href=\"http")));
        open.push_back(tag.substr(0, tag.find(' ')));
      }
      i = end;
    } else if (html[i] == '&') {
      const auto end = html.find(';', i);
      REQUIRE(end != std::string::npos);
      const std::string name = html.substr(i, end - i + 1);
      CHECK((name == "&amp;" || name == "&lt;" || name == "&gt;"));
      text += name == "&amp;" ? '&' : name == "&lt;" ? '<' : '>';
      i = end;
    } else {
      CHECK(html[i] != '>');
      text += html[i];
    }
  }
  CHECK(open.empty());
  return text;
}

}  // namespace

TEST_CASE("telegram: a notification is a sendMessage to the chat, in HTML") {
  Service service(answer(200, R"({"ok":true,"result":{"message_id":1}})"));
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/bot" + token + "/sendMessage");
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  json::value body = json::parse(request.body);
  CHECK(text_at(body, "text") ==
        "<b>DEGRADED: web on host1</b>\nweb is unhealthy: HTTP 503. It is being restarted.\n\n"
        "<b>Host:</b> host1\n<b>Workload:</b> web\n<b>Project:</b> shop\n<b>Image:</b> shop:1.0\n"
        "<b>Cause:</b> HTTP 503\n<b>Attempt:</b> 2 of 5\n<b>Unhealthy for:</b> 4m30s\n<b>Incident:</b> 42\n"
        "<b>What to do:</b> Look at `docker logs web`.\n"
        "<a href=\"https://healer.example/incidents/42\">Open the incident</a>\n\n"
        "<pre>starting\nERROR: no connection to db</pre>");
  body.as_object().erase("text");
  CHECK(body == json::parse(R"({"chat_id": "-100123", "parse_mode": "HTML", "disable_notification": false,
                                "link_preview_options": {"is_disabled": true}})"));
}

TEST_CASE("telegram: recovered and info make no sound, critical does") {
  const auto silent = [](NotificationKind kind) {
    return json::parse(telegram_message(full_notification(kind), "1")).at("disable_notification").as_bool();
  };
  CHECK(silent(NotificationKind::Recovered));
  CHECK(silent(NotificationKind::Info));
  CHECK_FALSE(silent(NotificationKind::Critical));
}

TEST_CASE("telegram: any text gives 1 to 4,096 characters with valid entities") {
  for (const Notification& notification : hostile_notifications()) {
    const std::string text = shown(text_at(json::parse(telegram_message(notification, "1")), "text"));
    CHECK(characters(text) >= 1);
    CHECK(characters(text) <= 4096);
  }
}

TEST_CASE("telegram: no text mentions anybody") {
  const std::string text =
      shown(text_at(json::parse(telegram_message(notification_saying("@stranger hi"), "1")), "text"));
  CHECK(text.rfind("@stranger") ==
        text.rfind("\n\n") + 2);  // only in the log's block, where Telegram mentions nobody
  CHECK(text.find("@stranger") == text.rfind("@stranger"));
  CHECK(text.find("@\u2060stranger hi") != std::string::npos);
}

namespace {

const std::string moved_answer =
    R"({"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat",)"
    R"("parameters":{"migrate_to_chat_id":-1001557}})";

// A group that became a supergroup: the old id is refused.
std::string supergroup(const SeenRequest& request) {
  const std::string chat = text_at(json::parse(request.body), "chat_id");
  if (chat == "-1001557") return answer(200, R"({"ok":true,"result":{"message_id":1}})");
  return answer(400, chat == "-123" ? moved_answer : R"({"ok":false,"description":"chat not found"})");
}

Result<std::unique_ptr<Notifier>> make_group(Service& service) {
  HttpChannel channel = service.channel();
  channel.setting_names = {{"chat_id", "TELEGRAM_CHAT_ID"}, {"token", "TELEGRAM_BOT_TOKEN"}};
  return make_telegram_notifier(std::move(channel), TelegramChannel{Secret{token}, "-123", service.base()});
}

std::vector<std::string> chats(const Service& service) {
  std::vector<std::string> all;
  for (const SeenRequest& each : service.requests())
    all.push_back(text_at(json::parse(each.body), "chat_id"));
  return all;
}

}  // namespace

TEST_CASE("telegram: a group that became a supergroup gets its messages, and the setting is named once") {
  Service service(supergroup);
  const auto notifier = make_group(service);
  REQUIRE(notifier);
  Sent sent = service.send(**notifier, full_notification());
  CHECK(sent.result == Sent::Result::Delivered);
  CHECK(sent.error ==
        "the group became a supergroup with the id -1001557, which is used from now on; change "
        "TELEGRAM_CHAT_ID to -1001557");
  CHECK(sent.receipt == "-123 -1001557");
  CHECK(chats(service) == std::vector<std::string>{"-123", "-1001557"});
  sent = service.send(**notifier, full_notification());
  CHECK(sent.result == Sent::Result::Delivered);
  CHECK(sent.error.empty());
  CHECK(sent.receipt == "-123 -1001557");
  CHECK(chats(service) == std::vector<std::string>{"-123", "-1001557", "-1001557"});
}

TEST_CASE("telegram: the next process knows the new id, unless the setting was changed") {
  Service service(supergroup);
  const auto notifier = make_group(service);
  REQUIRE(notifier);
  const auto receipt = [](const std::string& text, Duration at) {
    return Receipt{"it", text, text, Instant{at}};
  };
  SUBCASE("the newest receipt of this id counts") {
    (*notifier)->recall({receipt("-123 -1001557", 2s), receipt("-123 -5", 1s), receipt("-9 -8", 3s)});
    const Sent sent = service.send(**notifier, full_notification());
    CHECK(sent.result == Sent::Result::Delivered);
    CHECK(sent.error.empty());
    CHECK(chats(service) == std::vector<std::string>{"-1001557"});
  }
  SUBCASE("receipts of another id do not") {
    (*notifier)->recall({receipt("-9 -8", 3s), receipt("damaged", 4s)});
    service.send(**notifier, full_notification());
    CHECK(chats(service).front() == "-123");
  }
}

TEST_CASE("telegram: a group that names its own id as the new one is refused, without a loop") {
  Service service(answer(400, R"({"ok":false,"parameters":{"migrate_to_chat_id":-123}})"));
  const auto notifier = make_group(service);
  REQUIRE(notifier);
  CHECK(service.send(**notifier, full_notification()).result == Sent::Result::Refused);
  CHECK(chats(service).size() == 1);
}

TEST_CASE("telegram: a refusal names the setting that it is about") {
  const auto error = [](int status, const std::string& body) {
    Service service(answer(status, body));
    const auto notifier = make_group(service);
    REQUIRE(notifier);
    return service.send(**notifier, full_notification()).error;
  };
  CHECK(error(400, R"({"ok":false,"description":"chat not found"})").ends_with("; change TELEGRAM_CHAT_ID"));
  CHECK(error(403, R"({"ok":false,"description":"bot was kicked"})").ends_with("; change TELEGRAM_CHAT_ID"));
  CHECK(error(401, R"({"ok":false})").ends_with("; change TELEGRAM_BOT_TOKEN"));
  CHECK(error(404, R"({"ok":false})").ends_with("; change TELEGRAM_BOT_TOKEN"));
}

TEST_CASE("telegram: each answer gives its result, and no error shows the token") {
  check_answers(make, token);
  const Sent limited = sent_to(
      make,
      answer(
          429,
          R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 31","parameters":{"retry_after":31}})"));
  CHECK(limited.result == Sent::Result::TryAgain);
  CHECK(limited.retry_after == 31s);
  CHECK(sent_to(make, answer(403, R"({"ok":false,"description":"Forbidden: bot was kicked"})")).result ==
        Sent::Result::Refused);
}
