#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// PagerDuty's Events API v2. Degraded and critical trigger an alert with the incident's dedup key, so that
/// the second only raises the alert that the first opened. Only a verified recovery resolves it: if the
/// incident ends in another way, an operator resolves it. Info is not sent: it needs no call, and no resolve
/// would follow. A test triggers with severity info and resolves at once.
Result<std::unique_ptr<Notifier>> make_pagerduty_notifier(HttpChannel channel,
                                                          const PagerDutyChannel& settings);

/// The event as JSON; empty optional for info that is no test. Limits: summary 1024, dedup_key 255, the whole
/// 512 KiB.
std::optional<std::string> pagerduty_event(const Notification& notification, const Secret& routing_key);

}  // namespace healer
