// The channels' part of the table of settings.
#include "config/channel_settings.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.hpp"
#include "config/characters.hpp"
#include "config/config_error.hpp"
#include "config/headers.hpp"
#include "config/setting_kinds.hpp"
#include "config/url.hpp"
#include "model/notification_template.hpp"

namespace healer {
namespace {

using namespace kinds;  // NOLINT: the tables below are these names

/// A URL that healer appends a path to: without user, query and fragment.
bool is_base_url(std::string_view text) {
  const auto url = read_url(text);
  return is_http_url(text) && !url->has_user && url->rest.find_first_of("?#") == std::string::npos;
}

/// PagerDuty: the integration key of Events API v2.
bool is_routing_key(std::string_view text) {
  return text.size() == 32 && is_word(text, 32, "");
}

/// Telegram's "123456:ABC-DEF". The token becomes a part of the request's URL.
bool is_bot_token(std::string_view text) {
  const auto colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && text.size() <= 256 &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_digit) &&
         is_word(text.substr(colon + 1), 256, "_-");
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
  return is_line<100>(text) && text != "#" && text.find_first_of(" ,<>&") == std::string_view::npos;
}

bool is_host(std::string_view text) {
  return is_word(text, 253, "-._") || is_numeric_v6(std::string(text));
}

/// "user@host": enough to send to, without characters that could end or split a line of the mail.
bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && is_graphic<254>(text) &&
         text.find_first_of("@<>()[],;:\\\"", at + 1) == std::string_view::npos &&
         text.substr(0, at).find_first_of("<>()[],;:\\\"") == std::string_view::npos;
}

/// PATH_MAX is 4096 with the zero byte.
bool is_path(std::string_view text) {
  return !text.empty() && text.size() <= 4095 && text.find('\0') == std::string_view::npos;
}

bool is_password(std::string_view text) {
  return !text.empty() && text.size() <= 1024 &&
         text.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

// --- kinds of values --------------------------------------------------------------------------------------

Kind<Secret> token() {
  return secret("text", "1 to 1024 printable ASCII characters without spaces", is_graphic<1024>);
}

/// As is_base_url(); the URL is shown, unless it names a user.
Kind<std::string> base_url() {
  KindInfo info{"URL", "an http:// or https:// URL with a host, without user and query"};
  info.conceals = names_a_user;
  return parsed<std::string>(
      std::move(info),
      [](std::string_view text) {
        return is_base_url(text) ? std::optional(without_last_slashes(text)) : std::nullopt;
      },
      [](const std::string& url) { return url; });
}

using Names = std::vector<std::string>;

Applied read_recipients(Names& into, std::string_view text) {
  constexpr std::size_t most = 50;
  Names addresses;
  for (const std::string& part : split(text, ',')) {
    const std::string address(trim(part));
    if (!is_address(address))
      return Applied::refused(fmt::format("'{}' is no address", shown_value(address)));
    addresses.push_back(address);
  }
  if (addresses.size() > most)
    return Applied::refused(fmt::format("{} addresses; at most {}", addresses.size(), most));
  into = std::move(addresses);
  return true;
}

std::string show_recipients(const Names& addresses) {
  return fmt::format("{}", fmt::join(addresses, ","));
}

bool read_helo(std::string& into, std::string_view text) {
  if (lower(text) != "auto" && !is_word(text, 255, "-._:[]")) return false;
  into = lower(text) == "auto" ? "" : text;
  return true;
}

std::string show_helo(const std::string& helo) {
  return helo.empty() ? "auto" : helo;
}

Kind<std::vector<std::pair<std::string, Secret>>> secret_headers() {
  using Headers = std::vector<std::pair<std::string, Secret>>;
  KindInfo info = list_info("headers", headers_accepted, '\n');
  info.secret = true;
  return {std::move(info),
          [](Headers& into, std::string_view text) {
            std::vector<HttpHeader> headers;
            Applied applied = read_headers(text, headers);
            if (applied) into.clear();
            for (HttpHeader& header : headers)
              into.emplace_back(std::move(header.name), std::move(header.value));
            return applied;
          },
          [](const Headers& from) {
            std::vector<HttpHeader> headers;
            for (const auto& [name, value] : from) headers.push_back({name, value});
            return show_headers(headers);
          }};
}

Applied read_body(std::string& into, std::string_view text) {
  if (text.empty() || text.size() > 16 * 1024) return false;
  const auto body = read_notification_template(text);
  if (!body) return Applied::refused(body.error().reason, body.error().nearest);
  into = std::string(text);
  return true;
}

// --- the types --------------------------------------------------------------------------------------------

/// A channel type: its table, and the settings that every channel has. `variables`: prefix of its variables.
template <class Target>
ChannelType channel(std::string_view title, std::string_view from_env, const std::string& variables,
                    std::string description, const Table<Target>& table,
                    std::string (*mismatch)(const Target&) = nullptr,
                    std::string (*doubt)(const Target&) = nullptr) {
  ChannelType type;
  type.title = title;
  type.from_env = from_env;
  type.description = std::move(description);
  type.blank.name = from_env;
  type.blank.target = Target{};
  type.name = type_name(type.blank.target);
  const auto target = [](auto& settings) -> auto& {
    return std::get<Target>(settings.target);
  };
  const Table<ChannelSettings> delivery{
      {"timeout", variables + "_TIMEOUT", &ChannelSettings::timeout, duration(100ms, 5min),
       "The limit of one try to deliver."},
      {"gap", variables + "_GAP", &ChannelSettings::gap, word_or("auto", duration(0ms, 1h)),
       "The least time between two messages. `auto` keeps the service's limit."},
      {"ca_file", variables + "_CA_FILE", &ChannelSettings::ca_file, text("a file's path", is_path),
       "A PEM file of certificate authorities that this channel trusts beside the system's."},
  };
  type.settings =
      joined<ChannelSettings>(Scope::Channel, {within<ChannelSettings>(target, table), delivery}, type.blank);
  if (mismatch) type.mismatch = [=](const ChannelSettings& each) { return mismatch(target(each)); };
  if (doubt) type.doubt = [=](const ChannelSettings& each) { return doubt(target(each)); };
  return type;
}

std::string email_mismatch(const EmailChannel& email) {
  if (!email.user.empty() && email.password.empty()) return "a user is given, but no password";
  if (email.user.empty() && !email.password.empty()) return "a password is given, but no user";
  return {};
}

std::string email_doubt(const EmailChannel& email) {
  if (email.security == EmailChannel::Security::None && !email.password.empty())
    return "with security none, the password is sent in the clear";
  if (email.security == EmailChannel::Security::StartTls && email.port == 465)
    return "port 465 usually needs security tls";
  if (email.security == EmailChannel::Security::Tls && email.port == 587)
    return "port 587 usually needs security starttls; that of tls is 465";
  return {};
}

ChannelType slack_webhook() {
  using Slack = SlackWebhookChannel;
  const Traits required{.required = true};
  return channel<Slack>(
      "Slack, by incoming webhook", "slack", "SLACK",
      "One message for each notification. The daemon's setting `slack_webhook_url` makes the channel "
      "`slack` too.",
      {{"webhook_url", "SLACK_WEBHOOK_URL", &Slack::url, secret_url(),
        "The incoming webhook of Slack, or of a service that accepts Slack's messages.", required}});
}

ChannelType slack_bot() {
  using Bot = SlackBotChannel;
  const Traits required{.required = true};
  return channel<Bot>(
      "Slack, by a bot", "slack_bot", "SLACK_BOT",
      "One message for each incident, updated to the incident's state; each notification is also a reply "
      "in its thread. The bot needs the scope `chat:write` and must be in the channel.",
      {{"token", "SLACK_BOT_TOKEN", &Bot::token, token(), "The app's bot token, `xoxb-...`.", required},
       {"channel", "SLACK_CHANNEL", &Bot::channel, text("a channel's id or #name", is_slack_channel),
        "The channel's id, which survives a new name, or `#name`.", required},
       {"api_url", "SLACK_API_URL", &Bot::api_url, base_url(), "Where Slack's Web API is."}});
}

ChannelType pagerduty() {
  using PagerDuty = PagerDutyChannel;
  const Traits required{.required = true};
  return channel<PagerDuty>(
      "PagerDuty, Events API v2", "pagerduty", "PAGERDUTY",
      "An incident is triggered once and resolved by a verified recovery only.",
      {{"routing_key", "PAGERDUTY_ROUTING_KEY", &PagerDuty::routing_key,
        secret("text", "32 letters and digits", is_routing_key),
        "The integration key of an Events API v2 integration.", required},
       {"url", "PAGERDUTY_URL", &PagerDuty::url, base_url(),
        "Where events go; `https://events.eu.pagerduty.com/v2/enqueue` for accounts in the EU."}});
}

ChannelType opsgenie() {
  using Opsgenie = OpsgenieChannel;
  const Traits required{.required = true};
  return channel<Opsgenie>("Opsgenie", "opsgenie", "OPSGENIE",
                           "An alert is created once for each incident and closed by a verified recovery.",
                           {{"api_key", "OPSGENIE_API_KEY", &Opsgenie::api_key, token(),
                             "The key of an API integration.", required},
                            {"api_url", "OPSGENIE_API_URL", &Opsgenie::api_url, base_url(),
                             "Where the API is; `https://api.eu.opsgenie.com` for accounts in the EU."}});
}

ChannelType discord() {
  using Discord = DiscordChannel;
  const Traits required{.required = true};
  return channel<Discord>("Discord", "discord", "DISCORD",
                          "An embed for each notification; nobody is mentioned.",
                          {{"webhook_url", "DISCORD_WEBHOOK_URL", &Discord::url, secret_url(),
                            "The webhook of a channel.", required}});
}

ChannelType teams() {
  using Teams = TeamsChannel;
  const Traits required{.required = true};
  return channel<Teams>(
      "Microsoft Teams, by a workflow", "teams", "TEAMS",
      "An adaptive card for each notification, for the workflow \"When a Teams webhook request is "
      "received\".",
      {{"webhook_url", "TEAMS_WEBHOOK_URL", &Teams::url, secret_url(), "The workflow's URL.", required}});
}

ChannelType telegram() {
  using Telegram = TelegramChannel;
  const Traits required{.required = true};
  return channel<Telegram>(
      "Telegram", "telegram", "TELEGRAM", "A message of a bot to a chat, group or channel.",
      {{"token", "TELEGRAM_BOT_TOKEN", &Telegram::token,
        secret("text", "a bot's token, digits, ':' and letters, digits, '_' and '-'", is_bot_token),
        "The bot's token, as BotFather gave it.", required},
       {"chat_id", "TELEGRAM_CHAT_ID", &Telegram::chat_id,
        text("a chat's number, or @ and a channel's name", is_chat_id),
        "The chat, such as `-1001234567890` or `@channelname`.", required},
       {"api_url", "TELEGRAM_API_URL", &Telegram::api_url, base_url(), "Where the Bot API is."}});
}

ChannelType ntfy() {
  using Ntfy = NtfyChannel;
  const Traits required{.required = true};
  return channel<Ntfy>(
      "ntfy", "ntfy", "NTFY", "A push message to everybody who subscribes to the topic.",
      {{"url", "NTFY_URL", &Ntfy::url, secret_url(),
        "The topic's URL, such as `https://ntfy.sh/TOPIC`. Anybody who knows it can publish.", required},
       {"token", "NTFY_TOKEN", &Ntfy::token, token(), "The access token of a topic that is protected."}});
}

ChannelType gotify() {
  using Gotify = GotifyChannel;
  const Traits required{.required = true};
  return channel<Gotify>(
      "Gotify", "gotify", "GOTIFY", "A message of an application.",
      {{"url", "GOTIFY_URL", &Gotify::url, base_url(), "The server.", required},
       {"token", "GOTIFY_TOKEN", &Gotify::token, token(), "The application's token.", required}});
}

ChannelType email() {
  using Email = EmailChannel;
  using Security = EmailChannel::Security;
  const Traits required{.required = true};
  return channel<Email>(
      "Email, by SMTP", "email", "SMTP",
      "The messages of an incident are one thread. Nothing is sent to a server that lacks STARTTLS (with "
      "`starttls`), or whose certificate is not valid (with `starttls` or `tls`).",
      {{"host", "SMTP_HOST", &Email::host, text("a host's name or numeric address", is_host),
        "The mail server.", required},
       {"port", "SMTP_PORT", &Email::port, number<std::uint16_t>(1, 65535),
        "Its port: usually 587 with `starttls`, 465 with `tls`."},
       {"security", "SMTP_SECURITY", &Email::security,
        choice<Security>(
            {{"starttls", Security::StartTls}, {"tls", Security::Tls}, {"none", Security::None}}),
        "How the connection is encrypted. Use `none` only within one host or your own network."},
       {"user", "SMTP_USER", &Email::user,
        text("text of 1 to 256 bytes without control characters", is_line<256>),
        "The user to log in as; unset, there is no login."},
       {"password", "SMTP_PASSWORD", &Email::password,
        secret("text", "text of 1 to 1024 bytes on one line", is_password), "The user's password.",
        Traits{.is_text = true}},
       {"from", "SMTP_FROM", &Email::from, text("an address, such as healer@example.com", is_address),
        "The sender's address.", required},
       {"to", "SMTP_TO", &Email::to,
        special<Names>(list_info("addresses", "1 to 50 addresses with commas between them", ','),
                       read_recipients, show_recipients),
        "The recipients.", required},
       {"helo", "SMTP_HELO", &Email::helo,
        special<std::string>({"text", "auto, a full host name, or an address in brackets"}, read_helo,
                             show_helo),
        "The name that healer gives the mail server (EHLO). `auto` is the domain of the sender's "
        "address; "
        "when the domain has no dot, the host's full name, else its address."}},
      email_mismatch, email_doubt);
}

ChannelType apprise() {
  using Apprise = AppriseChannel;
  const Traits required{.required = true};
  return channel<Apprise>(
      "Apprise", "notification_apprise", "NOTIFICATION_APPRISE",
      "An Apprise API server, which forwards to every service that Apprise supports. docker-autoheal's "
      "`APPRISE_URL` is another channel, with docker-autoheal's sentences.",
      {{"url", "NOTIFICATION_APPRISE_URL", &Apprise::url, secret_url(),
        "The notify address, such as `http://apprise:8000/notify/KEY`.", required}});
}

ChannelType alertmanager() {
  using Alertmanager = AlertmanagerChannel;
  const Traits required{.required = true};
  return channel<Alertmanager>("Alertmanager, API v2", "alertmanager", "ALERTMANAGER_SEND",
                               "An alert for each incident, kept firing until a verified recovery.",
                               {{"url", "ALERTMANAGER_URL", &Alertmanager::url, secret_url(),
                                 "The URL of Alertmanager; healer adds `/api/v2/alerts`.", required},
                                {"token", "ALERTMANAGER_SEND_TOKEN", &Alertmanager::token, token(),
                                 "A bearer token, if a proxy in front of Alertmanager needs one."}});
}

ChannelType webhook() {
  using Webhook = WebhookChannel;
  const Traits required{.required = true};
  return channel<Webhook>(
      "Any service, by a webhook", "notification_webhook", "NOTIFICATION_WEBHOOK",
      "A request for each notification, with a JSON body of your own. docker-autoheal's `WEBHOOK_URL` is "
      "another channel, with docker-autoheal's sentences.",
      {{"url", "NOTIFICATION_WEBHOOK_URL", &Webhook::url, secret_url(), "Where the request goes.", required},
       {"method", "NOTIFICATION_WEBHOOK_METHOD", &Webhook::method,
        choice<std::string>({{"POST", "POST"}, {"PUT", "PUT"}}), "The request's method."},
       {"headers", "NOTIFICATION_WEBHOOK_HEADERS", &Webhook::headers, secret_headers(),
        "Headers of the request, such as `Authorization: Bearer ...`."},
       {"body", "NOTIFICATION_WEBHOOK_BODY", &Webhook::body,
        special<std::string>({"text", "a JSON template of at most 16 KiB"}, read_body,
                             [](const std::string& body) { return body; }),
        "The template of the JSON body; unset, it has every field of the notification. "
        "docs/notifications.md lists the "
        "fields.",
        Traits{.is_text = true}}});
}

std::vector<ChannelType> all_types() {
  return {slack_webhook(), slack_bot(), pagerduty(), opsgenie(), discord(),      teams(),  telegram(),
          ntfy(),          gotify(),    email(),     apprise(),  alertmanager(), webhook()};
}

}  // namespace

std::span<const ChannelType> channel_types() {
  static const std::vector<ChannelType> types = all_types();
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
  return is_short_name(text) && text != "all" && text != "none";
}

}  // namespace healer
