#pragma once

#include <string>

#include "alert/place.hpp"
#include "config/daemon_settings.hpp"
#include "runtime/runtime.hpp"

namespace healer {

/// This host's names and addresses, and the containers of its engine. `name`: the host's name in
/// notifications. Asks no name server.
AlertPlaces alert_places(const DaemonSettings& settings, const std::string& name, const Runtime& runtime);

}  // namespace healer
