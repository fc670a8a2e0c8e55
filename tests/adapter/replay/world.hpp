#pragma once

#include "support/scene.hpp"

namespace healer::test {

/// Runs most kinds of events through a dozen containers that depend on each other.
void live_through(testing::Scene& scene);

}  // namespace healer::test
