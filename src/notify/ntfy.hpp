#pragma once

#include <memory>
#include <string>
#include <utility>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A topic of ntfy. Published as JSON to the server's root, so that title and tags may hold any text.
Result<std::unique_ptr<Notifier>> make_ntfy_notifier(HttpChannel channel, const NtfyChannel& settings);

/// The message as JSON with plain text. Limits: message 4,096 bytes, the whole 8,192.
std::string ntfy_message(const Notification& notification, const std::string& topic);

/// Splits a topic's URL into the URL to publish to and the topic. InvalidInput, without the URL, when its
/// last part cannot be a topic (letters, digits, "-" and "_", at most 64).
Result<std::pair<Secret, std::string>> ntfy_topic(const Secret& url);

}  // namespace healer
