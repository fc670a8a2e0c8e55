#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// PagerDuty's Events API v2. Degraded and critical trigger, under the incident's key, so that the second
/// only raises the notification that the first opened; a verified recovery resolves it, and nothing else
/// does: where an incident ends otherwise, an operator closes the page. Info is not sent: nobody need be
/// called for it, and no resolve would follow. A test triggers with severity info, and resolves at once.
Result<std::unique_ptr<Notifier>> make_pagerduty_notifier(HttpChannel channel,
                                                          const PagerDutyChannel& settings);

/// The event as JSON; nothing for info that is no test. Limits: summary 1024, dedup_key 255, the whole 512
/// KiB.
std::optional<std::string> pagerduty_event(const Notification& notification, const Secret& routing_key);

}  // namespace healer
