#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/autoheal_text.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Any service that takes JSON: the method, the fields of the head and the template of the settings.
/// InvalidInput, naming which of them: a method other than POST and PUT, a name of a field that is none, a
/// template that does not hold (see model/notification_template.hpp).
Result<std::unique_ptr<Notifier>> make_webhook_notifier(HttpChannel channel, const WebhookChannel& settings);

/// docker-autoheal's channel "webhook": POST {"<key>":"<text>"}, as docker-autoheal has it, but escaped.
/// "content" suits Discord, "text" Slack and Mattermost.
Result<std::unique_ptr<Notifier>> make_webhook_notifier(AutohealChannel channel, std::string key);

/// {"content":"..."}
std::string webhook_message(const std::string& key, const std::string& text);

}  // namespace healer
