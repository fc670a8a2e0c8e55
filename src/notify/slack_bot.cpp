#include "notify/slack_bot.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "base/redact.hpp"
#include "base/text.hpp"
#include "notify/answer.hpp"
#include "notify/slack.hpp"

namespace healer {
namespace {

namespace json = boost::json;

bool one_of(std::string_view error, std::initializer_list<std::string_view> names) {
  return std::find(names.begin(), names.end(), error) != names.end();
}

// The temporary ones of the errors that Slack documents for chat.postMessage and chat.update.
bool passing(std::string_view error) {
  return one_of(error, {"ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable",
                        "fatal_error", "internal_error", "request_timeout", "team_added_to_org",
                        "org_login_required", "external_channel_migrating", "update_failed"});
}

// Errors of a reply whose thread is gone or closed.
bool thread_gone(std::string_view error) {
  return one_of(error, {"thread_not_found", "message_not_found", "channel_not_found", "is_archived",
                        "cannot_reply_to_message", "restricted_action_thread_locked",
                        "restricted_action_non_threadable_channel", "invalid_thread_ts"});
}

// The settings that a refusal is about: `error` is Slack's name for it, empty for a refusal by HTTP.
SettingKeys blamed(int status, std::string_view error) {
  if (error.empty()) return blames("api_url", "token")(status, {});
  if (one_of(error, {"channel_not_found", "is_archived", "not_in_channel", "restricted_action",
                     "restricted_action_read_only_channel", "posting_to_general_channel_denied"}))
    return {"channel"};
  if (one_of(error, {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired",
                     "no_permission", "missing_scope", "not_allowed_token_type", "ekm_access_denied",
                     "access_denied"}))
    return {"token"};
  return {"token", "channel"};
}

bool fit_for_receipt(std::string_view word) {
  return !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
}

std::string text_of(const json::object& object, const char* name) {
  const json::value* value = object.if_contains(name);
  const json::string* text = value ? value->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : std::string();
}

class SlackBotNotifier final : public Notifier {
 public:
  SlackBotNotifier(HttpChannel channel, SlackBotChannel settings)
      : self_(std::make_shared<const Parts>(Parts{std::move(channel), std::move(settings)})) {}

  const std::string& channel() const override { return self_->channel.name; }
  Duration gap() const override { return self_->channel.gap; }

  void send(const Notification& notification, const std::string& receipt,
            std::function<void(Sent)> done) override {
    const auto known = slack_thread(receipt);
    if (!known) return post(self_, notification, self_->channel.timeout, std::move(done));
    if (known->replied == notification.id.value) return update(self_, notification, *known, std::move(done));
    reply(self_, notification, *known, std::move(done));
  }

 private:
  // Requests share the parts: the notifier may be destroyed before the answer comes and the next request is
  // sent.
  struct Parts {
    HttpChannel channel;
    SlackBotChannel settings;
  };
  using Self = std::shared_ptr<const Parts>;
  using Done = std::function<void(Sent)>;

  // A reply is followed by one more request, so each gets half of the timeout.
  static Duration half(const Self& self) { return self->channel.timeout / 2; }

  static void ask(const Self& self, const char* method, const Notification& notification, json::object place,
                  Duration limit, std::function<void(SlackReply)> then) {
    json::object message = json::parse(slack_message(notification)).as_object();
    for (auto& [name, value] : place) message[name] = std::move(value);
    net::CurlRequest request =
        json_request(joined_url(self->settings.api_url, std::string("/") + method), json::serialize(message));
    request.headers.emplace_back("Authorization", "Bearer " + self->settings.token.reveal());
    request.timeout = limit;
    request.authorities = self->channel.authorities;
    self->channel.client.send(
        std::move(request), [self, then = std::move(then)](Result<net::CurlAnswer> answer) {
          const int status = answer ? answer->status : 0;
          SlackReply reply = slack_reply(std::move(answer), self->settings.token);
          if (reply.sent.result == Sent::Result::Refused)
            reply.sent.error += setting_advice(self->channel.setting_names, blamed(status, reply.error));
          then(std::move(reply));
        });
  }

  static void post(const Self& self, const Notification& notification, Duration limit, Done done) {
    ask(self, "chat.postMessage", notification, json::object{{"channel", self->settings.channel}}, limit,
        [done = std::move(done)](SlackReply reply) {
          if (reply.sent.result == Sent::Result::Delivered) reply.sent.receipt = slack_receipt(reply.thread);
          done(std::move(reply.sent));
        });
  }

  static void reply(const Self& self, const Notification& notification, SlackThread thread, Done done) {
    ask(self, "chat.postMessage", notification,
        json::object{{"channel", thread.channel}, {"thread_ts", thread.ts}}, half(self),
        [self, notification, thread, done = std::move(done)](SlackReply reply) mutable {
          if (thread_gone(reply.error)) return post(self, notification, half(self), std::move(done));
          if (reply.sent.result != Sent::Result::Delivered) return done(std::move(reply.sent));
          thread.replied = notification.id.value;
          update(self, notification, thread, std::move(done));
        });
  }

  static void update(const Self& self, const Notification& notification, SlackThread thread, Done done) {
    ask(self, "chat.update", notification, json::object{{"channel", thread.channel}, {"ts", thread.ts}},
        half(self), [thread, done = std::move(done)](SlackReply reply) mutable {
          if (reply.sent.result != Sent::Result::TryAgain) {
            thread.replied = 0;
            // The reply in the thread is delivered already.
            if (reply.sent.result == Sent::Result::Refused)
              reply.sent = {Sent::Result::Delivered, std::nullopt,
                            "the incident's message cannot be updated: " + reply.sent.error, std::nullopt};
          }
          reply.sent.receipt = slack_receipt(thread);
          done(std::move(reply.sent));
        });
  }

  Self self_;
};

}  // namespace

std::string slack_receipt(const SlackThread& thread) {
  if (!fit_for_receipt(thread.channel) || !fit_for_receipt(thread.ts)) return {};
  std::string text = thread.channel + " " + thread.ts;
  if (thread.replied != 0) text += " " + std::to_string(thread.replied);
  return text;
}

std::optional<SlackThread> slack_thread(const std::string& receipt) {
  const std::vector<std::string> words = split(receipt, ' ');
  if (words.size() < 2 || words.size() > 3) return std::nullopt;
  SlackThread thread{words[0], words[1], 0};
  if (!fit_for_receipt(thread.channel) || !fit_for_receipt(thread.ts)) return std::nullopt;
  if (words.size() == 3) {
    const std::string& number = words[2];
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), thread.replied);
    if (error != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  }
  return thread;
}

SlackReply slack_reply(Result<net::CurlAnswer> answer, const Secret& token) {
  SlackReply reply;
  std::optional<Duration> retry_after;
  std::string body;
  if (answer) {
    answer->body = without_secrets(std::move(answer->body), {token});
    body = answer->body;
    retry_after = answer->retry_after;
  } else {
    answer.error().message = without_secrets(std::move(answer.error().message), {token});
  }
  reply.sent = sent_of(std::move(answer));
  if (reply.sent.result != Sent::Result::Delivered) return reply;

  json::error_code unparsed;
  const json::value value = json::parse(body, unparsed);
  const json::object* object = unparsed ? nullptr : value.if_object();
  const json::value* ok = object ? object->if_contains("ok") : nullptr;
  if (!ok || !ok->is_bool()) {
    reply.sent = {Sent::Result::TryAgain, retry_after, "the answer is not Slack's", std::nullopt};
    return reply;
  }
  if (ok->as_bool()) {
    reply.thread.channel = text_of(*object, "channel");
    reply.thread.ts = text_of(*object, "ts");
    return reply;
  }
  reply.error = clip(printable(text_of(*object, "error")), 100);
  reply.sent.result = passing(reply.error) ? Sent::Result::TryAgain : Sent::Result::Refused;
  reply.sent.retry_after = retry_after;
  reply.sent.error = "Slack: " + (reply.error.empty() ? std::string("an error without a name") : reply.error);
  if (const std::string needed = text_of(*object, "needed"); !needed.empty())
    reply.sent.error += " (needed: " + clip(printable(needed), 100) + ")";
  return reply;
}

Result<std::unique_ptr<Notifier>> make_slack_bot_notifier(HttpChannel channel,
                                                          const SlackBotChannel& settings) {
  if (auto good = net::check_url(Secret{settings.api_url}); !good)
    return tl::unexpected(std::move(good.error()));
  if (settings.token.reveal().empty() || !net::fit_for_head(settings.token.reveal()))
    return failure(ErrorCode::InvalidInput,
                   "the bot's token is empty or holds a control character; accepted: xoxb-...");
  if (settings.channel.empty())
    return failure(ErrorCode::InvalidInput, "no channel to post to; accepted: its id (C0123456789) or #name");
  return std::unique_ptr<Notifier>(std::make_unique<SlackBotNotifier>(std::move(channel), settings));
}

}  // namespace healer
