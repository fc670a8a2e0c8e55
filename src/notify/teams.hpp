#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// A workflow of Microsoft Teams with the trigger "When a Teams webhook request is received".
Result<std::unique_ptr<Notifier>> make_teams_notifier(HttpChannel channel, const TeamsChannel& settings);

/// A message with one adaptive card (1.4) in `attachments`, less than 28 KB. Text from outside is in text
/// runs, the only element that does not interpret markdown.
std::string teams_message(const Notification& notification);

}  // namespace healer
