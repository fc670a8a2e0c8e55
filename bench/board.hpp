#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace healer::bench {

/// Nanoseconds of the monotonic clock, which all processes of a machine share.
std::int64_t now_ns();

/// What the processes of one benchmark tell each other: memory shared by all of them.
struct Board {
  static constexpr std::size_t max_targets = 20'000;
  static constexpr std::size_t max_reactions = 10'000;

  struct Target {
    std::atomic<std::uint64_t> checks;
    std::atomic<std::int64_t> last;         ///< when it was last asked
    std::atomic<std::int64_t> longest_gap;  ///< between two checks, the later one in the window
  };
  std::array<Target, max_targets> targets;
  std::atomic<std::int64_t> first_check;
  std::atomic<std::int64_t> window_from;  ///< 0: no window is open

  // The engine's side
  std::atomic<std::uint64_t> inspects;
  std::atomic<std::uint64_t> streams;                ///< event streams open now
  std::atomic<std::uint64_t> unexplained_orders;     ///< restarts nobody gave a reason for: must stay 0
  std::atomic<std::uint32_t> reactions_wanted;       ///< set by the benchmark: begin, with this many
  std::atomic<std::uint32_t> reactions_done;         ///< ended, in time or not
  std::atomic<std::uint32_t> reactions_missed;       ///< no restart within the limit
  std::array<std::int64_t, max_reactions> reaction;  ///< event written to restart read

  /// A board that child processes share; all zero.
  static Board& create();
  /// Called by the target servers: `path` is /t/<number>.
  void count_check(std::size_t target, std::int64_t at);
};

}  // namespace healer::bench
