#pragma once

#include "support/scene.hpp"

namespace healer::test {

/// Much of what can happen, in a world of a dozen containers that depend on each other.
void live_through(testing::Scene& scene);
/// The seed that the scene gave its newest step.
inline std::uint64_t seed_of_step(const testing::Scene& scene) {
  return scene.seed * 7919 + scene.steps;
}

}  // namespace healer::test
