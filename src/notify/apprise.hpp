#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/autoheal_text.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// An Apprise API server. 424 ("at least one of the services behind it failed") is tried again, so that no
/// notification is lost while the server's network is down; 204 (nobody was notified) is refused.
Result<std::unique_ptr<Notifier>> make_apprise_notifier(HttpChannel channel, const AppriseChannel& settings);

/// title, body, type (info, success, warning, failure) and format: text.
std::string apprise_notification(const Notification& notification);

/// docker-autoheal's channel "apprise": posts to an Apprise server's notify URL as docker-autoheal does, but
/// escapes the text. The answers have the same meanings as above.
Result<std::unique_ptr<Notifier>> make_apprise_notifier(AutohealChannel channel);

/// {"title":"Autoheal","body":"..."}
std::string apprise_message(const std::string& text);

}  // namespace healer
