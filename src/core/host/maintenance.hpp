#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "model/policy.hpp"

namespace healer {

// Maintenance windows by the wall clock. HEALING.md 5. Pure functions of Unix seconds.
//
// A window is open whenever a clock in the zone shows a time within the window:
//
//   the zone's clock       | what follows
//   -----------------------+----------------------------------------------------------------------
//   skips (spring)         | the part of a window within the gap does not exist; the rest is kept
//   repeats (autumn)       | a window within the repeated hour is open both times
//   to <= from             | the window ends on the next day; the bit of the first day counts
//   24:00                  | the end of the day
//   no zone                | UTC

/// Local time minus UTC, in seconds. Without a zone: 0.
std::int32_t zone_offset(const TimeZone* zone, std::int64_t unix_s);

bool window_open(const MaintenanceWindow& window, std::int64_t unix_s);

struct OpenWindow {
  const MaintenanceWindow* window = nullptr;  ///< the first open window in the list
  std::optional<std::int64_t> until_unix_s;   ///< when no window is open; empty: not within the next 15 days
};

/// Whether a window is open now, and when no window is: windows that touch or overlap count as one.
std::optional<OpenWindow> open_window(std::span<const MaintenanceWindow> windows, std::int64_t unix_s);

}  // namespace healer
