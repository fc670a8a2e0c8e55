#pragma once

#include <functional>

#include "script.hpp"

namespace healer::simulation {

/// The shortest script found that still breaks the same invariant: units and happenings are removed and noise
/// is turned off as long as `broken` is true. `broken` is called at most `runs` times.
Script shrink(Script script, const std::function<bool(const Script&)>& broken, unsigned runs);

}  // namespace healer::simulation
