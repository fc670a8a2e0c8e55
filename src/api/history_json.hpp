#pragma once

#include <string>
#include <vector>

#include "api/snapshot.hpp"
#include "model/history.hpp"

namespace healer {

// Answers of the admin API as JSON objects. Times are Unix milliseconds or null.

/// GET /v1/history
std::string history_json(const std::vector<PastIncident>& past, Instant now);
/// GET /v1/incident
std::string incident_json(const IncidentFile& file, Instant now);
/// GET /v1/explain
std::string explanation_json(const WorkloadExplanation& explanation, const Snapshot& snapshot);

}  // namespace healer
