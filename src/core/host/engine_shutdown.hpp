#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "core/host/workloads.hpp"

namespace healer {

/// Whether the engine shut down when its event stream ended, and which workloads went down with it: all
/// running containers were stopped, the last just before the stream ended. A single stop may be an operator's
/// at the moment when the stream broke: it counts as the operator's.
class EngineShutdown {
 public:
  /// To be called when the stream has ended.
  EngineShutdown(const Workloads& workloads, Instant now);

  /// The engine's shutdown stopped the workload, not an operator.
  bool stopped(const Workload& workload) const;

 private:
  bool stopped_lately(const Workload& workload) const;

  Instant now_;
  std::int64_t newest_event_ = 0;  ///< by the engine's clock
  bool shut_down_ = false;
};

}  // namespace healer
