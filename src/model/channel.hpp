#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "base/time.hpp"
#include "model/forms.hpp"

namespace healer {

// Where notifications go: one struct per service, with the settings that sending needs. config/ reads and
// checks the settings, notify/ makes a Notifier of each struct. An address is a secret where knowing the
// address is enough to send.

/// An incoming webhook of Slack, or of a service that accepts Slack's messages.
struct SlackWebhookChannel {
  Secret url;
  bool operator==(const SlackWebhookChannel&) const = default;
};
HEALER_DESCRIBE(SlackWebhookChannel, url);
template <>
struct TypeDialect<SlackWebhookChannel> {
  static constexpr std::string_view name = "slack";
};

/// A Slack app's bot: one message per incident, updated when the incident changes; details go to its thread.
struct SlackBotChannel {
  Secret token;         ///< xoxb-...
  std::string channel;  ///< id or #name
  std::string api_url = "https://slack.com/api";
  bool operator==(const SlackBotChannel&) const = default;
};
HEALER_DESCRIBE(SlackBotChannel, token, channel, api_url);
template <>
struct TypeDialect<SlackBotChannel> {
  static constexpr std::string_view name = "slack_bot";
};

/// PagerDuty Events API v2.
struct PagerDutyChannel {
  Secret routing_key;
  std::string url = "https://events.pagerduty.com/v2/enqueue";
  bool operator==(const PagerDutyChannel&) const = default;
};
HEALER_DESCRIBE(PagerDutyChannel, routing_key, url);
template <>
struct TypeDialect<PagerDutyChannel> {
  static constexpr std::string_view name = "pagerduty";
};

struct OpsgenieChannel {
  Secret api_key;
  std::string api_url = "https://api.opsgenie.com";  ///< https://api.eu.opsgenie.com in the EU
  bool operator==(const OpsgenieChannel&) const = default;
};
HEALER_DESCRIBE(OpsgenieChannel, api_key, api_url);
template <>
struct TypeDialect<OpsgenieChannel> {
  static constexpr std::string_view name = "opsgenie";
};

struct DiscordChannel {
  Secret url;
  bool operator==(const DiscordChannel&) const = default;
};
HEALER_DESCRIBE(DiscordChannel, url);
template <>
struct TypeDialect<DiscordChannel> {
  static constexpr std::string_view name = "discord";
};

/// A workflow's webhook ("When a Teams webhook request is received"): an adaptive card.
struct TeamsChannel {
  Secret url;
  bool operator==(const TeamsChannel&) const = default;
};
HEALER_DESCRIBE(TeamsChannel, url);
template <>
struct TypeDialect<TeamsChannel> {
  static constexpr std::string_view name = "teams";
};

struct TelegramChannel {
  Secret token;
  std::string chat_id;
  std::string api_url = "https://api.telegram.org";
  bool operator==(const TelegramChannel&) const = default;
};
HEALER_DESCRIBE(TelegramChannel, token, chat_id, api_url);
template <>
struct TypeDialect<TelegramChannel> {
  static constexpr std::string_view name = "telegram";
};

struct NtfyChannel {
  Secret url;    ///< of the topic; knowing a topic's name is enough to write to the topic
  Secret token;  ///< empty: none is sent
  bool operator==(const NtfyChannel&) const = default;
};
HEALER_DESCRIBE(NtfyChannel, url, token);
template <>
struct TypeDialect<NtfyChannel> {
  static constexpr std::string_view name = "ntfy";
};

struct GotifyChannel {
  std::string url;
  Secret token;
  bool operator==(const GotifyChannel&) const = default;
};
HEALER_DESCRIBE(GotifyChannel, url, token);
template <>
struct TypeDialect<GotifyChannel> {
  static constexpr std::string_view name = "gotify";
};

BOOST_DEFINE_ENUM_CLASS(EmailSecurity,
                        StartTls,  ///< sending fails where the server does not offer STARTTLS
                        Tls, None)

template <>
struct EnumDialect<EmailSecurity> {
  static constexpr std::array texts{EnumText<EmailSecurity>{EmailSecurity::StartTls, "starttls"}};
};

struct EmailChannel {
  using Security = EmailSecurity;
  std::string host;
  std::uint16_t port = 587;
  Security security = Security::StartTls;
  std::string user;  ///< empty: no login
  Secret password;
  std::string from;
  std::vector<std::string> to;
  std::string helo = {};  ///< healer's name in EHLO; empty: found from `from` and the host's names
  bool operator==(const EmailChannel&) const = default;
};
HEALER_DESCRIBE(EmailChannel, host, port, security, user, password, from, to, helo);
template <>
struct TypeDialect<EmailChannel> {
  static constexpr std::string_view name = "email";
};

/// An Apprise API server's notify address.
struct AppriseChannel {
  Secret url;
  bool operator==(const AppriseChannel&) const = default;
};
HEALER_DESCRIBE(AppriseChannel, url);
template <>
struct TypeDialect<AppriseChannel> {
  static constexpr std::string_view name = "apprise";
};

/// Alertmanager's v2 API: an alert is repeated, so that it keeps firing, until its incident is resolved.
struct AlertmanagerChannel {
  Secret url;    ///< base address of Alertmanager; "/api/v2/alerts" is added
  Secret token;  ///< bearer token; empty: none
  bool operator==(const AlertmanagerChannel&) const = default;
};
HEALER_DESCRIBE(AlertmanagerChannel, url, token);
template <>
struct TypeDialect<AlertmanagerChannel> {
  static constexpr std::string_view name = "alertmanager";
};

/// Any service: a request whose body is made from a JSON template.
struct WebhookChannel {
  Secret url;
  std::string method = "POST";  ///< POST or PUT
  std::vector<std::pair<std::string, Secret>> headers;
  std::string body;  ///< the template; empty: every field of the notification
  bool operator==(const WebhookChannel&) const = default;
};
HEALER_DESCRIBE(WebhookChannel, url, method, headers, body);
template <>
struct TypeDialect<WebhookChannel> {
  static constexpr std::string_view name = "webhook";
};

using ChannelTarget = std::variant<SlackWebhookChannel, SlackBotChannel, PagerDutyChannel, OpsgenieChannel,
                                   DiscordChannel, TeamsChannel, TelegramChannel, NtfyChannel, GotifyChannel,
                                   EmailChannel, AppriseChannel, AlertmanagerChannel, WebhookChannel>;

/// How an operator writes each setting of a channel: "chat_id" -> "TELEGRAM_CHAT_ID", or for a channel of the
/// file "channels.ops.chat_id".
using SettingNames = std::map<std::string, std::string, std::less<>>;

/// One configured channel. A channel of the environment has its type as its name ("slack", "pagerduty"); a
/// channel of the file has the name that the file gives.
struct ChannelSettings {
  std::string name;  ///< unique; stored with each delivery
  ChannelTarget target;
  Duration timeout = 10s;           ///< of one delivery try
  std::optional<Duration> gap;      ///< least time between two messages; empty: the service's default
  std::string ca_file = {};         ///< authorities that this channel trusts beside the system's; empty: none
  SettingNames setting_names = {};  ///< for errors
  bool operator==(const ChannelSettings&) const = default;
};
HEALER_DESCRIBE(ChannelSettings, name, target, timeout, gap, ca_file, setting_names);

/// The type's name in the configuration: "slack", "slack_bot", "pagerduty" ...
constexpr const char* type_name(const ChannelTarget& target) {
  return tag_of(target).data();  // a view of a string literal: '\0' follows
}

}  // namespace healer
