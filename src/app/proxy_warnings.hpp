#pragma once

#include <string>
#include <vector>

#include "config/daemon_settings.hpp"
#include "config/load.hpp"

namespace healer {

/// One warning for each channel or rule source in a private network that the environment's proxy applies to:
/// with the channel, the host, the proxy's variable and no_proxy. A loopback host needs none: no proxy is
/// used.
std::vector<std::string> proxy_warnings(const DaemonSettings& settings, const Environment& environment);

}  // namespace healer
