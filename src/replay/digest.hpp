#pragma once

#include <cstdint>

#include "model/effect.hpp"

namespace healer::replay {

/// Of all that a step answered, in order, to the last field; of a secret only whether there is one. The same
/// effects have the same digest on every machine; others have another one, but for one case in 2^64.
std::uint64_t digest(const Effects& effects);

}  // namespace healer::replay
