#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/autoheal_text.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Any service that accepts JSON, with the method, headers and template of the settings. InvalidInput names
/// the fault: a method other than POST and PUT, an invalid header name, an invalid template (see
/// model/notification_template.hpp).
Result<std::unique_ptr<Notifier>> make_webhook_notifier(HttpChannel channel, const WebhookChannel& settings);

/// docker-autoheal's channel "webhook": POST {"<key>":"<text>"} as docker-autoheal does, but escaped. The key
/// "content" fits Discord, "text" fits Slack and Mattermost.
Result<std::unique_ptr<Notifier>> make_webhook_notifier(AutohealChannel channel, std::string key);

/// {"content":"..."}
std::string webhook_message(const std::string& key, const std::string& text);

}  // namespace healer
