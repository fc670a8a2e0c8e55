#include "core/host/maintenance.hpp"

#include <algorithm>

namespace healer {
namespace {

constexpr std::int64_t minute = 60;
constexpr std::int64_t day = 24 * 60 * minute;
/// More than two weeks: a weekly window that falls into a gap of the clock opens again a week later.
constexpr std::int64_t horizon = 15 * day;

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

bool has_day(const MaintenanceWindow& window, std::int64_t local_day) {
  // 1970-01-01 was a Thursday; bit 0 is Monday.
  const std::int64_t weekday = ((local_day + 3) % 7 + 7) % 7;
  return (window.days >> weekday & 1) != 0;
}

/// The first instant after unix_s at which the window may open or close: the zone's clock shows an end of the
/// window or midnight, or is set forward or back.
std::int64_t next_edge(const MaintenanceWindow& window, std::int64_t unix_s) {
  const TimeZone* zone = window.zone.get();
  const std::int64_t offset = zone_offset(zone, unix_s);
  const std::int64_t local = unix_s + offset;
  const std::int64_t midnight = floor_div(local, day) * day;
  std::int64_t edge = midnight + day;
  for (const unsigned end : {window.from_minute, window.to_minute})
    if (const std::int64_t at = midnight + end * minute; at > local) edge = std::min(edge, at);
  edge -= offset;
  if (zone != nullptr) {
    const auto change =
        std::upper_bound(zone->changes.begin(), zone->changes.end(), unix_s,
                         [](std::int64_t at, const TimeZone::Change& c) { return at < c.from_unix_s; });
    if (change != zone->changes.end()) edge = std::min(edge, change->from_unix_s);
  }
  return edge;
}

/// The first instant after unix_s at which window_open() differs from `open`; empty: not within the horizon.
std::optional<std::int64_t> turns_at(const MaintenanceWindow& window, std::int64_t unix_s, bool open) {
  for (std::int64_t at = next_edge(window, unix_s); at <= unix_s + horizon; at = next_edge(window, at))
    if (window_open(window, at) != open) return at;
  return std::nullopt;
}

}  // namespace

std::int32_t zone_offset(const TimeZone* zone, std::int64_t unix_s) {
  if (zone == nullptr || zone->changes.empty()) return 0;
  const auto after =
      std::upper_bound(zone->changes.begin(), zone->changes.end(), unix_s,
                       [](std::int64_t at, const TimeZone::Change& c) { return at < c.from_unix_s; });
  return after == zone->changes.begin() ? after->offset_s : std::prev(after)->offset_s;
}

bool window_open(const MaintenanceWindow& window, std::int64_t unix_s) {
  const std::int64_t local = unix_s + zone_offset(window.zone.get(), unix_s);
  const std::int64_t today = floor_div(local, day);
  const std::int64_t of_day = floor_div(local - today * day, minute);
  if (window.from_minute < window.to_minute)
    return has_day(window, today) && of_day >= window.from_minute && of_day < window.to_minute;
  return (has_day(window, today) && of_day >= window.from_minute) ||
         (has_day(window, today - 1) && of_day < window.to_minute);
}

std::optional<OpenWindow> open_window(std::span<const MaintenanceWindow> windows, std::int64_t unix_s) {
  std::optional<OpenWindow> found;
  std::int64_t until = unix_s;
  // A window may open before another closes: continue from each end until no window is open.
  for (bool longer = true; longer;) {
    longer = false;
    for (const MaintenanceWindow& window : windows) {
      if (!window_open(window, until)) continue;
      const auto closes = turns_at(window, until, true);
      if (!closes || *closes - unix_s > horizon) return OpenWindow{&window, std::nullopt};
      if (!found) found = OpenWindow{&window, closes};
      until = *closes;
      longer = true;
    }
  }
  if (found) found->until_unix_s = until;
  return found;
}

}  // namespace healer
