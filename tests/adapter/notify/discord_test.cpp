// Tests of Discord's webhook: the embed and its limits.
#include "notify/discord.hpp"
#include "adapter/notify/service.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string token = "sEcReT-tOkEn_0123456789";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  return make_discord_notifier(std::move(channel),
                               DiscordChannel{Secret{base + "/api/webhooks/42/" + token}});
}

}  // namespace

TEST_CASE("discord: a notification is one embed, and mentions nobody") {
  Service service(answer(200, R"({"id":"1"})"));
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/api/webhooks/42/" + token + "?wait=true");
  CHECK(request.head.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(json::parse(request.body) == json::parse(R"({
    "embeds": [{
      "title": "DEGRADED: web on host1",
      "description": "web is unhealthy: HTTP 503. It is being restarted.\n\n**What to do:** Look at \\`docker logs web\\`.\n```\nstarting\nERROR: no connection to db\n```",
      "color": 16750848,
      "fields": [
        {"name": "Host", "value": "host1", "inline": true},
        {"name": "Workload", "value": "web", "inline": true},
        {"name": "Project", "value": "shop", "inline": true},
        {"name": "Image", "value": "shop:1.0", "inline": true},
        {"name": "Cause", "value": "HTTP 503", "inline": true},
        {"name": "Attempt", "value": "2 of 5", "inline": true},
        {"name": "Unhealthy for", "value": "4m30s", "inline": true},
        {"name": "Incident", "value": "42", "inline": true}
      ],
      "footer": {"text": "healer"},
      "timestamp": "2027-01-15T08:00:00.123Z",
      "url": "https://healer.example/incidents/42"
    }],
    "allowed_mentions": {"parse": []}
  })"));
}

TEST_CASE("discord: any text stays within the limits and mentions nobody") {
  for (const Notification& notification : hostile_notifications()) {
    const json::value message = json::parse(discord_message(notification));
    CHECK(message.at("allowed_mentions") == json::parse(R"({"parse": []})"));
    const json::value& embed = message.at("embeds").at(0);
    std::size_t total = characters(text_at(embed.at("footer"), "text"));
    CHECK_FALSE(text_at(embed, "title").empty());
    CHECK(characters(text_at(embed, "title")) <= 256);
    CHECK(characters(text_at(embed, "description")) <= 4096);
    total += characters(text_at(embed, "title")) + characters(text_at(embed, "description"));
    CHECK(embed.at("fields").as_array().size() <= 25);
    for (const json::value& field : embed.at("fields").as_array()) {
      CHECK_FALSE(text_at(field, "value").empty());
      CHECK(characters(text_at(field, "value")) <= 1024);
      total += characters(text_at(field, "name")) + characters(text_at(field, "value"));
    }
    CHECK(total <= 6000);
  }
}

TEST_CASE("discord: markdown is escaped, and no log ends its code block") {
  const json::value message =
      json::parse(discord_message(notification_saying("*b* [text](http://evil) ```x``` <@1> @everyone")));
  const json::value& embed = message.at("embeds").at(0);
  const std::string shown = "\\*b\\* \\[text\\]\\(http://evil\\) \\`\\`\\`x\\`\\`\\` \\<\\@1\\> \\@everyone";
  CHECK(text_at(embed.at("fields").at(0), "value") == shown);
  CHECK(text_at(embed, "description").starts_with(shown + "\n"));
  CHECK(
      text_at(embed, "description").ends_with("\n```\n*b* [text](http://evil) '''x''' <@1> @everyone\n```"));
}

TEST_CASE(
    "discord: Discord's own addresses get the API version that this channel uses, other addresses do not") {
  const auto url = [](const std::string& text) { return discord_url(Secret{text}).reveal(); };
  CHECK(url("https://discord.com/api/webhooks/1/t") == "https://discord.com/api/v10/webhooks/1/t?wait=true");
  CHECK(url("https://ptb.discord.com/api/webhooks/1/t") ==
        "https://ptb.discord.com/api/v10/webhooks/1/t?wait=true");
  CHECK(url("https://discordapp.com/api/webhooks/1/t?thread_id=7") ==
        "https://discordapp.com/api/v10/webhooks/1/t?thread_id=7&wait=true");
  CHECK(url("https://discord.com/api/v9/webhooks/1/t") ==
        "https://discord.com/api/v9/webhooks/1/t?wait=true");
  CHECK(url("http://proxy:8080/api/webhooks/1/t") == "http://proxy:8080/api/webhooks/1/t?wait=true");
}

TEST_CASE("discord: each answer gives its result, and no error shows the token") {
  check_answers(make, token);
  const Sent limited = sent_to(
      make, answer(429, R"({"message":"You are being rate limited.","retry_after":1.5,"global":false})"));
  CHECK(limited.result == Sent::Result::TryAgain);
  CHECK(limited.retry_after == 1500ms);
}
