#pragma once

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// The part of the table that says how a workload is checked: `Policy::probe`, and each named probe
/// (config/probe_labels.hpp).
Table<ProbeSpec> probe_settings();

}  // namespace healer
