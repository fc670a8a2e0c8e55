#pragma once

#include <cstdint>

#include "model/effect.hpp"

namespace healer::replay {

/// The digest of all effects of a step, in order, with every field; of a secret only whether it is empty.
/// Equal effects have equal digests on every machine; different effects have equal digests in one case of
/// 2^64.
std::uint64_t digest(const Effects& effects);

}  // namespace healer::replay
