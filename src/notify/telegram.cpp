#include "notify/telegram.hpp"

#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "notify/notification_text.hpp"

namespace healer {
namespace {

namespace json = boost::json;

constexpr std::size_t message_limit = 4096;
constexpr std::size_t title_limit = 300;
constexpr std::size_t text_limit = 1000;
constexpr std::size_t advice_limit = 400;
constexpr std::size_t value_limit = 180;
constexpr std::size_t margin = 100;

// Adds an invisible character (U+2060) after each "@": "@name" would notify that user.
std::string calling_nobody(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '@') out += "\u2060";
  }
  return out;
}

std::string shown(std::string_view text, std::size_t limit) {
  return clip(calling_nobody(printable(text)), limit);
}

// The message, and the number of its visible bytes, which is never less than the characters that Telegram
// counts.
class Html {
 public:
  void markup(std::string_view tags) { text_ += tags; }
  /// The text must not hold quotes: they are not escaped.
  void attribute(std::string_view text) {
    for (const char c : text) {
      if (c == '&')
        text_ += "&amp;";
      else if (c == '<')
        text_ += "&lt;";
      else if (c == '>')
        text_ += "&gt;";
      else
        text_ += c;
    }
  }
  void plain(std::string_view text) {
    attribute(text);
    shown_ += text.size();
  }
  std::size_t shown() const { return shown_; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  std::size_t shown_ = 0;
};

}  // namespace

std::string telegram_message(const Notification& notification, const std::string& chat_id) {
  Html html;
  const auto labelled = [&](const std::string& title, const std::string& value) {
    html.plain("\n");
    html.markup("<b>");
    html.plain(title + ":");
    html.markup("</b>");
    html.plain(" " + value);
  };
  html.markup("<b>");
  html.plain(shown(notification_title(notification), title_limit));
  html.markup("</b>");
  if (!notification.text.empty()) html.plain("\n" + shown(notification.text, text_limit));
  html.plain("\n");
  for (const NotificationFact& fact : notification_facts(notification))
    labelled(fact.title, shown(fact.value, value_limit));
  if (!notification.advice.empty()) labelled("What to do", shown(notification.advice, advice_limit));
  if (const std::string link = notification_link(notification); !link.empty()) {
    html.plain("\n");
    html.markup("<a href=\"");
    html.attribute(link);
    html.markup("\">");
    html.plain("Open the incident");
    html.markup("</a>");
  }
  if (html.shown() + margin < message_limit) {
    // Telegram finds no mentions within <pre>.
    const std::string excerpt = excerpt_text(notification, message_limit - html.shown() - margin);
    if (!excerpt.empty()) {
      html.plain("\n\n");
      html.markup("<pre>");
      html.plain(excerpt);
      html.markup("</pre>");
    }
  }
  json::object message;
  message["chat_id"] = chat_id;
  message["text"] = html.text();
  message["parse_mode"] = "HTML";
  message["link_preview_options"] = json::object{{"is_disabled", true}};
  message["disable_notification"] =
      notification.kind == NotificationKind::Recovered || notification.kind == NotificationKind::Info;
  return json::serialize(message);
}

Result<std::unique_ptr<Notifier>> make_telegram_notifier(HttpChannel channel,
                                                         const TelegramChannel& settings) {
  HttpService service;
  service.url = joined_url(settings.api_url, "/bot" + settings.token.reveal() + "/sendMessage");
  service.secrets = {settings.token};
  service.requests = [url = service.url, chat = settings.chat_id](const Notification& notification) {
    return std::vector<net::CurlRequest>{json_request(url, telegram_message(notification, chat))};
  };
  return make_http_notifier(std::move(channel), std::move(service));
}

}  // namespace healer
