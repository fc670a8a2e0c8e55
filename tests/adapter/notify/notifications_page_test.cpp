// Compares docs/notifications.md with what each channel sends.
#include <fstream>
#include <iterator>
#include <map>

#include "adapter/notify/service.hpp"
#include "notify/alertmanager.hpp"
#include "notify/apprise.hpp"
#include "notify/discord.hpp"
#include "notify/gotify.hpp"
#include "notify/notification_json.hpp"
#include "notify/ntfy.hpp"
#include "notify/opsgenie.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/teams.hpp"
#include "notify/telegram.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

// The JSON blocks after a line <!-- sent: NAME -->, by name.
std::map<std::string, std::string> examples(const std::string& page) {
  std::map<std::string, std::string> all;
  const std::string mark = "<!-- sent: ";
  for (auto at = page.find(mark); at != std::string::npos; at = page.find(mark, at + 1)) {
    const auto name_end = page.find(" -->", at);
    const auto begin = page.find("```json\n", at);
    const auto end = page.find("\n```", begin);
    if (name_end == std::string::npos || begin == std::string::npos || end == std::string::npos) break;
    all[page.substr(at + mark.size(), name_end - at - mark.size())] = page.substr(begin + 8, end - begin - 8);
  }
  return all;
}

}  // namespace

TEST_CASE("docs/notifications.md shows what each channel sends") {
  const Notification notification = full_notification();
  const auto generic = read_notification_template("");
  REQUIRE(generic.has_value());
  const std::map<std::string, std::string> sent{
      {"slack", slack_message(notification)},
      {"pagerduty", pagerduty_event(notification, Secret{"YOUR-INTEGRATION-KEY"}).value()},
      {"opsgenie", opsgenie_create(notification)},
      {"discord", discord_message(notification)},
      {"teams", teams_message(notification)},
      {"telegram", telegram_message(notification, "-1001234567890")},
      {"ntfy", ntfy_message(notification, "my-topic")},
      {"gotify", gotify_message(notification)},
      {"apprise", apprise_notification(notification)},
      {"alertmanager", "[" + alertmanager_alert(notification) + "]"},
      {"webhook", fill(*generic, notification)},
  };
  std::ifstream file(HEALER_SOURCE_DIR "/docs/notifications.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  const std::map<std::string, std::string> shown = examples(page);
  for (const auto& entry : sent) {  // no structured binding: doctest's macros capture the variables
    const std::string& name = entry.first;
    const std::string& body = entry.second;
    INFO(name);
    const auto found = shown.find(name);
    if (found == shown.end()) {
      FAIL_CHECK("no example; it is " << body);
      continue;
    }
    json::error_code error;
    const json::value example = json::parse(found->second, error);
    CHECK_MESSAGE(!error, error.message());
    CHECK_MESSAGE(example == json::parse(body), "sent is " << body);
  }
}
