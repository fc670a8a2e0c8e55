#pragma once

#include <cstdint>

#include "script.hpp"

namespace healer::simulation {

/// The world of a seed. docs/judgement.md describes the worlds.
Script generate(std::uint64_t seed);

/// Four worlds of ten are of the field; the others are as they were before the simulator met it.
bool is_in_field(std::uint64_t seed);

/// Adds what public reports describe: generate_field.cpp. `wildness`: how often faults happen. The happenings
/// are not sorted.
void add_field(Script& script, double wildness);

}  // namespace healer::simulation
