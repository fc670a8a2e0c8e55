#pragma once

#include <optional>
#include <string>

#include "config/daemon_settings.hpp"
#include "model/policy.hpp"

namespace healer {

/// The host of the connectivity URL if it is a numeric address; empty if it is a name or there is no URL.
std::optional<std::string> numeric_connectivity_address(const DaemonSettings& settings);

/// The host's policy from the daemon's settings. `connectivity_address`: numeric address of the connectivity
/// URL's host; while it is empty (not resolved yet), there is no connectivity check.
HostPolicy host_policy(const DaemonSettings& settings, std::string host_name,
                       const std::string& connectivity_address);

}  // namespace healer
