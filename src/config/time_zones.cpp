// The only file that includes cctz.
#include "config/time_zones.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <system_error>
#include <vector>

#include <cctz/time_zone.h>
#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config_error.hpp"

namespace healer {
namespace {

constexpr const char* database = "/usr/share/zoneinfo";
constexpr std::int64_t first_second = 1'577'836'800;  // 2020-01-01
constexpr std::int64_t last_second = 2'398'377'600;   // 2046-01-01
constexpr std::size_t most_changes = 400;             // no known zone has more than four a year

using Second = cctz::time_point<cctz::seconds>;

Second second_of(std::int64_t unix_s) {
  return Second(cctz::seconds(unix_s));
}

/// A zone's name in the database: no path out of the database's folder, and none of its other files.
bool is_zone_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '+' || c == '-' || c == '/';
  };
  return !name.empty() && name.size() <= 64 && name.front() != '/' && name.back() != '/' &&
         std::all_of(name.begin(), name.end(), allowed) && !name.starts_with("posix") &&
         !name.starts_with("right/") && name != "localtime" && name != "leapseconds";
}

std::vector<std::string> zone_names() {
  std::vector<std::string> names;
  std::error_code failed;
  for (auto at = std::filesystem::recursive_directory_iterator(database, failed);
       !failed && at != std::filesystem::recursive_directory_iterator(); at.increment(failed)) {
    const std::string name = at->path().string().substr(std::string_view(database).size() + 1);
    std::error_code ignored;
    if (at->is_directory(ignored)) {
      if (name == "posix" || name == "right") at.disable_recursion_pending();
    } else if (is_zone_name(name)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// "Europe/Berln" and "Berlin" both mean Europe/Berlin.
std::string nearest_zone(std::string_view seen, const std::vector<std::string>& names) {
  std::vector<std::string_view> candidates(names.begin(), names.end());
  if (const auto nearest = nearest_name(seen, candidates)) return *nearest;
  for (std::string_view& candidate : candidates) candidate = candidate.substr(candidate.rfind('/') + 1);
  const auto city = nearest_name(seen, candidates);
  if (!city) return {};
  const auto found = std::find(candidates.begin(), candidates.end(), *city);
  return names[static_cast<std::size_t>(found - candidates.begin())];
}

TimeZone changes_of(const std::string& name, const cctz::time_zone& zone) {
  TimeZone read{name, {{first_second, zone.lookup(second_of(first_second)).offset}}};
  Second at = second_of(first_second);
  cctz::time_zone::civil_transition transition;
  while (read.changes.size() < most_changes && zone.next_transition(at, &transition)) {
    const cctz::time_zone::civil_lookup lookup = zone.lookup(transition.to);
    // When the clock is set back, this local time occurs twice; `trans` is the change itself.
    const Second next = lookup.kind == cctz::time_zone::civil_lookup::UNIQUE ? lookup.pre : lookup.trans;
    if (next <= at || next > second_of(last_second)) break;
    at = next;
    read.changes.push_back({at.time_since_epoch().count(), zone.lookup(at).offset});
  }
  return read;
}

}  // namespace

tl::expected<TimeZonePtr, Applied> load_time_zone(std::string_view name) {
  const std::string path = std::string(database) + "/" + std::string(name);
  std::error_code failed;
  cctz::time_zone zone;
  // Only existing zones are loaded: cctz keeps every name that it was called with in memory.
  if (is_zone_name(name) && std::filesystem::is_regular_file(path, failed) && !failed &&
      cctz::load_time_zone(path, &zone))
    return std::make_shared<const TimeZone>(changes_of(std::string(name), zone));
  const std::vector<std::string> names = zone_names();
  if (names.empty())
    return tl::unexpected<Applied>(
        Applied::refused(fmt::format("there is no time zone database in {} (package tzdata)", database)));
  return tl::unexpected<Applied>(
      Applied::refused(fmt::format("no time zone '{}'", shown_value(name)), nearest_zone(name, names)));
}

}  // namespace healer
