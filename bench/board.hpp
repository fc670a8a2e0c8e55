#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace healer::bench {

/// Nanoseconds of the monotonic clock, which all processes of a machine share.
std::int64_t now_ns();

/// Counters and times in memory that all processes of one benchmark share.
struct Board {
  static constexpr std::size_t max_targets = 20'000;
  static constexpr std::size_t max_reactions = 10'000;

  struct Target {
    std::atomic<std::uint64_t> checks;
    std::atomic<std::int64_t> last;         ///< time of the newest check, now_ns()
    std::atomic<std::int64_t> longest_gap;  ///< ns between two checks, the later one in the window
  };
  std::array<Target, max_targets> targets;
  std::atomic<std::int64_t> first_check;
  std::atomic<std::int64_t> window_from;  ///< now_ns(); 0: no window is open

  // Written by the fake engine, but for reactions_wanted.
  std::atomic<std::uint64_t> inspects;
  std::atomic<std::uint64_t> streams;                ///< event streams that are open now
  std::atomic<std::uint64_t> unexplained_orders;     ///< restarts of healthy containers: must stay 0
  std::atomic<std::uint32_t> reactions_wanted;       ///< number of reactions to measure, set by the benchmark
  std::atomic<std::uint32_t> reactions_done;         ///< measured or missed
  std::atomic<std::uint32_t> reactions_missed;       ///< of those: no restart within the limit
  std::array<std::int64_t, max_reactions> reaction;  ///< ns from writing the event to reading the restart

  /// Makes a board that child processes inherit; all zero.
  static Board& create();
  /// Called by the target servers for each request; `target` is the number in its path.
  void count_check(std::size_t target, std::int64_t at);
};

}  // namespace healer::bench
