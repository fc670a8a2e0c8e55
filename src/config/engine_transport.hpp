#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"

namespace healer {

/// Warnings about the way to the engine: whoever reaches an engine has root on its host. Plain tcp:// to
/// another host can be read and changed on its way; TLS that does not check the engine's certificate can be
/// answered by anybody.
std::vector<std::string> engine_transport_warnings(const DockerConnection& docker,
                                                   const Environment& environment);

}  // namespace healer
