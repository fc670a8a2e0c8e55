#pragma once

#include <cstdint>

#include "script.hpp"

namespace healer::simulation {

/// The world of a seed. docs/judgement.md describes the worlds.
Script generate(std::uint64_t seed);

}  // namespace healer::simulation
