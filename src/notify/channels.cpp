#include "notify/channels.hpp"

#include <string>
#include <utility>
#include <variant>

#include "net/curl_client.hpp"
#include "notify/alertmanager.hpp"
#include "notify/apprise.hpp"
#include "notify/discord.hpp"
#include "notify/email.hpp"
#include "notify/gotify.hpp"
#include "notify/ntfy.hpp"
#include "notify/opsgenie.hpp"
#include "notify/pagerduty.hpp"
#include "notify/slack.hpp"
#include "notify/slack_bot.hpp"
#include "notify/teams.hpp"
#include "notify/telegram.hpp"
#include "notify/webhook.hpp"

namespace healer {
namespace {

using Made = Result<std::unique_ptr<Notifier>>;

/// The services' published limits for one webhook, bot or integration.
struct UsualGap {
  /// One message a second for each webhook.
  Duration operator()(const SlackWebhookChannel&) const { return 1s; }
  /// Two calls per notification; Slack allows fifty calls of chat.update per minute.
  Duration operator()(const SlackBotChannel&) const { return 1200ms; }
  /// 120 events a minute for each integration.
  Duration operator()(const PagerDutyChannel&) const { return 500ms; }
  Duration operator()(const OpsgenieChannel&) const { return 1s; }
  /// 30 messages a minute for each webhook's channel.
  Duration operator()(const DiscordChannel&) const { return 2s; }
  Duration operator()(const TeamsChannel&) const { return 1s; }
  /// 20 messages a minute to one group.
  Duration operator()(const TelegramChannel&) const { return 3s; }
  Duration operator()(const NtfyChannel&) const { return 1s; }
  Duration operator()(const GotifyChannel&) const { return 100ms; }
  Duration operator()(const EmailChannel&) const { return 1s; }
  Duration operator()(const AppriseChannel&) const { return 1s; }
  Duration operator()(const AlertmanagerChannel&) const { return 100ms; }
  Duration operator()(const WebhookChannel&) const { return 100ms; }
};

/// Makes the notifier of each type of channel.
struct Maker {
  const ChannelSettings& settings;
  const NotifierTools& tools;
  const net::Authorities& authorities;

  HttpChannel http() const {
    return HttpChannel{tools.curl,       tools.post,       settings.name,
                       settings.timeout, gap_of(settings), settings.setting_names,
                       authorities};
  }

  Made operator()(const SlackWebhookChannel& target) const { return make_slack_notifier(http(), target); }
  Made operator()(const SlackBotChannel& target) const { return make_slack_bot_notifier(http(), target); }
  Made operator()(const PagerDutyChannel& target) const { return make_pagerduty_notifier(http(), target); }
  Made operator()(const OpsgenieChannel& target) const { return make_opsgenie_notifier(http(), target); }
  Made operator()(const DiscordChannel& target) const { return make_discord_notifier(http(), target); }
  Made operator()(const TeamsChannel& target) const { return make_teams_notifier(http(), target); }
  Made operator()(const TelegramChannel& target) const { return make_telegram_notifier(http(), target); }
  Made operator()(const NtfyChannel& target) const { return make_ntfy_notifier(http(), target); }
  Made operator()(const GotifyChannel& target) const { return make_gotify_notifier(http(), target); }
  Made operator()(const EmailChannel& target) const {
    return make_email_notifier(MailChannel{tools.curl, settings.name, settings.timeout, gap_of(settings),
                                           settings.setting_names, authorities},
                               target);
  }
  Made operator()(const AppriseChannel& target) const { return make_apprise_notifier(http(), target); }
  Made operator()(const AlertmanagerChannel& target) const {
    return make_alertmanager_notifier(http(), target, {tools.loop, tools.now, tools.still_open});
  }
  Made operator()(const WebhookChannel& target) const { return make_webhook_notifier(http(), target); }
};

}  // namespace

Made make_notifier(const ChannelSettings& settings, const NotifierTools& tools) {
  net::Authorities authorities;
  if (!settings.ca_file.empty()) {
    auto more = net::read_authorities(settings.ca_file);
    if (!more) {
      const auto name = settings.setting_names.find("ca_file");
      return failure(more.error().code, (name == settings.setting_names.end() ? "ca_file" : name->second) +
                                            ": " + more.error().message);
    }
    authorities = tools.curl.trusting(*more);
  }
  return std::visit(Maker{settings, tools, authorities}, settings.target);
}

Duration gap_of(const ChannelSettings& settings) {
  return settings.gap ? *settings.gap : std::visit(UsualGap{}, settings.target);
}

}  // namespace healer
