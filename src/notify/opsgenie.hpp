#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer {

/// Opsgenie's Notification API. Degraded creates a notification of priority P3 under the incident's alias;
/// critical creates it, or raises the one that is there to P1 (a repeated create only counts); a verified
/// recovery closes it. Info is not sent: nobody need be called for it, and nothing would close it. A test is
/// created with P5 and closed at once.
Result<std::unique_ptr<Notifier>> make_opsgenie_notifier(HttpChannel channel,
                                                         const OpsgenieChannel& settings);

/// The notification's identity at Opsgenie, at most 512 bytes; without slashes, which do not survive in a
/// URL's path.
std::string opsgenie_alias(const Notification& notification);

/// Body of POST /v2/alerts. Limits: message 130, description 15,000, entity 512, source 100, details 8,000.
std::string opsgenie_create(const Notification& notification);

/// The requests for the notification, in order; none for info that is no test.
std::vector<net::CurlRequest> opsgenie_requests(const Notification& notification,
                                                const OpsgenieChannel& settings);

}  // namespace healer
