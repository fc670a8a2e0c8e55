#pragma once

#include <chrono>
#include <cstdint>

namespace healer {

/// All durations of the decision policy, in milliseconds.
using Duration = std::chrono::milliseconds;

/// Tag of the core's single timeline. It has no now(): time enters by argument only.
struct Timeline {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  static constexpr bool is_steady = true;
};

/// A point on the core's timeline: milliseconds that count on from the Unix time at which the
/// process started, but advance with the monotonic clock. So instants can be stored and compared
/// across a restart, and a step of the wall clock while running changes no decision.
using Instant = std::chrono::time_point<Timeline, Duration>;

/// Wall-clock time, Unix milliseconds: for operators and outside services, never for decisions.
struct WallTime {
  std::int64_t unix_ms = 0;
  auto operator<=>(const WallTime&) const = default;
};

/// The wall time an instant stood for when it was taken.
constexpr WallTime wall_time_of(Instant at) {
  return WallTime{at.time_since_epoch().count()};
}
constexpr Instant instant_of(WallTime wall) {
  return Instant{Duration{wall.unix_ms}};
}

using namespace std::chrono_literals;  // NOLINT: 15s and 250ms read better than constructors everywhere

}  // namespace healer
