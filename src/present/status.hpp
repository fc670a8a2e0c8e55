#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/supervisor.hpp"
#include "model/status.hpp"

// What `healer status` shows.
namespace healer::present {

/// Every workload, sorted by name.
std::vector<WorkloadStatus> status(const Supervisor& core, Instant now);
/// Nothing if no workload has this key or name.
std::optional<WorkloadStatus> status_of(const Supervisor& core, std::string_view key_or_name, Instant now);
HostStatus host_status(const Supervisor& core, Instant now);

}  // namespace healer::present
