#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// An application of a Gotify server: POST /message.
Result<std::unique_ptr<Notifier>> make_gotify_notifier(HttpChannel channel, const GotifyChannel& settings);

/// The message as JSON, marked as plain text, so that Gotify does not interpret markdown.
std::string gotify_message(const Notification& notification);

}  // namespace healer
