#pragma once

#include <functional>

#include "script.hpp"

namespace healer::simulation {

/// The shortest script found that is still broken in the same way: units and happenings are left out, noise
/// is turned off, as long as `broken` says yes. At most `runs` calls of it.
Script shrink(Script script, const std::function<bool(const Script&)>& broken, unsigned runs);

}  // namespace healer::simulation
