// Tests of reading maintenance windows and their zones. The core decides whether a window is open.
#include "config/maintenance.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/load.hpp"
#include "config/policy_resolver.hpp"
#include "config/time_zones.hpp"

namespace healer {
namespace {

using Windows = std::vector<MaintenanceWindow>;

MaintenanceWindow only(const std::string& text) {
  Windows windows;
  const Applied applied = read_maintenance(text, windows);
  CAPTURE(applied.reason);
  REQUIRE(applied);
  REQUIRE(windows.size() == 1);
  return windows.front();
}

TEST_CASE("a window has days, times and a zone") {
  struct Row {
    std::string text;
    int days;
    unsigned from;
    unsigned to;
    std::string zone;
  };
  const std::vector<Row> rows{
      {"Sun 02:00-04:00 Europe/Berlin", 0x40, 120, 240, "Europe/Berlin"},
      {"Mon-Fri 22:00-06:00", 0x1F, 1320, 360, ""},
      {"Sat,Sun 00:00-24:00 UTC", 0x60, 0, 1440, ""},
      {"daily 03:00-03:30", 0x7F, 180, 210, ""},
      {"03:00-03:30", 0x7F, 180, 210, ""},
      {"fri-MON,wed 9:05-10:00 America/New_York", 0x75, 545, 600, "America/New_York"},
      {"Mon-Mon 00:00-00:01", 0x01, 0, 1, ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const MaintenanceWindow window = only(row.text);
    CHECK(int{window.days} == row.days);
    CHECK(window.from_minute == row.from);
    CHECK(window.to_minute == row.to);
    CHECK((window.zone ? window.zone->name : "") == row.zone);
    CHECK(window.text == row.text);
  }
}

TEST_CASE("a wrong window is refused with the reason and the nearest word") {
  struct Row {
    std::string text;
    std::string reason;
    std::string nearest;
  };
  const std::vector<Row> rows{
      {"", "nothing stands there", ""},
      {"Sun", "its times are missing, such as 02:00-04:00", ""},
      {"Son 02:00-04:00", "no day 'Son'", "Mon"},
      {"dayly 02:00-04:00", "no day 'dayly'", "daily"},
      {"Mon-Fry 02:00-04:00", "no day 'Fry'", "Fri"},
      {"Sun 02:00", "'02:00' has no end; from and to are expected", ""},
      {"Sun 2-4", "no time '2', which is 00:00 to 24:00", ""},
      {"Sun 02:60-04:00", "no time '02:60', which is 00:00 to 24:00", ""},
      {"Sun 02:00-25:00", "no time '25:00', which is 00:00 to 24:00", ""},
      {"Sun 24:00-01:00", "no time '24:00', which is 00:00 to 24:00", ""},
      {"Sun 02:00-02:00", "'02:00-02:00' ends when it begins; a whole day is 00:00-24:00", ""},
      {"Sun 02:00-04:00 Europe/Berln", "no time zone 'Europe/Berln'", "Europe/Berlin"},
      {"Sun 02:00-04:00 europe/berlin", "no time zone 'europe/berlin'", "Europe/Berlin"},
      {"Sun 02:00-04:00 Berlin", "no time zone 'Berlin'", "Europe/Berlin"},
      {"Sun 02:00-04:00 ../../etc/passwd", "no time zone '../../etc/passwd'", ""},
      {"Sun 02:00-04:00 UTC please", "'please' is too much", ""},
      {"02:00-04:00; Sun 05:00", "window 2: '05:00' has no end; from and to are expected", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    Windows windows;
    const Applied applied = read_maintenance(row.text, windows);
    CHECK_FALSE(applied);
    CHECK(applied.reason == row.reason);
    CHECK(applied.nearest == row.nearest);
    CHECK(windows.empty());
  }
  std::string many = "00:00-01:00";
  for (int i = 0; i < 32; ++i) many += ";00:00-01:00";
  Windows windows;
  CHECK(read_maintenance(many, windows).reason == "33 windows; at most 32");
}

TEST_CASE("a wrong window in a label is a problem, and the rest applies") {
  const ResolvedPolicy resolved = PolicyResolver{Policy{}}.resolve(
      {{"healer.interval", "3s"}, {"healer.maintenance", "Sun 02:00-04:00 Europe/Berln"}});
  CHECK(resolved.policy->interval == 3s);
  CHECK(resolved.policy->maintenance.empty());
  CHECK(resolved.problems ==
        std::vector<LabelProblem>{
            {"healer.maintenance", "Sun 02:00-04:00 Europe/Berln",
             "'Sun 02:00-04:00 Europe/Berln' is not valid: no time zone 'Europe/Berln'; accepted: " +
                 std::string(maintenance_accepted) + "; did you mean 'Europe/Berlin'?"}});
}

TEST_CASE("the file's windows replace the variable's, and the label's replace both") {
  const auto settings = load_from(
      {{"MAINTENANCE", "daily 01:00-02:00"}},
      ConfigText{"f", "defaults:\n  maintenance:\n    - Sat,Sun 00:00-24:00\n    - 03:00-04:00 Asia/Tokyo\n"},
      {});
  REQUIRE(settings);
  CHECK(show_maintenance(settings->defaults.maintenance) == "Sat,Sun 00:00-24:00; 03:00-04:00 Asia/Tokyo");
  PolicyResolver resolver{settings->defaults};
  CHECK(resolver.resolve({{"healer.maintenance", "off"}}).policy->maintenance.empty());
  CHECK(resolver.resolve({}).policy->maintenance.size() == 2);
}

TEST_CASE("containers whose windows use one zone share its data") {
  PolicyResolver resolver{Policy{}};
  const PolicyPtr one = resolver.resolve({{"healer.maintenance", "Sun 02:00-04:00 Asia/Tokyo"}}).policy;
  const PolicyPtr two = resolver.resolve({{"healer.maintenance", "Mon 02:00-04:00 Asia/Tokyo"}}).policy;
  CHECK(one != two);
  CHECK(one->maintenance.front().zone == two->maintenance.front().zone);
}

std::int32_t offset_at(const TimeZone& zone, std::int64_t unix_s) {
  std::int32_t offset = zone.changes.front().offset_s;
  for (const TimeZone::Change& change : zone.changes)
    if (change.from_unix_s <= unix_s) offset = change.offset_s;
  return offset;
}

TEST_CASE("a zone's changes are those of the time zone database, far in the future, too") {
  const auto berlin = load_time_zone("Europe/Berlin");
  REQUIRE(berlin);
  const TimeZone& zone = **berlin;
  CHECK(zone.name == "Europe/Berlin");
  CHECK(offset_at(zone, 1'742'691'600 + 7 * 86400 - 1) == 3600);  // 2025-03-30 00:59:59 UTC
  CHECK(offset_at(zone, 1'742'691'600 + 7 * 86400) == 7200);      // one second later
  CHECK(offset_at(zone, 1'761'440'400 - 1) == 7200);              // 2025-10-26 00:59:59 UTC
  CHECK(offset_at(zone, 1'761'440'400) == 3600);
  CHECK(offset_at(zone, 2'383'000'000) ==
        7200);  // July 2045: from the zone's rule, after the last entry of the table
  CHECK(offset_at(zone, 2'368'000'000) == 3600);  // January 2045
  CHECK(zone.changes.size() == 1 + 2 * 26);
  for (std::size_t i = 1; i < zone.changes.size(); ++i)
    CHECK(zone.changes[i - 1].from_unix_s < zone.changes[i].from_unix_s);

  const auto kolkata = load_time_zone("Asia/Kolkata");
  REQUIRE(kolkata);
  CHECK((*kolkata)->changes.size() == 1);
  CHECK((*kolkata)->changes.front().offset_s == 19'800);
  const auto howe = load_time_zone("Australia/Lord_Howe");  // its summer time is half an hour ahead
  REQUIRE(howe);
  CHECK(offset_at(**howe, 1'735'700'000) == 39'600);
  CHECK(offset_at(**howe, 1'751'300'000) == 37'800);
}

TEST_CASE("only a zone of the time zone database is accepted") {
  for (const char* name : {"", "/etc/passwd", "../zoneinfo/Europe/Berlin", "Europe", "Europe/", "zone.tab",
                           "tzdata.zi", "localtime", "posixrules", "posix/Europe/Berlin",
                           "right/Europe/Berlin", "leapseconds", "libc:localtime", "UTC+1"}) {
    CAPTURE(name);
    CHECK_FALSE(load_time_zone(name));
  }
  CHECK_FALSE(load_time_zone(std::string(100'000, 'a')));
  CHECK_FALSE(load_time_zone(std::string("Europe/Berlin\0x", 15)));
}

TEST_CASE("the process's own zone has no effect and is not changed") {
  const auto before = load_time_zone("America/New_York");
  const char* set = std::getenv("TZ");
  const std::string was = set ? set : "";
  REQUIRE(setenv("TZ", "Asia/Tokyo", 1) == 0);
  const auto after = load_time_zone("America/New_York");
  CHECK(std::string(std::getenv("TZ")) == "Asia/Tokyo");
  if (set)
    setenv("TZ", was.c_str(), 1);
  else
    unsetenv("TZ");
  REQUIRE(before);
  REQUIRE(after);
  CHECK(**before == **after);
}

TEST_CASE("every window is read back from its shown form") {
  CHECK(rc::check("windows", [] {
    const std::vector<std::string> days{"", "daily ", "Mon ", "Sat,Sun ", "Fri-Mon ", "tue-WED,sun "};
    const std::vector<std::string> zones{"", " UTC", " Europe/Berlin", " Asia/Kolkata"};
    std::string text;
    for (int count = *rc::gen::inRange(1, 5); count > 0; --count) {
      const int from = *rc::gen::inRange(0, 1440);
      const int to = *rc::gen::inRange(0, 1441);
      if (from == to) continue;
      if (!text.empty()) text += *rc::gen::element<std::string>(";", " ; ", ";  ");
      text += days[*rc::gen::inRange<std::size_t>(0, days.size())] +
              fmt::format("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60) +
              zones[*rc::gen::inRange<std::size_t>(0, zones.size())];
    }
    RC_PRE(!text.empty());
    Windows once;
    Windows again;
    RC_ASSERT(read_maintenance(text, once).taken);
    RC_ASSERT(read_maintenance(show_maintenance(once), again).taken);
    RC_ASSERT(once == again);
  }));
}

}  // namespace
}  // namespace healer
