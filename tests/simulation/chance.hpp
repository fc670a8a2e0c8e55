#pragma once

#include <cstdint>
#include <string_view>

#include "base/draws.hpp"
#include "base/time.hpp"

namespace healer::simulation {

/// Randomness by name: a draw depends only on the seed, on who draws, what for, and a number. So a happening
/// that is removed from a script changes no other draw, and a failing script can be shrunk.
class Chance {
 public:
  explicit constexpr Chance(std::uint64_t seed) : seed_(seed) {}

  constexpr std::uint64_t bits(std::uint64_t who, std::uint64_t what, std::uint64_t times = 0) const {
    return mix(mix(mix(seed_ ^ 0x5851F42D4C957F2DULL) ^ who * 0x9E3779B97F4A7C15ULL) ^
               what * 0xC2B2AE3D27D4EB4FULL) ^
           mix(times * 0x165667B19E3779F9ULL + 1);
  }
  /// Uniform in [0, 1).
  constexpr double draw(std::uint64_t who, std::uint64_t what, std::uint64_t times = 0) const {
    return Draws::uniform(bits(who, what, times));
  }
  Duration between(Duration low, Duration high, std::uint64_t who, std::uint64_t what,
                   std::uint64_t times = 0) const {
    const double share = draw(who, what, times);
    return low + Duration{static_cast<Duration::rep>(share * static_cast<double>((high - low).count()))};
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }
  std::uint64_t seed_;
};

}  // namespace healer::simulation
