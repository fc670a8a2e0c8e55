#pragma once

#include <optional>
#include <string>

#include "config/daemon_settings.hpp"
#include "model/policy.hpp"

namespace healer {

/// The control URL's address where it is numeric already; else its name is to be resolved.
std::optional<std::string> numeric_connectivity_address(const DaemonSettings& settings);

/// What the daemon's settings make of the host's policy. `connectivity_address` is the numeric address of the
/// control URL's host; while it is empty (not resolved yet), there is no connectivity check.
HostPolicy host_policy(const DaemonSettings& settings, std::string host_name,
                       const std::string& connectivity_address);

}  // namespace healer
