#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "base/draws.hpp"
#include "base/time.hpp"

namespace healer::simulation {

template <class T>
struct Weighted {
  T value;
  double weight;
};

/// The draws of a generator of worlds, one after the other.
class WorldDraws {
 public:
  explicit WorldDraws(std::uint64_t seed) : draws_(seed) {}

  double draw() { return draws_.next(); }
  bool chance(double share) { return draw() < share; }
  std::size_t below(std::size_t limit) {
    return std::min(limit - 1, static_cast<std::size_t>(draw() * static_cast<double>(limit)));
  }
  Duration between(Duration low, Duration high) {
    return low + Duration{static_cast<Duration::rep>(draw() * static_cast<double>((high - low).count()))};
  }
  /// A draw from `low` to `high`, uniform in its logarithm.
  Duration around(Duration low, Duration high) {
    const double log =
        std::log(static_cast<double>(low.count())) +
        draw() * std::log(static_cast<double>(high.count()) / static_cast<double>(low.count()));
    return Duration{static_cast<Duration::rep>(std::exp(log))};
  }
  template <class T, std::size_t N>
  T pick(const std::array<Weighted<T>, N>& from) {
    double whole = 0;
    for (const auto& each : from) whole += each.weight;
    double left = draw() * whole;
    for (const auto& each : from)
      if ((left -= each.weight) < 0) return each.value;
    return from.back().value;
  }
  /// Calls `happen` for each event of a kind with this mean time between two events.
  template <class F>
  void each(double mean_hours, double hours, F&& happen) {
    for (double time = 0;;) {
      time += -std::log(1 - draw()) * mean_hours;
      if (time >= hours) return;
      happen();
    }
  }

 private:
  DrawSequence draws_;
};

}  // namespace healer::simulation
