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

/// Which notifications a route takes. Every list that names something must fit; an empty one asks nothing. A
/// notification about no workload (the engine, a mass failure) fits none that asks for a workload, a project
/// or a label.
struct NotificationMatch {
  std::vector<NotificationKind> kinds;
  std::vector<std::string> workloads;  ///< names of containers; * stands for any text, ? for one character
  std::vector<std::string> projects;   ///< of compose; the same
  std::vector<std::string> labels;     ///< values of the label healer.notify
  bool operator==(const NotificationMatch&) const = default;
};
HEALER_DESCRIBE(NotificationMatch, kinds, workloads, projects, labels);

/// Where the notifications that fit go, and with what restraint. HEALING.md 6.
struct NotificationRoute {
  std::string name;
  NotificationMatch match;
  std::vector<std::string> channels;
  std::optional<Duration> remind_every;                 ///< empty: the general one; 0: never
  Duration escalate_after{0};                           ///< unacknowledged so long: escalate_to; 0: never
  std::string escalate_to;                              ///< name of a route; empty: none
  std::optional<std::vector<MaintenanceWindow>> quiet;  ///< empty: the general ones
  bool go_on = false;                                   ///< the routes after it are asked, too
  bool only_escalated = false;  ///< takes no notification by itself, only those that are escalated to it
  bool operator==(const NotificationRoute&) const = default;
};
HEALER_DESCRIBE(NotificationRoute, name, match, channels, remind_every, escalate_after, escalate_to, quiet,
                go_on, only_escalated);

/// Who is notified of what. Without routes every notification goes to every channel.
struct NotificationRouting {
  std::vector<NotificationRoute> routes;  ///< the first that fits takes it
  Duration remind_every = 4h;             ///< of an open incident that nobody acknowledged; 0: never
  std::vector<MaintenanceWindow> quiet;   ///< hold all but critical notifications until their end
  std::string link;  ///< URL with {incident}, {workload} and {host} in it; empty: notifications have no link
  bool operator==(const NotificationRouting&) const = default;
};
HEALER_DESCRIBE(NotificationRouting, routes, remind_every, quiet, link);

}  // namespace healer
