#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A Slack incoming webhook, or one that takes Slack's messages. Refused with the start of Slack's own word
/// ("invalid_token", "no_service").
Result<std::unique_ptr<Notifier>> make_slack_notifier(HttpChannel channel,
                                                      const SlackWebhookChannel& settings);

/// The message as JSON: one attachment with color, title, text, the notification's facts as fields,
/// footer and ts; advice, link and excerpt where it has them. Everything that
/// comes from outside is escaped (a container cannot mention a channel) and clipped.
std::string slack_message(const Notification& notification);

}  // namespace healer
