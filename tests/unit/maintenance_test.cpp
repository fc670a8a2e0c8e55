#include "core/host/maintenance.hpp"

#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace healer;

namespace {

constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;

// Berlin in 2026: +2 h from Sunday, 29 March, 01:00 UTC to Sunday, 25 October, 01:00 UTC, else +1 h.
constexpr std::int64_t spring = 1774746000;
constexpr std::int64_t autumn = 1792890000;

TimeZonePtr berlin() {
  static const TimeZonePtr zone = std::make_shared<const TimeZone>(
      TimeZone{"Europe/Berlin", {{1761440400, 3600}, {spring, 7200}, {autumn, 3600}}});
  return zone;
}

constexpr std::uint8_t sunday = 1 << 6;
constexpr std::uint8_t monday = 1 << 0;

MaintenanceWindow window(std::uint8_t days, unsigned from, unsigned to, TimeZonePtr zone = nullptr) {
  MaintenanceWindow made;
  made.days = days;
  made.from_minute = from;
  made.to_minute = to;
  made.zone = std::move(zone);
  return made;
}

/// Each opening within `length` seconds from `from`, as "OPENS-CLOSES" in minutes after `from`.
std::string openings(const MaintenanceWindow& of, std::int64_t from, std::int64_t length) {
  std::string text;
  bool open = false;
  for (std::int64_t at = from; at < from + length; at += 60) {
    if (window_open(of, at) == open) continue;
    open = !open;
    if (!text.empty()) text += open ? " " : "-";
    text += std::to_string((at - from) / 60);
  }
  return text;
}

}  // namespace

TEST_CASE("maintenance: a window opens and closes on its day, at its times in UTC") {
  const auto of = window(sunday, 2 * 60, 4 * 60);
  const std::int64_t sunday_midnight = 1774742400;  // 2026-03-29T00:00:00Z
  CHECK(openings(of, sunday_midnight, day) == "120-240");
  CHECK(openings(of, sunday_midnight + day, 6 * day).empty());
  CHECK(window_open(of, sunday_midnight + 2 * hour));
  CHECK_FALSE(window_open(of, sunday_midnight + 2 * hour - 1));
  CHECK_FALSE(window_open(of, sunday_midnight + 4 * hour));
}

TEST_CASE("maintenance: a window across midnight belongs to the day on which it opens") {
  const auto of = window(sunday, 22 * 60, 6 * 60);
  const std::int64_t sunday_midnight = 1774742400;
  CHECK(openings(of, sunday_midnight, 2 * day) == "1320-1800");
}

TEST_CASE("maintenance: 24:00 is the end of the day, and 00:00-24:00 is the whole day") {
  const std::int64_t sunday_midnight = 1774742400;
  CHECK(openings(window(sunday, 22 * 60, 24 * 60), sunday_midnight, 2 * day) == "1320-1440");
  CHECK(openings(window(sunday, 0, 24 * 60), sunday_midnight, 2 * day) == "0-1440");
  CHECK(openings(window(sunday, 60, 60), sunday_midnight, 2 * day) == "60-1500");
}

TEST_CASE("maintenance: the hour that the clock skips in spring is in no window") {
  const std::int64_t midnight = spring - 2 * hour;  // local midnight, +1 h
  CHECK(openings(window(sunday, 2 * 60, 3 * 60, berlin()), midnight, day).empty());
  CHECK(openings(window(sunday, 60, 4 * 60, berlin()), midnight, day) == "60-180");
  CHECK(openings(window(sunday, 150, 4 * 60, berlin()), midnight, day) == "120-180");
}

TEST_CASE("maintenance: a window in the hour that the clock repeats in autumn is open twice") {
  const std::int64_t midnight = autumn - 3 * hour;  // local midnight, +2 h
  CHECK(openings(window(sunday, 2 * 60, 3 * 60, berlin()), midnight, day) == "120-240");
  CHECK(openings(window(sunday, 2 * 60, 150, berlin()), midnight, day) == "120-150 180-210");
}

TEST_CASE("maintenance: before the first known change of a zone its first offset applies") {
  CHECK(zone_offset(berlin().get(), 0) == 3600);
  CHECK(zone_offset(nullptr, spring) == 0);
  CHECK(zone_offset(berlin().get(), spring - 1) == 3600);
  CHECK(zone_offset(berlin().get(), spring) == 7200);
}

TEST_CASE("maintenance: windows that overlap or touch count as one") {
  const std::int64_t sunday_midnight = 1774742400;
  const std::vector<MaintenanceWindow> all{window(sunday, 60, 120), window(sunday, 100, 180),
                                           window(sunday, 180, 200), window(monday, 0, 10)};
  const auto open = open_window(all, sunday_midnight + hour);
  REQUIRE(open);
  CHECK(open->until_unix_s == sunday_midnight + 200 * 60);
  CHECK_FALSE(open_window(all, sunday_midnight));
}

TEST_CASE("maintenance: a window that never closes has no end") {
  const std::vector<MaintenanceWindow> always{window(0x7F, 0, 24 * 60)};
  const auto open = open_window(always, spring);
  REQUIRE(open);
  CHECK_FALSE(open->until_unix_s);
}

TEST_CASE("maintenance: state and end of the windows equal those of a scan minute by minute") {
  REQUIRE(rc::check("against a scan", [] {
    const auto some_window = [] {
      const auto zone = *rc::gen::elementOf(std::vector<TimeZonePtr>{nullptr, berlin()});
      return window(*rc::gen::inRange<std::uint8_t>(0, 128), *rc::gen::inRange(0U, 1440U),
                    *rc::gen::inRange(0U, 1441U), zone);
    };
    std::vector<MaintenanceWindow> all;
    const int count = *rc::gen::inRange(1, 4);
    for (int i = 0; i < count; ++i) all.push_back(some_window());
    const std::int64_t around =
        *rc::gen::elementOf(std::vector<std::int64_t>{spring, autumn, spring + 40 * day});
    const std::int64_t from = around + *rc::gen::inRange(-3 * 24 * 60, 2 * 24 * 60) * 60;
    const auto any_open = [&](std::int64_t at) {
      bool any = false;
      for (const auto& of : all) any = any || window_open(of, at);
      return any;
    };
    constexpr std::int64_t scan = 9 * day;  // windows repeat weekly, so a longer scan finds nothing new
    std::optional<std::int64_t> closes;
    for (std::int64_t at = from; at < from + scan && !closes; at += 60)
      if (!any_open(at)) closes = at;
    const auto open = open_window(all, from);
    RC_ASSERT(open.has_value() == any_open(from));
    if (open && closes) RC_ASSERT(open->until_unix_s == closes);
    if (open && !closes) RC_ASSERT(!open->until_unix_s || *open->until_unix_s >= from + scan);
  }));
}
