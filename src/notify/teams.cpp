#include "notify/teams.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t title_limit = 300;
constexpr std::size_t text_limit = 1500;
constexpr std::size_t excerpt_limit = 2500;
constexpr std::size_t most_lines = 20;

const char* style_of(NotificationKind kind) {
  switch (kind) {
    case NotificationKind::Recovered:
      return "good";
    case NotificationKind::Degraded:
      return "warning";
    case NotificationKind::Critical:
      return "attention";
    case NotificationKind::Info:
      break;
  }
  return "emphasis";
}

json::object run(const std::string& text) {
  return {{"type", "TextRun"}, {"text", text}};
}

json::object block(json::array runs, const char* spacing = "Default") {
  return {{"type", "RichTextBlock"}, {"spacing", spacing}, {"inlines", std::move(runs)}};
}

json::object labelled(const std::string& title, const std::string& value, const char* spacing) {
  json::object name = run(title + ": ");
  name["weight"] = "Bolder";
  return block({std::move(name), run(value)}, spacing);
}

// One block per line: not every Teams client shows line ends within a text run.
void add_excerpt(json::array& body, const Notification& notification) {
  const std::string excerpt = excerpt_text(notification, excerpt_limit);
  if (excerpt.empty()) return;
  json::object heading = run("Last lines of its log");
  heading["weight"] = "Bolder";
  body.push_back(block({std::move(heading)}));
  const std::vector<std::string> lines = split(excerpt, '\n');
  for (std::size_t i = lines.size() - std::min(lines.size(), most_lines); i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    json::object line = run(lines[i]);
    line["fontType"] = "Monospace";
    line["size"] = "Small";
    body.push_back(block({std::move(line)}, "None"));
  }
}

}  // namespace

std::string teams_message(const Notification& notification) {
  const std::string title = clip(notification_title(notification), title_limit);
  json::object heading = run(title);
  heading["weight"] = "Bolder";
  heading["size"] = "Large";
  json::array body;
  body.push_back({{"type", "Container"},
                  {"style", style_of(notification.kind)},
                  {"bleed", true},
                  {"items", json::array{block({std::move(heading)})}}});
  if (!notification.text.empty())
    body.push_back(block({run(clip(printable(notification.text), text_limit))}));
  if (!notification.advice.empty())
    body.push_back(labelled("What to do", clip(printable(notification.advice), text_limit), "Default"));
  for (const NotificationFact& fact : notification_facts(notification))
    body.push_back(labelled(fact.title, fact.value, "Small"));
  add_excerpt(body, notification);
  json::object card;
  card["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json";
  card["type"] = "AdaptiveCard";
  card["version"] = "1.4";
  card["fallbackText"] = title;
  card["msteams"] = json::object{{"width", "Full"}};
  card["body"] = std::move(body);
  if (const std::string link = notification_link(notification); !link.empty())
    card["actions"] =
        json::array{json::object{{"type", "Action.OpenUrl"}, {"title", "Open the incident"}, {"url", link}}};
  json::object attachment;
  attachment["contentType"] = "application/vnd.microsoft.card.adaptive";
  attachment["contentUrl"] = nullptr;
  attachment["content"] = std::move(card);
  return json::serialize(
      json::object{{"type", "message"}, {"attachments", json::array{std::move(attachment)}}});
}

Result<std::unique_ptr<Notifier>> make_teams_notifier(HttpChannel channel, const TeamsChannel& settings) {
  HttpService service;
  service.url = settings.url;
  service.blamed = blames("webhook_url");
  service.requests = [url = settings.url](const Notification& notification) {
    return std::vector<net::CurlRequest>{json_request(url, teams_message(notification))};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
