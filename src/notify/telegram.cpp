#include "notify/telegram.hpp"

#include <optional>
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

/// The chat, as configured and as it is now.
struct Chat {
  std::string configured;
  std::string id;
  bool just_moved = false;  // the answer to the request under way named a new id
  bool reported = false;    // that the setting is out of date
};

/// The id that a group got when it became a supergroup, from {"parameters": {"migrate_to_chat_id": -100123}}.
std::optional<std::string> new_id_in(const std::string& body) {
  json::error_code error;
  const json::value answer = json::parse(body, error);
  const json::object* root = error ? nullptr : answer.if_object();
  const json::value* parameters = root ? root->if_contains("parameters") : nullptr;
  if (!parameters || !parameters->is_object()) return std::nullopt;
  const json::value* id = parameters->get_object().if_contains("migrate_to_chat_id");
  if (!id || !id->is_int64()) return std::nullopt;
  return std::to_string(id->get_int64());
}

class TelegramNotifier final : public Notifier {
 public:
  TelegramNotifier(std::shared_ptr<Notifier> http, std::shared_ptr<Chat> chat, SettingNames names)
      : self_(std::make_shared<Parts>(Parts{std::move(http), std::move(chat), std::move(names)})) {}

  const std::string& channel() const override { return self_->http->channel(); }
  Duration gap() const override { return self_->http->gap(); }

  void recall(const std::vector<Receipt>& receipts) override {
    Chat& chat = *self_->chat;
    Instant newest{};
    for (const Receipt& receipt : receipts) {
      const std::vector<std::string> ids = split(receipt.text, ' ');
      if (ids.size() != 2 || ids[0] != chat.configured || receipt.at < newest) continue;
      newest = receipt.at;
      chat.id = ids[1];
      chat.reported = true;
    }
  }

  void send(const Notification& notification, const std::string&, std::function<void(Sent)> done) override {
    self_->http->send(notification, {}, [self = self_, notification, done = std::move(done)](Sent sent) {
      if (!std::exchange(self->chat->just_moved, false)) return done(ended(*self, std::move(sent)));
      self->http->send(notification, {}, [self, done](Sent again) { done(ended(*self, std::move(again))); });
    });
  }

 private:
  // Requests share the parts: the notifier may be destroyed before the answer comes.
  struct Parts {
    std::shared_ptr<Notifier> http;
    std::shared_ptr<Chat> chat;
    SettingNames names;
  };

  static Sent ended(const Parts& self, Sent sent) {
    Chat& chat = *self.chat;
    chat.just_moved = false;
    if (sent.result != Sent::Result::Delivered || chat.id == chat.configured) return sent;
    sent.receipt = chat.configured + " " + chat.id;
    if (!std::exchange(chat.reported, true))
      sent.error = "the group became a supergroup with the id " + chat.id + ", which is used from now on" +
                   setting_advice(self.names, {"chat_id"}) + " to " + chat.id;
    return sent;
  }

  std::shared_ptr<Parts> self_;
};

// Telegram answers 404 to a token of a wrong form, 401 to a wrong one; 400 and 403 are about the chat.
SettingKeys blamed(int status, const std::string&) {
  if (status == 401 || status == 404) return {"token"};
  if (status == 400 || status == 403) return {"chat_id"};
  return {"api_url"};
}

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
  service.blamed = blamed;
  const auto chat = std::make_shared<Chat>(Chat{settings.chat_id, settings.chat_id});
  service.requests = [url = service.url, chat](const Notification& notification) {
    return std::vector<net::CurlRequest>{json_request(url, telegram_message(notification, chat->id))};
  };
  service.meaning = [chat](Result<net::CurlAnswer> answer) {
    if (answer && answer->status == 400)
      if (auto id = new_id_in(answer->body); id && *id != chat->id) {
        chat->id = std::move(*id);
        chat->just_moved = true;
      }
    return sent_of(std::move(answer));
  };
  SettingNames names = channel.setting_names;
  auto http = make_http_notifier(std::move(channel), std::move(service));
  if (!http) return tl::unexpected(std::move(http.error()));
  return std::unique_ptr<Notifier>(
      std::make_unique<TelegramNotifier>(std::move(*http), chat, std::move(names)));
}

}  // namespace healer
