// Tests of a Teams workflow's webhook: a message with an adaptive card.
#include "notify/teams.hpp"
#include "adapter/notify/service.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

const std::string signature = "sIgNaTuRe0123456789";

Result<std::unique_ptr<Notifier>> make(HttpChannel channel, const std::string& base) {
  return make_teams_notifier(
      std::move(channel),
      TeamsChannel{Secret{base + "/workflows/0a1b/triggers/manual/paths/invoke?sp=x&sig=" + signature}});
}

const json::value& card_of(const json::value& message) {
  return message.at("attachments").at(0).at("content");
}

// Every shown text, with the type of its element.
void collect(const json::value& value, std::vector<std::pair<std::string, std::string>>& texts) {
  if (value.is_array())
    for (const json::value& each : value.get_array()) collect(each, texts);
  if (!value.is_object()) return;
  if (value.get_object().contains("text")) texts.emplace_back(text_at(value, "type"), text_at(value, "text"));
  for (const auto& member : value.get_object()) collect(member.value(), texts);
}

}  // namespace

TEST_CASE("teams: a notification is a message with one adaptive card as attachment") {
  Service service(answer(202, ""));
  CHECK(service.send(make, full_notification()).result == Sent::Result::Delivered);
  const SeenRequest request = service.request();
  CHECK(request.method == "POST");
  CHECK(request.target == "/workflows/0a1b/triggers/manual/paths/invoke?sp=x&sig=" + signature);
  const json::value message = json::parse(request.body);
  CHECK(message.at("type") == "message");
  REQUIRE(message.at("attachments").as_array().size() == 1);
  const json::value& attachment = message.at("attachments").at(0);
  CHECK(attachment.at("contentType") == "application/vnd.microsoft.card.adaptive");
  CHECK(attachment.at("contentUrl").is_null());
  const json::value& card = card_of(message);
  CHECK(card.at("$schema") == "http://adaptivecards.io/schemas/adaptive-card.json");
  CHECK(card.at("type") == "AdaptiveCard");
  CHECK(card.at("version") == "1.4");
  CHECK(card.at("body").at(0).at("style") == "warning");
  CHECK(card.at("actions") == json::parse(R"([{"type": "Action.OpenUrl", "title": "Open the incident",
                                               "url": "https://healer.example/incidents/42"}])"));
  std::vector<std::pair<std::string, std::string>> texts;
  collect(card.at("body"), texts);
  std::string shown;
  for (const auto& [type, text] : texts) shown += text + (text.ends_with(": ") ? "" : "\n");
  CHECK(shown ==
        "DEGRADED: web on host1\n"
        "web is unhealthy: HTTP 503. It is being restarted.\n"
        "What to do: Look at `docker logs web`.\n"
        "Host: host1\nWorkload: web\nProject: shop\nImage: shop:1.0\nCause: HTTP 503\nAttempt: 2 of 5\n"
        "Unhealthy for: 4m30s\nIncident: 42\n"
        "Last lines of its log\nstarting\nERROR: no connection to db\n");
}

TEST_CASE("teams: each kind has its style") {
  const auto style = [](NotificationKind kind) {
    const json::value message = json::parse(teams_message(full_notification(kind)));
    return std::string(card_of(message).at("body").at(0).at("style").as_string());
  };
  CHECK(style(NotificationKind::Recovered) == "good");
  CHECK(style(NotificationKind::Critical) == "attention");
  CHECK(style(NotificationKind::Info) == "emphasis");
}

TEST_CASE("teams: any text stays below 28 KB, and none is read as markdown") {
  for (const Notification& notification : hostile_notifications()) {
    const std::string text = teams_message(notification);
    CHECK(text.size() < 28'000);
    const json::value message = json::parse(text);
    std::vector<std::pair<std::string, std::string>> texts;
    collect(card_of(message).at("body"), texts);
    for (const auto& [type, shown] : texts) {
      CHECK(type == "TextRun");
      CHECK_FALSE(shown.empty());
    }
  }
}

TEST_CASE("teams: each answer gives its result, and no error shows the signature") {
  check_answers(make, signature);
}
