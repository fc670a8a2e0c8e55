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

/// Which alerts a route takes. Every list that names something must fit; an empty one asks nothing. An alert
/// about no workload (the engine, a mass failure) fits none that asks for a workload, a project or a label.
struct AlertMatch {
  std::vector<AlertKind> kinds;
  std::vector<std::string> workloads;  ///< names of containers; * stands for any text, ? for one character
  std::vector<std::string> projects;   ///< of compose; the same
  std::vector<std::string> labels;     ///< values of the label healer.alert
  bool operator==(const AlertMatch&) const = default;
};
HEALER_DESCRIBE(AlertMatch, kinds, workloads, projects, labels);

/// Where the alerts that fit go, and with what restraint. HEALING.md 6.
struct AlertRoute {
  std::string name;
  AlertMatch match;
  std::vector<std::string> channels;
  std::optional<Duration> remind_every;                 ///< empty: the general one; 0: never
  Duration escalate_after{0};                           ///< unacknowledged so long: escalate_to; 0: never
  std::string escalate_to;                              ///< name of a route; empty: none
  std::optional<std::vector<MaintenanceWindow>> quiet;  ///< empty: the general ones
  bool go_on = false;                                   ///< the routes after it are asked, too
  bool only_escalated = false;  ///< takes no alert by itself, only those that are escalated to it
  bool operator==(const AlertRoute&) const = default;
};
HEALER_DESCRIBE(AlertRoute, name, match, channels, remind_every, escalate_after, escalate_to, quiet, go_on,
                only_escalated);

/// Who is told of what. Without routes every alert goes to every channel.
struct AlertRouting {
  std::vector<AlertRoute> routes;        ///< the first that fits takes it
  Duration remind_every = 4h;            ///< of an open incident that nobody acknowledged; 0: never
  std::vector<MaintenanceWindow> quiet;  ///< hold all but critical alerts until their end
  std::string link;  ///< URL with {incident}, {workload} and {host} in it; empty: alerts have no link
  bool operator==(const AlertRouting&) const = default;
};
HEALER_DESCRIBE(AlertRouting, routes, remind_every, quiet, link);

}  // namespace healer
