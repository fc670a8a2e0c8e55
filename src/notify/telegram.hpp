#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A bot of Telegram: sendMessage to one chat. Recovered and info notifications make no sound.
///
/// A group that becomes a supergroup gets a new id, which Telegram's refusal names (migrate_to_chat_id):
/// healer sends the message again, to the new id, and uses the new id from then on. The first such delivery
/// says which setting to change, and the receipt "OLD NEW" gives the new id to the next process. That one
/// delivery may take twice the channel's timeout.
Result<std::unique_ptr<Notifier>> make_telegram_notifier(HttpChannel channel,
                                                         const TelegramChannel& settings);

/// Body of sendMessage: HTML with text from outside escaped, and no mentions; at most 4,096 characters after
/// entity parsing.
std::string telegram_message(const Notification& notification, const std::string& chat_id);

}  // namespace healer
