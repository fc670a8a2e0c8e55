// The channels' part of the table of settings.
#include "config/channel_settings.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/headers.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"
#include "model/alert_template.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the tables below are these names

using Table = std::vector<Setting<ChannelSettings>>;

constexpr const char* url_accepted = "an http:// or https:// URL with a host";
constexpr const char* base_url_accepted = "an http:// or https:// URL with a host, without user and query";

bool is_graphic(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 1024 && is_graphic(text);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// An address that more is added to.
bool is_base_url(std::string_view text) {
  const auto url = read_url(text);
  return is_http_url(text) && !url->has_user && url->rest.find_first_of("?#") == std::string::npos;
}

std::string without_last_slashes(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  return std::string(text);
}

/// A user and password in an URL, where the URL is otherwise shown.
bool names_a_user(std::string_view text) {
  return text.find('@') != std::string_view::npos;
}

/// PagerDuty: the integration key of Events API v2.
bool is_routing_key(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), is_alphanumeric);
}

/// Telegram's "123456:ABC-DEF": it becomes a part of the URL.
bool is_bot_token(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || text.size() > 256 || colon + 1 == text.size())
    return false;
  const auto fits = [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; };
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_digit) &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(colon) + 1, text.end(), fits);
}

bool is_chat_id(std::string_view text) {
  if (text.size() > 64) return false;
  const bool name = text.starts_with('@');
  if (name || text.starts_with('-')) text.remove_prefix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_digit(c) || (name && (is_alphanumeric(c) || c == '_'));
  });
}

bool is_slack_channel(std::string_view text) {
  return !text.empty() && text.size() <= 100 && text != "#" && printable(text) == text &&
         text.find_first_of(" ,<>&") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  return is_numeric_v6(std::string(text)) || std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '.' || c == '_';
         });
}

/// "somebody@host": enough to send to, and nothing that could end or split a line.
bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= 254 &&
         text.find('@', at + 1) == std::string_view::npos && is_graphic(text) &&
         text.find_first_of("<>()[],;:\\\"") == std::string_view::npos;
}

bool is_user(std::string_view text) {
  return !text.empty() && text.size() <= 256 && printable(text) == text;
}

bool is_password(std::string_view text) {
  return !text.empty() && text.size() <= 1024 &&
         text.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

// --- kinds of entries -------------------------------------------------------------------------------------

/// A text that is never printed.
template <class Field>
Setting<ChannelSettings> secret(SettingInfo info, std::string type, std::string accepted,
                                bool (*valid)(std::string_view), Field field) {
  info.secret = true;
  info.type = std::move(type);
  info.accepted = std::move(accepted);
  return {std::move(info),
          [=](ChannelSettings& target, std::string_view value) {
            if (!valid(value)) return false;
            field(target) = Secret(std::string(value));
            return true;
          },
          [=](const ChannelSettings& target) { return to_string(field(target)); }};
}

template <class Field>
Setting<ChannelSettings> secret_url(SettingInfo info, Field field) {
  return secret(std::move(info), "URL", url_accepted, is_http_url, field);
}

template <class Field>
Setting<ChannelSettings> token(SettingInfo info, Field field) {
  return secret(std::move(info), "text", "1 to 1024 printable ASCII characters without spaces", is_token,
                field);
}

/// An address that more is added to, and that is shown.
template <class Field>
Setting<ChannelSettings> base_url(SettingInfo info, Field field) {
  info.type = "URL";
  info.accepted = base_url_accepted;
  info.conceals = names_a_user;
  return {std::move(info),
          [=](ChannelSettings& target, std::string_view value) {
            if (!is_base_url(value)) return false;
            field(target) = without_last_slashes(value);
            return true;
          },
          [=](const ChannelSettings& target) { return field(target); }};
}

template <class Target>
Target& of(ChannelSettings& channel) {
  return std::get<Target>(channel.target);
}
template <class Target>
const Target& of(const ChannelSettings& channel) {
  return std::get<Target>(channel.target);
}

/// The type as a whole: what every one shares is added, and what its entries share is filled in.
template <class Target>
ChannelType finished_type(ChannelType type, std::string_view timeout_env, std::string_view gap_env,
                          Table table) {
  type.blank.name = type.from_env;
  type.blank.target = Target{};
  type.settings = std::move(table);
  type.settings.push_back(duration<ChannelSettings>(
      {.key = "timeout", .env = timeout_env, .description = "The limit of one try to deliver."}, 100ms, 5min,
      [](auto& c) -> auto& { return c.timeout; }));
  type.settings.push_back(duration_or_auto<ChannelSettings>(
      {.key = "gap",
       .env = gap_env,
       .description = "The least time between two messages. `auto` is what suits the service."},
      0ms, 1h, [](auto& c) -> auto& { return c.gap; }));
  for (Setting<ChannelSettings>& setting : type.settings) {
    setting.info.scope = Scope::Channel;
    setting.info.default_text = setting.show(type.blank);
  }
  return type;
}

// --- the types --------------------------------------------------------------------------------------------

ChannelType slack() {
  using Slack = SlackWebhookChannel;
  return finished_type<Slack>(
      {.name = "slack",
       .title = "Slack, by incoming webhook",
       .from_env = "slack",
       .description =
           "One message for each alert. The daemon's setting `slack_webhook_url` makes the channel "
           "`slack` too."},
      "SLACK_TIMEOUT", "SLACK_GAP",
      {secret_url(
          {.key = "webhook_url",
           .env = "SLACK_WEBHOOK_URL",
           .description = "The incoming webhook, or that of a service that takes Slack's messages.",
           .required = true},
          [](auto& c) -> auto& { return of<Slack>(c).url; })});
}

ChannelType slack_bot() {
  using Bot = SlackBotChannel;
  return finished_type<Bot>(
      {.name = "slack_bot",
       .title = "Slack, by a bot",
       .from_env = "slack_bot",
       .description =
           "One message for each incident, updated as it moves; what happens goes into its thread. "
           "The bot needs the scope `chat:write` and must be in the channel."},
      "SLACK_BOT_TIMEOUT", "SLACK_BOT_GAP",
      {token(
           {.key = "token",
            .env = "SLACK_BOT_TOKEN",
            .description = "The app's bot token, `xoxb-...`.",
            .required = true},
           [](auto& c) -> auto& { return of<Bot>(c).token; }),
       text<ChannelSettings>(
           {.key = "channel",
            .env = "SLACK_CHANNEL",
            .description = "The channel's id, which survives a new name, or `#name`.",
            .required = true},
           "a channel's id or #name", is_slack_channel, [](auto& c) -> auto& { return of<Bot>(c).channel; }),
       base_url(
           {.key = "api_url", .env = "SLACK_API_URL", .description = "Where Slack's Web API is."},
           [](auto& c) -> auto& { return of<Bot>(c).api_url; })});
}

ChannelType pagerduty() {
  using PagerDuty = PagerDutyChannel;
  return finished_type<PagerDuty>(
      {.name = "pagerduty",
       .title = "PagerDuty, Events API v2",
       .from_env = "pagerduty",
       .description = "An incident is triggered once and resolved by a verified recovery only."},
      "PAGERDUTY_TIMEOUT", "PAGERDUTY_GAP",
      {secret(
           {.key = "routing_key",
            .env = "PAGERDUTY_ROUTING_KEY",
            .description = "The integration key of an Events API v2 integration.",
            .required = true},
           "text", "32 letters and digits", is_routing_key,
           [](auto& c) -> auto& { return of<PagerDuty>(c).routing_key; }),
       base_url(
           {.key = "url",
            .env = "PAGERDUTY_URL",
            .description =
                "Where events go; `https://events.eu.pagerduty.com/v2/enqueue` for accounts in the EU."},
           [](auto& c) -> auto& { return of<PagerDuty>(c).url; })});
}

ChannelType opsgenie() {
  using Opsgenie = OpsgenieChannel;
  return finished_type<Opsgenie>(
      {.name = "opsgenie",
       .title = "Opsgenie",
       .from_env = "opsgenie",
       .description = "An alert is created once for each incident and closed by a verified recovery."},
      "OPSGENIE_TIMEOUT", "OPSGENIE_GAP",
      {token(
           {.key = "api_key",
            .env = "OPSGENIE_API_KEY",
            .description = "The key of an API integration.",
            .required = true},
           [](auto& c) -> auto& { return of<Opsgenie>(c).api_key; }),
       base_url(
           {.key = "api_url",
            .env = "OPSGENIE_API_URL",
            .description = "Where the API is; `https://api.eu.opsgenie.com` for accounts in the EU."},
           [](auto& c) -> auto& { return of<Opsgenie>(c).api_url; })});
}

ChannelType discord() {
  return finished_type<DiscordChannel>({.name = "discord",
                                        .title = "Discord",
                                        .from_env = "discord",
                                        .description = "An embed for each alert; nobody is mentioned."},
                                       "DISCORD_TIMEOUT", "DISCORD_GAP",
                                       {secret_url(
                                           {.key = "webhook_url",
                                            .env = "DISCORD_WEBHOOK_URL",
                                            .description = "The webhook of a channel.",
                                            .required = true},
                                           [](auto& c) -> auto& { return of<DiscordChannel>(c).url; })});
}

ChannelType teams() {
  return finished_type<TeamsChannel>(
      {.name = "teams",
       .title = "Microsoft Teams, by a workflow",
       .from_env = "teams",
       .description = "An adaptive card for each alert, for the workflow \"When a Teams webhook request is "
                      "received\"."},
      "TEAMS_TIMEOUT", "TEAMS_GAP",
      {secret_url(
          {.key = "webhook_url",
           .env = "TEAMS_WEBHOOK_URL",
           .description = "The workflow's URL.",
           .required = true},
          [](auto& c) -> auto& { return of<TeamsChannel>(c).url; })});
}

ChannelType telegram() {
  using Telegram = TelegramChannel;
  return finished_type<Telegram>(
      {.name = "telegram",
       .title = "Telegram",
       .from_env = "telegram",
       .description = "A message of a bot to a chat, group or channel."},
      "TELEGRAM_TIMEOUT", "TELEGRAM_GAP",
      {secret(
           {.key = "token",
            .env = "TELEGRAM_BOT_TOKEN",
            .description = "The bot's token, as BotFather gave it.",
            .required = true},
           "text", "a bot's token, digits, ':' and letters, digits, '_' and '-'", is_bot_token,
           [](auto& c) -> auto& { return of<Telegram>(c).token; }),
       text<ChannelSettings>(
           {.key = "chat_id",
            .env = "TELEGRAM_CHAT_ID",
            .description = "The chat, such as `-1001234567890` or `@channelname`.",
            .required = true},
           "a chat's number, or @ and a channel's name", is_chat_id,
           [](auto& c) -> auto& { return of<Telegram>(c).chat_id; }),
       base_url(
           {.key = "api_url", .env = "TELEGRAM_API_URL", .description = "Where the Bot API is."},
           [](auto& c) -> auto& { return of<Telegram>(c).api_url; })});
}

ChannelType ntfy() {
  return finished_type<NtfyChannel>(
      {.name = "ntfy",
       .title = "ntfy",
       .from_env = "ntfy",
       .description = "A push message to everybody who subscribes to the topic."},
      "NTFY_TIMEOUT", "NTFY_GAP",
      {secret_url(
           {.key = "url",
            .env = "NTFY_URL",
            .description = "The topic's URL, such as `https://ntfy.sh/TOPIC`: who knows it can write.",
            .required = true},
           [](auto& c) -> auto& { return of<NtfyChannel>(c).url; }),
       token(
           {.key = "token",
            .env = "NTFY_TOKEN",
            .description = "The access token of a topic that is protected."},
           [](auto& c) -> auto& { return of<NtfyChannel>(c).token; })});
}

ChannelType gotify() {
  return finished_type<GotifyChannel>(
      {.name = "gotify",
       .title = "Gotify",
       .from_env = "gotify",
       .description = "A message of an application."},
      "GOTIFY_TIMEOUT", "GOTIFY_GAP",
      {base_url(
           {.key = "url", .env = "GOTIFY_URL", .description = "The server.", .required = true},
           [](auto& c) -> auto& { return of<GotifyChannel>(c).url; }),
       token(
           {.key = "token",
            .env = "GOTIFY_TOKEN",
            .description = "The application's token.",
            .required = true},
           [](auto& c) -> auto& { return of<GotifyChannel>(c).token; })});
}

Applied apply_recipients(ChannelSettings& channel, std::string_view text) {
  constexpr std::size_t most = 50;
  std::vector<std::string> addresses;
  for (const std::string& part : split(text, ',')) {
    const std::string address(trim(part));
    if (!is_address(address))
      return Applied::refused(fmt::format("'{}' is no address", shown_value(address)));
    addresses.push_back(address);
  }
  if (addresses.size() > most)
    return Applied::refused(fmt::format("{} addresses; at most {}", addresses.size(), most));
  of<EmailChannel>(channel).to = std::move(addresses);
  return true;
}

std::string show_recipients(const ChannelSettings& channel) {
  return fmt::format("{}", fmt::join(of<EmailChannel>(channel).to, ","));
}

std::string email_mismatch(const ChannelSettings& channel) {
  const auto& email = of<EmailChannel>(channel);
  if (!email.user.empty() && email.password.empty()) return "a user is given, but no password";
  if (email.user.empty() && !email.password.empty()) return "a password is given, but no user";
  return {};
}

std::string email_doubt(const ChannelSettings& channel) {
  const auto& email = of<EmailChannel>(channel);
  if (email.security == EmailChannel::Security::None && !email.password.empty())
    return "with security none, the password is sent in the clear";
  if (email.security == EmailChannel::Security::StartTls && email.port == 465)
    return "port 465 usually needs security tls";
  if (email.security == EmailChannel::Security::Tls && email.port == 587)
    return "port 587 usually needs security starttls; that of tls is 465";
  return {};
}

ChannelType email() {
  using Email = EmailChannel;
  using Security = EmailChannel::Security;
  return finished_type<Email>(
      {.name = "email",
       .title = "Email, by SMTP",
       .from_env = "email",
       .description = "A message to each incident's thread. With `starttls` a server that does not offer it, "
                      "and with it or `tls` one whose certificate is not valid, is not sent to.",
       .mismatch = email_mismatch,
       .doubt = email_doubt},
      "SMTP_TIMEOUT", "SMTP_GAP",
      {text<ChannelSettings>(
           {.key = "host", .env = "SMTP_HOST", .description = "The mail server.", .required = true},
           "a host's name or numeric address", is_host, [](auto& c) -> auto& { return of<Email>(c).host; }),
       number<ChannelSettings>(
           {.key = "port",
            .env = "SMTP_PORT",
            .description = "Its port: usually 587 with `starttls`, 465 with `tls`."},
           1, 65535, [](auto& c) -> auto& { return of<Email>(c).port; }),
       choice<ChannelSettings, Security>(
           {.key = "security",
            .env = "SMTP_SECURITY",
            .description =
                "How the connection is encrypted; `none` only within one host or network of yours."},
           {{"starttls", Security::StartTls}, {"tls", Security::Tls}, {"none", Security::None}},
           [](auto& c) -> auto& { return of<Email>(c).security; }),
       text<ChannelSettings>(
           {.key = "user", .env = "SMTP_USER", .description = "Whom to log in as; unset, there is no login."},
           "text of 1 to 256 bytes without control characters", is_user,
           [](auto& c) -> auto& { return of<Email>(c).user; }),
       secret(
           {.key = "password",
            .env = "SMTP_PASSWORD",
            .description = "The user's password.",
            .is_text = true},
           "text", "text of 1 to 1024 bytes on one line", is_password,
           [](auto& c) -> auto& { return of<Email>(c).password; }),
       text<ChannelSettings>(
           {.key = "from", .env = "SMTP_FROM", .description = "The sender's address.", .required = true},
           "an address, such as healer@example.com", is_address,
           [](auto& c) -> auto& { return of<Email>(c).from; }),
       special<ChannelSettings>({.key = "to",
                                 .env = "SMTP_TO",
                                 .description = "Who is told.",
                                 .required = true,
                                 .list_separator = ','},
                                "addresses", "1 to 50 addresses with commas between them", apply_recipients,
                                show_recipients)});
}

ChannelType apprise() {
  return finished_type<AppriseChannel>(
      {.name = "apprise",
       .title = "Apprise",
       .from_env = "alert_apprise",
       .description = "An Apprise API server, and by it every service that Apprise knows. docker-autoheal's "
                      "`APPRISE_URL` is another channel, with docker-autoheal's sentences."},
      "ALERT_APPRISE_TIMEOUT", "ALERT_APPRISE_GAP",
      {secret_url(
          {.key = "url",
           .env = "ALERT_APPRISE_URL",
           .description = "The notify address, such as `http://apprise:8000/notify/KEY`.",
           .required = true},
          [](auto& c) -> auto& { return of<AppriseChannel>(c).url; })});
}

ChannelType alertmanager() {
  using Alertmanager = AlertmanagerChannel;
  return finished_type<Alertmanager>(
      {.name = "alertmanager",
       .title = "Alertmanager, API v2",
       .from_env = "alertmanager",
       .description = "An alert for each incident, kept firing until a verified recovery."},
      "ALERTMANAGER_SEND_TIMEOUT", "ALERTMANAGER_SEND_GAP",
      {secret_url(
           {.key = "url",
            .env = "ALERTMANAGER_URL",
            .description = "Alertmanager itself; `/api/v2/alerts` is added.",
            .required = true},
           [](auto& c) -> auto& { return of<Alertmanager>(c).url; }),
       token(
           {.key = "token",
            .env = "ALERTMANAGER_SEND_TOKEN",
            .description = "A bearer token, where a proxy in front of it asks for one."},
           [](auto& c) -> auto& { return of<Alertmanager>(c).token; })});
}

Applied apply_headers(ChannelSettings& channel, std::string_view text) {
  std::vector<HttpHeader> headers;
  if (Applied applied = read_headers(text, headers); !applied) return applied;
  auto& into = of<WebhookChannel>(channel).headers;
  into.clear();
  for (HttpHeader& header : headers) into.emplace_back(std::move(header.name), std::move(header.value));
  return true;
}

std::string show_webhook_headers(const ChannelSettings& channel) {
  std::vector<HttpHeader> headers;
  for (const auto& [name, value] : of<WebhookChannel>(channel).headers)
    headers.push_back(HttpHeader{name, value});
  return show_headers(headers);
}

Applied apply_template(ChannelSettings& channel, std::string_view text) {
  if (text.empty() || text.size() > 16 * 1024) return false;
  const auto body = read_alert_template(text);
  if (!body) return Applied::refused(body.error().reason, body.error().nearest);
  of<WebhookChannel>(channel).body = std::string(text);
  return true;
}

std::string show_template(const ChannelSettings& channel) {
  return of<WebhookChannel>(channel).body;
}

ChannelType webhook() {
  using Webhook = WebhookChannel;
  return finished_type<Webhook>(
      {.name = "webhook",
       .title = "Any service, by a webhook",
       .from_env = "alert_webhook",
       .description = "A request for each alert, with a JSON body of your own. docker-autoheal's "
                      "`WEBHOOK_URL` is another channel, with docker-autoheal's sentences."},
      "ALERT_WEBHOOK_TIMEOUT", "ALERT_WEBHOOK_GAP",
      {secret_url(
           {.key = "url",
            .env = "ALERT_WEBHOOK_URL",
            .description = "Where the request goes.",
            .required = true},
           [](auto& c) -> auto& { return of<Webhook>(c).url; }),
       choice<ChannelSettings, std::string>(
           {.key = "method", .env = "ALERT_WEBHOOK_METHOD", .description = "The request's method."},
           {{"POST", "POST"}, {"PUT", "PUT"}}, [](auto& c) -> auto& { return of<Webhook>(c).method; }),
       special<ChannelSettings>(
           {.key = "headers",
            .env = "ALERT_WEBHOOK_HEADERS",
            .description = "Headers of the request, such as `Authorization: Bearer ...`.",
            .secret = true,
            .list_separator = '\n'},
           "headers", headers_accepted, apply_headers, show_webhook_headers),
       special<ChannelSettings>(
           {.key = "body",
            .env = "ALERT_WEBHOOK_BODY",
            .description = "The template of the JSON body; unset, it has every field of the "
                           "alert. docs/alerts.md lists the fields.",
            .is_text = true},
           "text", "a JSON template of at most 16 KiB", apply_template, show_template)});
}

}  // namespace

std::span<const ChannelType> channel_types() {
  static const std::vector<ChannelType> types{slack(),   slack_bot(),    pagerduty(), opsgenie(), discord(),
                                              teams(),   telegram(),     ntfy(),      gotify(),   email(),
                                              apprise(), alertmanager(), webhook()};
  return types;
}

const ChannelType* find_channel_type(std::string_view name) {
  for (const ChannelType& type : channel_types())
    if (type.name == name) return &type;
  return nullptr;
}

std::string channel_type_names() {
  std::string names;
  for (const ChannelType& type : channel_types())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", type.name);
  return names;
}

std::vector<const SettingInfo*> all_channel_settings() {
  std::vector<const SettingInfo*> all;
  for (const ChannelType& type : channel_types())
    for (const auto& setting : type.settings) all.push_back(&setting.info);
  return all;
}

bool is_channel_name(std::string_view text) {
  if (text.empty() || text.size() > 32 || text == "all" || text == "none") return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '_' || c == '-'; });
}

}  // namespace healer
