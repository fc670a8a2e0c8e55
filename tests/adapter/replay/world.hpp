#pragma once

#include "support/scene.hpp"

namespace healer::test {

/// Much of what can happen, in a world of a dozen containers that depend on each other.
void live_through(testing::Scene& scene);

}  // namespace healer::test
