#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

/// Which notifications a route takes. Every list that is not empty must match. A notification about no
/// workload (the engine, a mass failure) never matches a list of workloads, projects or labels.
struct NotificationMatch {
  std::vector<NotificationKind> kinds;
  std::vector<std::string> workloads;  ///< container names; * stands for any text, ? for one character
  std::vector<std::string> projects;   ///< compose projects, with the same wildcards
  std::vector<std::string> labels;     ///< values of the label healer.notify
  bool operator==(const NotificationMatch&) const = default;
};
HEALER_DESCRIBE(NotificationMatch, kinds, workloads, projects, labels);

/// Where the notifications that match go, and when. HEALING.md 6.
struct NotificationRoute {
  std::string name;
  NotificationMatch match;
  std::vector<std::string> channels;
  std::optional<Duration> remind_every;  ///< empty: NotificationRouting's; 0: never
  Duration escalate_after{0};            ///< unacknowledged this long: notify escalate_to; 0: never
  std::string escalate_to;               ///< name of another route; empty: none
  std::optional<std::vector<MaintenanceWindow>> quiet;  ///< empty: NotificationRouting's
  bool go_on = false;                                   ///< later routes may take the notification, too
  bool only_escalated = false;                          ///< takes only notifications that are escalated to it
  bool operator==(const NotificationRoute&) const = default;
};
HEALER_DESCRIBE(NotificationRoute, name, match, channels, remind_every, escalate_after, escalate_to, quiet,
                go_on, only_escalated);

/// Which notification goes to which channels. Without routes every notification goes to every channel.
struct NotificationRouting {
  std::vector<NotificationRoute> routes;  ///< the first that matches takes the notification
  Duration remind_every = 4h;             ///< for an open incident that is not acknowledged; 0: never
  std::vector<MaintenanceWindow> quiet;   ///< quiet hours: hold all but critical notifications
  std::string link;  ///< URL with {incident}, {workload} and {host} in it; empty: no links
  bool operator==(const NotificationRouting&) const = default;
};
HEALER_DESCRIBE(NotificationRouting, routes, remind_every, quiet, link);

}  // namespace healer
