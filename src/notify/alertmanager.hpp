#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/channel.hpp"
#include "notify/http_notifier.hpp"

namespace healer::net {
class Loop;
}

namespace healer {

// Alertmanager takes a notification for over when nobody has sent it for its `resolve_timeout`, and forgets
// all of them when it restarts. So what is still true is sent again every half minute. It has no end of its
// own: that would be by our clock, and Alertmanager's may differ.
//
//   key      | notification            | sent                                   | then
//   ---------+-------------------------+----------------------------------------+---------
//   not kept | degraded, critical      | it, without an end                     | kept
//   kept     | the same, worse         | the former severity ended, the new one | kept
//   kept     | recovered               | it, ended now                          | not kept
//   kept     | info (it is closed)     | it, ended now                          | not kept
//   kept     | none, every 30 s        | it, without an end                     | kept
//   kept     | none, incident over     | it, ended now                          | not kept
//   not kept | recovered               | both severities of the workload, ended | not kept
//   not kept | info                    | nothing                                | not kept
//   any      | critical, incident over | it, ending in a day (*)                | not kept
//   not kept | info, a test            | it, ending in 5 minutes                | not kept
//
// (*) healer stopped the container, and nobody will say that it is healthy.
//
// What is kept is the receipt of its key, so that it survives a restart of healer and a reload.

/// What the channel needs beside HTTP.
struct AlertmanagerHost {
  net::Loop& loop;  ///< outlives the notifier
  std::function<Instant()> now;
  /// Whether this incident is still open. Where that is not known yet: true.
  std::function<bool(IncidentId)> still_open;
  Duration repeat = 30s;
};

/// POST to /api/v2/alerts.
Result<std::unique_ptr<Notifier>> make_alertmanager_notifier(HttpChannel channel,
                                                             const AlertmanagerChannel& settings,
                                                             AlertmanagerHost host);

/// One notification of the body, a list: labels (alertname, severity, host, workload, project, route; those
/// that are known), annotations, startsAt, endsAt where it is known, and, where there is a link,
/// generatorURL. The container is in `workload`, a label that the receiver of alerts does not read: healer's
/// own alerts, sent back to it, start nothing.
std::string alertmanager_alert(const Notification& notification, std::optional<Instant> ends = {});

}  // namespace healer
