#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/policy.hpp"

namespace healer {

// Maintenance windows against the wall clock. HEALING.md 5. Pure functions of Unix seconds.
//
// A window is open whenever the zone's own clock, as it hangs on a wall, shows a time within it:
//
//   the zone's clock       | what follows
//   -----------------------+----------------------------------------------------------------------
//   skips (spring)         | the part of a window within the gap does not exist; the rest is kept
//   repeats (autumn)       | what is within the repeated hour is open both times it is shown
//   to <= from             | it ends on the day after the one it began on, whose bit counts
//   24:00                  | the end of the day
//   no zone                | UTC

/// Local time is UTC plus this many seconds. No zone: 0.
std::int32_t zone_offset(const TimeZone* zone, std::int64_t unix_s);

bool window_open(const MaintenanceWindow& window, std::int64_t unix_s);

struct OpenWindow {
  const MaintenanceWindow* window = nullptr;  ///< of those open, the one that ends last
  std::optional<std::int64_t> until_unix_s;   ///< when all are closed; empty: not within the next 15 days
};

/// Whether any of them is open, and until when nothing is: windows that touch or overlap count as one.
std::optional<OpenWindow> open_window(std::span<const MaintenanceWindow> windows, std::int64_t unix_s);

}  // namespace healer
