#pragma once

#include <chrono>
#include <cstdint>

namespace healer {

/// All durations of the decision policy, in milliseconds.
using Duration = std::chrono::milliseconds;

/// The clock type of the core's timeline. It has no now(): the core gets the time only as an argument.
struct Timeline {
  using duration = Duration;
  using rep = Duration::rep;
  using period = Duration::period;
  static constexpr bool is_steady = true;
};

/// A point on the core's timeline, in milliseconds. The timeline begins at the Unix time at which the process
/// started and advances with the monotonic clock. So an instant can be stored and compared after a restart,
/// and a step of the wall clock changes no decision of a running process.
using Instant = std::chrono::time_point<Timeline, Duration>;

/// Wall-clock time in Unix milliseconds: for operators and outside services, never for decisions.
struct WallTime {
  std::int64_t unix_ms = 0;
  auto operator<=>(const WallTime&) const = default;
};

/// The wall time of an instant, as if the wall clock had not been set since the process started.
constexpr WallTime wall_time_of(Instant at) {
  return WallTime{at.time_since_epoch().count()};
}
constexpr Instant instant_of(WallTime wall) {
  return Instant{Duration{wall.unix_ms}};
}

using namespace std::chrono_literals;  // NOLINT: 15s and 250ms read better than constructors everywhere

}  // namespace healer
