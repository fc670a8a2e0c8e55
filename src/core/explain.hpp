#pragma once

#include "base/time.hpp"
#include "core/host/host_state.hpp"
#include "core/workload/workload.hpp"
#include "model/status.hpp"

namespace healer {

/// What `healer explain` shows: why healer treats the workload as it does.
WorkloadExplanation explain_workload(const Workload& workload, const HostState& host, Instant now);

}  // namespace healer
