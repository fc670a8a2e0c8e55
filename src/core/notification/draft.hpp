#pragma once

#include <string>

#include "core/notification/routing.hpp"
#include "core/workload/view.hpp"
#include "model/record.hpp"

namespace healer {

/// The dedup key of the workload's incident: the same for all its notifications.
std::string incident_key(const View& view);

/// A notification of the workload, without a number. With the incident's key it is one of the incident.
Notification draft(const View& view, NotificationKind kind, std::string dedup_key);

inline NotificationClock clock_of(const View& view) {
  return {view.now, view.host.clocks.wall_ahead};
}

}  // namespace healer
