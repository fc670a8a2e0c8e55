#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "core/supervisor.hpp"
#include "model/status.hpp"

namespace healer::present {

/// What `healer explain` shows: why healer treats the workload as it does. Nothing if no workload has this
/// key or name.
std::optional<WorkloadExplanation> explain(const Supervisor& core, std::string_view key_or_name, Instant now);

}  // namespace healer::present
