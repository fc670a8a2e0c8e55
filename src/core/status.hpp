#pragma once

#include <vector>

#include "base/time.hpp"
#include "core/host/host_state.hpp"
#include "core/host/workloads.hpp"
#include "core/workload/workload.hpp"
#include "model/status.hpp"

namespace healer {

// What `healer status` shows.

WorkloadStatus status_of_workload(const Workload& workload, const HostState& host, Instant now);
HostStatus status_of_host(const HostState& host, Instant now);
/// Sorted by name.
std::vector<WorkloadStatus> status_of_all(const Workloads& workloads, const HostState& host, Instant now);

}  // namespace healer
