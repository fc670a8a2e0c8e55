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

// Alertmanager resolves an alert that nothing repeats within its `resolve_timeout`, and loses all alerts when
// it restarts. So healer repeats every open alert each half minute. The alert has no end: healer's clock
// would set it, and Alertmanager's clock may differ.
//
//   key      | notification            | alert that is sent                     | then
//   ---------+-------------------------+----------------------------------------+---------
//   not kept | degraded, critical      | new, without an end                    | kept
//   kept     | another severity        | the former ended, the new one          | kept
//   kept     | recovered               | the kept one, ended now                | not kept
//   kept     | info (incident closed)  | the kept one, ended now                | not kept
//   kept     | none, every 30 s        | the kept one, without an end           | kept
//   kept     | none, incident over     | the kept one, ended now                | not kept
//   not kept | recovered               | both severities of the workload, ended | not kept
//   not kept | info                    | nothing                                | not kept
//   any      | critical, incident over | new, ending in a day (*)               | not kept
//   not kept | info, a test            | new, ending in 5 minutes               | not kept
//
// (*) healer stopped the container, so no recovery follows.
//
// The kept alert is the receipt of its key, so it survives a reload and a restart of healer.

/// The parts that the channel needs beside HTTP.
struct AlertmanagerHost {
  net::Loop& loop;  ///< outlives the notifier
  std::function<Instant()> now;
  /// Whether this incident is still open; true while that is not known yet.
  std::function<bool(IncidentId)> still_open;
  Duration repeat = 30s;
};

/// POST to /api/v2/alerts.
Result<std::unique_ptr<Notifier>> make_alertmanager_notifier(HttpChannel channel,
                                                             const AlertmanagerChannel& settings,
                                                             AlertmanagerHost host);

/// One alert of the body's list: labels (alertname, severity, host, workload, project, route; those that are
/// known), annotations, startsAt, endsAt if known, and generatorURL if there is a link. The container is in
/// the label `workload`, which healer's alert receiver does not read: alerts that Alertmanager sends back to
/// healer have no effect.
std::string alertmanager_alert(const Notification& notification, std::optional<Instant> ends = {});

}  // namespace healer
