#pragma once

#include "support/scene.hpp"

namespace healer::testing {

/// Runs most kinds of events through a dozen containers that depend on each other.
void live_through(Scene& scene);

}  // namespace healer::testing
