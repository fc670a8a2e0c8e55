#pragma once

#include <cstdint>
#include <string_view>

namespace healer {

/// Random numbers by name: a number depends only on the seed, the name (`who`), the purpose and n. So another
/// draw, or another order of draws, changes no number, and the same seed replays a recording.
class Draws {
 public:
  enum class Purpose : std::uint64_t {
    FirstProbe = 1,  ///< spread of the first checks after healer's start
    Probe,           ///< jitter of the interval; n: rounds so far
    Backoff,         ///< jitter between two attempts; n: incident and attempt
    Delivery,        ///< jitter between two delivery tries of a channel; n: notification and try
  };

  explicit constexpr Draws(std::uint64_t seed) : seed_(seed) {}

  /// Uniform in [0, 1). `who`: a workload's key or a channel's name.
  constexpr double draw(std::string_view who, Purpose purpose, std::uint64_t n) const {
    std::uint64_t name = 14695981039346656037ULL;  // FNV-1a
    for (const char c : who) name = (name ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    const std::uint64_t bits = mixed(mixed(mixed(seed_ + golden) ^ name) ^
                                     mixed(static_cast<std::uint64_t>(purpose) * golden) ^ mixed(n + golden));
    return static_cast<double>(bits >> 11) * 0x1.0p-53;
  }

  /// Uniform in [0, 1), made of one number that the caller has mixed.
  static constexpr double uniform(std::uint64_t bits) {
    return static_cast<double>(mixed(bits + golden) >> 11) * 0x1.0p-53;
  }

 private:
  static constexpr std::uint64_t golden = 0x9E3779B97F4A7C15ULL;
  /// The finaliser of splitmix64.
  static constexpr std::uint64_t mixed(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
  }

  std::uint64_t seed_;
};

/// A sequence of random numbers (splitmix64), for generated worlds and tests, where the order of the draws
/// may matter.
class DrawSequence {
 public:
  explicit constexpr DrawSequence(std::uint64_t seed) : state_(seed) {}

  /// Uniform in [0, 1).
  constexpr double next() {
    const double drawn = Draws::uniform(state_);
    state_ += 0x9E3779B97F4A7C15ULL;
    return drawn;
  }

 private:
  std::uint64_t state_;
};

}  // namespace healer
