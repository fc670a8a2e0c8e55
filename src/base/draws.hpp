#pragma once

#include <cstdint>

namespace healer {

/// The random draws of one step: a seed chosen by the shell, from which the step takes as many
/// numbers as it needs (splitmix64). The same seed gives the same numbers, so a recorded step replays.
class Draws {
 public:
  explicit constexpr Draws(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, 1).
  constexpr double next() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    return static_cast<double>(z >> 11) * 0x1.0p-53;
  }

 private:
  std::uint64_t state_;
};

}  // namespace healer
