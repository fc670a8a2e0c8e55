#pragma once

#include <cstdint>

#include "script.hpp"

namespace healer::simulation {

/// A world from a number. docs/judgement.md says what is in it, and how much of each.
Script generate(std::uint64_t seed);

}  // namespace healer::simulation
