#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "model/history.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

// Queries of the past; contracts as in store.hpp. Invalid rows are left out.

SqlResult<std::vector<PastIncident>> read_history(Database& database, const HistoryQuery& query);
/// Empty if there is no such incident.
SqlResult<std::optional<IncidentFile>> read_incident(Database& database, IncidentId id);
SqlResult<std::vector<Decision>> read_decisions(Database& database, const std::string& workload,
                                                std::size_t limit);

}  // namespace healer::store
