#pragma once

#include <string>

#include "model/container.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// What an operator means by a name, stable across recreation: "project/service/number" for a compose
/// container, else the container's name. docs/architecture.md, "Identity".
std::string workload_key(const Container& container);

/// Whether this container is healer's business: it opted in, is no compose one-off, and is not healer
/// itself. HEALING.md 1.
bool is_watched(const Container& container, const Policy& policy, const ProbeOrigin& probe_origin);

}  // namespace healer
