#pragma once

#include "config/setting.hpp"
#include "model/policy.hpp"

namespace healer {

/// The settings of a probe: of `Policy::probe` and of each named probe (config/probe_labels.hpp).
Table<ProbeSpec> probe_settings();

}  // namespace healer
