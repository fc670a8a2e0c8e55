#pragma once

#include <vector>

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// The part of the table that says how a workload is asked. Each entry reads and shows `Policy::probe`; the
/// same entries make the named probes (config/probe_labels.hpp).
std::vector<Setting<Policy>> probe_settings();

}  // namespace healer
