#pragma once

#include <string>

#include "model/container.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// The workload that a container is an instance of, stable across recreation: the key that the engine's tools
/// give it, else the container's name. docs/architecture.md, "Identity".
const std::string& workload_key(const Container& container);

/// Whether healer watches this container: it opted in, is no one-off, and is not healer itself. HEALING.md 1.
bool is_watched(const Container& container, const Policy& policy, const ProbeOrigin& probe_origin);

}  // namespace healer
