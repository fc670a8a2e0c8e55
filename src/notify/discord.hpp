#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A webhook of Discord: one embed per notification. `wait=true` makes Discord answer only after it stored
/// the message; without it, Discord answers 204 even to a message that it drops.
Result<std::unique_ptr<Notifier>> make_discord_notifier(HttpChannel channel, const DiscordChannel& settings);

/// The message as JSON: an embed with title, description, fields and color, with markdown escaped and all
/// mentions disallowed. Limits: title 256, description 4,096, field 1,024, all together 6,000.
std::string discord_message(const Notification& notification);

/// The URL that is called: with `wait=true` and, if the host is Discord's, with the API version that this
/// message is written for.
Secret discord_url(const Secret& url);

}  // namespace healer
