#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A webhook of Discord: one embed per notification. It waits until the message is stored (`wait=true`),
/// since Discord otherwise says 204 to one that it then drops.
Result<std::unique_ptr<Notifier>> make_discord_notifier(HttpChannel channel, const DiscordChannel& settings);

/// The message as JSON: an embed with title, description, fields and color, its markdown escaped, and
/// `allowed_mentions` of nobody. Limits: title 256, description 4,096, field 1,024, all together 6,000.
std::string discord_message(const Notification& notification);

/// The address that is called: with `wait=true`, and at Discord's own host with the version of the API that
/// this message is written for.
Secret discord_url(const Secret& url);

}  // namespace healer
