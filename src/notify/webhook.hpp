#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "notify/autoheal_text.hpp"

namespace healer {

/// The channel "webhook": POST {"<key>":"<text>"}, as docker-autoheal has it, but escaped. "content" suits
/// Discord, "text" Slack and Mattermost.
Result<std::unique_ptr<Notifier>> make_webhook_notifier(AutohealChannel channel, std::string key);

/// {"content":"..."}
std::string webhook_message(const std::string& key, const std::string& text);

}  // namespace healer
