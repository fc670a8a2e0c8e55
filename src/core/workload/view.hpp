#pragma once

#include "base/time.hpp"
#include "core/host/host_state.hpp"
#include "core/workload/workload.hpp"

namespace healer {

/// What a machine of a workload may read: the workload, the other machines' states among it, as they were
/// before the input, and the host.
struct View {
  const Workload& workload;
  const HostState& host;
  Instant now;
};

}  // namespace healer
