// Tests of Slack's bot: one message per incident, later notifications in its thread. The fake checks each
// call against https://docs.slack.dev/reference/methods/.
#include <doctest/doctest.h>

#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include <boost/json.hpp>

#include "adapter/notify/service.hpp"
#include "notify/slack_bot.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

namespace json = boost::json;

const std::string token = "xoxb-sEcReT-1234567890";

// Slack's messages by their ts. Scripted answers come first, then Slack's usual ones.
class Slack {
 public:
  struct Call {
    std::string method;
    json::object body;
  };

  Slack() : service_([this](const SeenRequest& request) { return take(request); }) {
    SlackBotChannel settings;
    settings.token = Secret{token};
    settings.channel = "#notifications";
    settings.api_url = service_.base() + "/api/";
    auto made = make_slack_bot_notifier(service_.channel(), settings);
    REQUIRE(made.has_value());
    notifier_ = std::move(*made);
  }

  void next(std::string reply) {
    const std::lock_guard guard(mutex_);
    scripted_.push_back(std::move(reply));
  }
  Sent send(const Notification& notification, const std::string& receipt = {}) {
    return service_.send(*notifier_, notification, receipt);
  }
  std::vector<Call> calls() {
    const std::lock_guard guard(mutex_);
    return calls_;
  }

 private:
  std::string take(const SeenRequest& request) {
    const std::lock_guard guard(mutex_);
    const json::object body = json::parse(request.body).as_object();
    calls_.push_back({request.target, body});
    if (!scripted_.empty()) {
      std::string reply = std::move(scripted_.front());
      scripted_.pop_front();
      return reply;
    }
    const auto error = [](const char* name) {
      return answer(200, json::serialize(json::object{{"ok", false}, {"error", name}}));
    };
    if (request.method != "POST" || request.head.find("Content-Type: application/json") == std::string::npos)
      return error("invalid_post_type");
    if (request.head.find("Authorization: Bearer " + token + "\r\n") == std::string::npos)
      return error("not_authed");
    const auto text = [&](const char* name) {
      return body.contains(name) ? std::string(body.at(name).as_string()) : std::string();
    };
    if (!body.contains("attachments") || body.at("attachments").as_array().empty()) return error("no_text");
    std::string ts;
    if (request.target == "/api/chat.postMessage") {
      if (text("channel") != "#notifications" && text("channel") != "C0123456789")
        return error("channel_not_found");
      if (body.contains("thread_ts") && text("thread_ts") != "1503435956.000247")
        return error("thread_not_found");
      ts = body.contains("thread_ts") ? "1503435957.000300" : "1503435956.000247";
    } else if (request.target == "/api/chat.update") {
      if (text("channel") != "C0123456789") return error("channel_not_found");  // the id, not a name
      if (text("ts") != "1503435956.000247") return error("message_not_found");
      ts = text("ts");
    } else {
      return error("unknown_method");
    }
    return answer(200, json::serialize(json::object{{"ok", true}, {"channel", "C0123456789"}, {"ts", ts}}));
  }

  std::mutex mutex_;
  std::vector<Call> calls_;
  std::deque<std::string> scripted_;
  Service service_;
  std::unique_ptr<Notifier> notifier_;
};

std::string no(const std::string& error) {
  return answer(200, R"({"ok":false,"error":")" + error + "\"}");
}

const json::object& attachment(const Slack::Call& call) {
  return call.body.at("attachments").as_array().at(0).as_object();
}

Notification later(NotificationKind kind, std::uint64_t id) {
  Notification notification = full_notification(kind);
  notification.id = NotificationId{id};
  return notification;
}

const std::string place = "C0123456789 1503435956.000247";

}  // namespace

TEST_CASE("the first notification of an incident is a message, and the receipt holds its place") {
  Slack slack;
  const Sent sent = slack.send(full_notification());
  CHECK_MESSAGE(sent.result == Sent::Result::Delivered, sent.error);
  CHECK(sent.receipt == place);
  REQUIRE(slack.calls().size() == 1);
  const Slack::Call call = slack.calls().front();
  CHECK(call.method == "/api/chat.postMessage");
  CHECK(call.body.at("channel") == "#notifications");
  CHECK_FALSE(call.body.contains("thread_ts"));
  CHECK(attachment(call).at("color") == "#ff9900");
}

TEST_CASE("a later notification is a reply in the thread, and the message shows the new state") {
  Slack slack;
  const Sent sent = slack.send(later(NotificationKind::Recovered, 18), place);
  CHECK_MESSAGE(sent.result == Sent::Result::Delivered, sent.error);
  CHECK(sent.receipt == place);
  REQUIRE(slack.calls().size() == 2);
  const Slack::Call reply = slack.calls()[0];
  CHECK(reply.method == "/api/chat.postMessage");
  CHECK(reply.body.at("channel") == "C0123456789");
  CHECK(reply.body.at("thread_ts") == "1503435956.000247");
  const Slack::Call update = slack.calls()[1];
  CHECK(update.method == "/api/chat.update");
  CHECK(update.body.at("ts") == "1503435956.000247");
  CHECK(attachment(update).at("color") == "#36a64f");
  CHECK(std::string(attachment(update).at("title").as_string()).find("RECOVERED") != std::string::npos);
}

TEST_CASE("an update that fails is tried again without a second reply") {
  Slack slack;
  slack.next(answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1503435957.000300"})"));
  slack.next(no("service_unavailable"));
  Sent sent = slack.send(later(NotificationKind::Critical, 18), place);
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK(sent.error == "Slack: service_unavailable");
  CHECK(sent.receipt == place + " 18");
  sent = slack.send(later(NotificationKind::Critical, 18), *sent.receipt);
  CHECK(sent.result == Sent::Result::Delivered);
  CHECK(sent.receipt == place);
  REQUIRE(slack.calls().size() == 3);
  CHECK(slack.calls()[2].method == "/api/chat.update");
  SUBCASE("the next notification is a reply again") {
    slack.send(later(NotificationKind::Recovered, 19), place + " 18");
    CHECK(slack.calls()[3].method == "/api/chat.postMessage");
  }
}

TEST_CASE("a message that cannot be updated is left as it is") {
  for (const char* error :
       {"message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"}) {
    Slack slack;
    slack.next(answer(200, R"({"ok":true,"channel":"C0123456789","ts":"1503435957.000300"})"));
    slack.next(no(error));
    const Sent sent = slack.send(later(NotificationKind::Critical, 18), place);
    CHECK(sent.result == Sent::Result::Delivered);
    CHECK(sent.receipt == place);
    CHECK(sent.error.find(error) != std::string::npos);
  }
}

TEST_CASE("when the thread is gone a new one begins") {
  for (const std::string& receipt : {place + "9", std::string("C0000000000 1503435956.000247")}) {
    Slack slack;
    const Sent sent = slack.send(later(NotificationKind::Critical, 18), receipt);
    CHECK(sent.result == Sent::Result::Delivered);
    CHECK(sent.receipt == place);
    REQUIRE(slack.calls().size() == 2);
    CHECK(slack.calls()[1].body.at("channel") == "#notifications");
    CHECK_FALSE(slack.calls()[1].body.contains("thread_ts"));
  }
}

TEST_CASE("a failed reply does not change the receipt") {
  Slack slack;
  slack.next(answer(429, R"({"ok":false,"error":"ratelimited"})", "application/json", "Retry-After: 30\r\n"));
  const Sent sent = slack.send(later(NotificationKind::Critical, 18), place);
  CHECK(sent.result == Sent::Result::TryAgain);
  CHECK(sent.retry_after == Duration{30s});
  CHECK_FALSE(sent.receipt.has_value());
}

TEST_CASE("temporary errors are tried again, errors that an operator must correct are refused") {
  const auto answered = [](const std::string& reply) {
    Slack slack;
    slack.next(reply);
    return slack.send(full_notification());
  };
  for (const char* error :
       {"ratelimited", "rate_limited", "service_unavailable", "fatal_error", "internal_error",
        "request_timeout", "team_added_to_org", "message_limit_exceeded"}) {
    const Sent sent = answered(no(error));
    CHECK_MESSAGE(sent.result == Sent::Result::TryAgain, error);
    CHECK(sent.error == std::string("Slack: ") + error);
  }
  for (const char* error :
       {"channel_not_found", "not_in_channel", "is_archived", "invalid_auth", "not_authed", "token_revoked",
        "token_expired", "account_inactive", "missing_scope", "anything"}) {
    const Sent sent = answered(no(error));
    CHECK_MESSAGE(sent.result == Sent::Result::Refused, error);
    CHECK(sent.error == std::string("Slack: ") + error);
    CHECK_FALSE(sent.receipt.has_value());
  }
  CHECK(answered(answer(200, R"({"ok":false,"error":"missing_scope","needed":"chat:write"})")).error ==
        "Slack: missing_scope (needed: chat:write)");
  for (const std::string& reply : {answer(200, "<html>log in</html>"), answer(200, "[]"), answer(200, ""),
                                   answer(200, R"({"ok":1})"), answer(500, "oops"), answer(302, "")})
    CHECK(answered(reply).result == Sent::Result::TryAgain);
  CHECK(answered(answer(404, "no such team")).result == Sent::Result::Refused);
}

TEST_CASE("an answer without the place of the message gives no receipt") {
  for (const char* body :
       {R"({"ok":true})", R"({"ok":true,"channel":1,"ts":2})", R"({"ok":true,"channel":"C1 x","ts":"1.2"})",
        R"({"ok":true,"channel":"","ts":"1"})"}) {
    Slack slack;
    slack.next(answer(200, body));
    const Sent sent = slack.send(full_notification());
    CHECK(sent.result == Sent::Result::Delivered);
    CHECK(sent.receipt.value_or("").empty());
  }
}

TEST_CASE("a receipt is read as it was written, and a damaged one is ignored") {
  for (const SlackThread& thread : {SlackThread{"C1", "1.2", 0}, SlackThread{"G-_9", "1503435956.000247", 7}})
    CHECK(slack_thread(slack_receipt(thread)) == thread);
  for (const char* damaged :
       {"", " ", "C1", "C1 ", " 1.2", "C1 1.2 x", "C1 1.2 3 4", "C1 1.2 -3", "C1 1\n2", "C1 1.2 "})
    CHECK_FALSE(slack_thread(damaged).has_value());
}

TEST_CASE("any text of a container gives complete calls, and the token is never shown") {
  Slack slack;
  for (const Notification& notification : hostile_notifications()) {
    const Sent sent = slack.send(notification, notification.kind == NotificationKind::Recovered ? place : "");
    CHECK_MESSAGE(sent.result == Sent::Result::Delivered, sent.error);
  }
  for (const Slack::Call& call : slack.calls())
    CHECK(json::serialize(call.body).find("sEcReT") == std::string::npos);
  slack.next(no("invalid_auth: " + token));
  CHECK(slack.send(full_notification()).error.find("sEcReT") == std::string::npos);
  slack.next(answer(403, "bad token " + token));
  CHECK(slack.send(full_notification()).error.find("sEcReT") == std::string::npos);
}

TEST_CASE("a refusal of Slack names the setting that it is about") {
  const auto error = [](const std::string& reply) {
    Service service(reply);
    HttpChannel channel = service.channel();
    channel.setting_names = {
        {"token", "SLACK_BOT_TOKEN"}, {"channel", "SLACK_CHANNEL"}, {"api_url", "SLACK_API_URL"}};
    SlackBotChannel settings;
    settings.token = Secret{token};
    settings.channel = "C1";
    settings.api_url = service.base();
    const auto notifier = make_slack_bot_notifier(std::move(channel), settings);
    REQUIRE(notifier);
    return service.send(**notifier, full_notification()).error;
  };
  CHECK(error(no("channel_not_found")) == "Slack: channel_not_found; change SLACK_CHANNEL");
  CHECK(error(no("invalid_auth")) == "Slack: invalid_auth; change SLACK_BOT_TOKEN");
  CHECK(error(no("anything")) == "Slack: anything; change SLACK_BOT_TOKEN or SLACK_CHANNEL");
  CHECK(error(answer(404, "")) == "HTTP 404; change SLACK_API_URL");
}

TEST_CASE("a bot without a valid token, channel or address is refused at the start") {
  Service service;
  const auto why = [&](SlackBotChannel settings) {
    auto made = make_slack_bot_notifier(service.channel(), settings);
    return made ? std::string() : made.error().message;
  };
  SlackBotChannel good;
  good.token = Secret{token};
  good.channel = "C1";
  CHECK(why(good).empty());
  SlackBotChannel bad = good;
  bad.token = Secret{token + "\r\nX: y"};
  CHECK(why(bad).find("token") != std::string::npos);
  CHECK(why(bad).find("sEcReT") == std::string::npos);
  bad = good;
  bad.channel.clear();
  CHECK(why(bad).find("channel") != std::string::npos);
  bad = good;
  bad.api_url = "slack.com";
  CHECK_FALSE(why(bad).empty());
}
