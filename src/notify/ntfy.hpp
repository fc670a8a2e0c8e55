#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A topic of ntfy, published as JSON to the server's root: so title and tags may be any text.
Result<std::unique_ptr<Notifier>> make_ntfy_notifier(HttpChannel channel, const NtfyChannel& settings);

/// The message as JSON, as plain text. Limits: message 4,096 bytes, the whole 8,192.
std::string ntfy_message(const Notification& notification, const std::string& topic);

/// Where to publish, and the topic, of a topic's address. InvalidInput, without the address, when its last
/// part cannot be a topic (letters, digits, "-" and "_", at most 64).
Result<std::pair<Secret, std::string>> ntfy_topic(const Secret& url);

}  // namespace healer
