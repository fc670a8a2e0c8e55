#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Opsgenie's Alert API. A degraded notification creates an alert of priority P3 under the incident's alias.
/// A critical one creates the alert, or raises an existing one to P1 (a repeated create only increases
/// Opsgenie's count). A verified recovery closes it. Info is not sent: it needs no call, and nothing would
/// close the alert. A test creates an alert with P5 and closes it at once.
Result<std::unique_ptr<Notifier>> make_opsgenie_notifier(HttpChannel channel,
                                                         const OpsgenieChannel& settings);

/// The alert's identity at Opsgenie: at most 512 bytes, without slashes, because it is a part of a URL's
/// path.
std::string opsgenie_alias(const Notification& notification);

/// Body of POST /v2/alerts. Limits: message 130, description 15,000, entity 512, source 100, details 8,000.
std::string opsgenie_create(const Notification& notification);

/// The requests for the notification, in order; none for info that is no test.
std::vector<net::CurlRequest> opsgenie_requests(const Notification& notification,
                                                const OpsgenieChannel& settings);

}  // namespace healer
