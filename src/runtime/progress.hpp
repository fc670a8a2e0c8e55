#pragma once

#include <algorithm>

#include "engine/engine.hpp"

namespace healer {

/// Whether a starting container worked between two looks at it: a new log line, or much more CPU time or
/// block I/O than a process that waits. Counters that went down are those of a new instance.
inline bool shows_progress(const Activity& before, const Activity& now, Duration between) {
  constexpr int busy_share = 20;                           // a twentieth of one CPU
  constexpr std::uint64_t busy_bytes_per_second = 16'384;  // a busy start reads or writes megabytes
  if (now.logged && (!before.logged || *now.logged > *before.logged)) return true;
  const Duration cpu = now.cpu - (now.cpu < before.cpu ? Duration{0} : before.cpu);
  const std::uint64_t bytes =
      now.block_bytes - (now.block_bytes < before.block_bytes ? 0 : before.block_bytes);
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(between.count() / 1000, 1));
  return cpu * busy_share >= std::max(between, Duration{1000}) || bytes >= busy_bytes_per_second * seconds;
}

}  // namespace healer
