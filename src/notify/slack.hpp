#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A Slack incoming webhook, or another service's webhook that accepts Slack messages. A refusal quotes the
/// start of the answer ("invalid_token", "no_service").
Result<std::unique_ptr<Notifier>> make_slack_notifier(HttpChannel channel,
                                                      const SlackWebhookChannel& settings);

/// The message as JSON: one attachment with color, title, text, the notification's facts as fields, footer
/// and ts; advice, link and excerpt if there are any. Text from outside is clipped and escaped: a container
/// cannot mention a channel.
std::string slack_message(const Notification& notification);

}  // namespace healer
