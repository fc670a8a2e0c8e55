#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "model/describe.hpp"
#include "model/record.hpp"

namespace healer {

/// Selects incidents; the answer has the newest first.
struct HistoryQuery {
  std::string workload;    ///< key; empty: all workloads
  std::size_t limit = 20;  ///< at most this many
  IncidentId before;       ///< only incidents with a lower id, for the next page; 0: from the newest
};
HEALER_DESCRIBE(HistoryQuery, workload, limit, before);

/// One incident with its attempts, oldest first.
struct PastIncident {
  Incident incident;
  std::vector<Attempt> attempts;
  bool operator==(const PastIncident&) const = default;
};
HEALER_DESCRIBE(PastIncident, incident, attempts);

/// A notification and its delivery to each channel.
struct PastNotification {
  Notification notification;
  std::vector<Delivery> deliveries;
  bool operator==(const PastNotification&) const = default;
};
HEALER_DESCRIBE(PastNotification, notification, deliveries);

/// Everything that the store has about one incident; each list oldest first.
struct IncidentFile {
  Incident incident;
  std::vector<Attempt> attempts;
  std::vector<Evidence> evidence;
  std::vector<Decision> decisions;
  std::vector<PastNotification> notifications;
};
HEALER_DESCRIBE(IncidentFile, incident, attempts, evidence, decisions, notifications);

}  // namespace healer
