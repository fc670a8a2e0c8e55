#include "config/maintenance.hpp"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/config_error.hpp"
#include "config/setting_kinds.hpp"
#include "config/time_zones.hpp"
#include "config/words.hpp"

namespace healer {
namespace {

constexpr std::array<std::string_view, 7> day_names{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::uint8_t every_day = 0x7F;
constexpr unsigned whole_day = 24 * 60;

std::optional<unsigned> read_day(std::string_view text) {
  for (unsigned day = 0; day < day_names.size(); ++day)
    if (lower(text) == lower(day_names[day])) return day;
  return std::nullopt;
}

Applied no_such_day(std::string_view text) {
  std::vector<std::string_view> names(day_names.begin(), day_names.end());
  names.emplace_back("daily");
  return Applied::refused(fmt::format("no day '{}'", shown_value(text)),
                          nearest_name(text, names).value_or(""));
}

Applied read_days(std::string_view text, std::uint8_t& days) {
  if (lower(text) == "daily") {
    days = every_day;
    return true;
  }
  unsigned read = 0;
  for (const std::string& part : split(text, ',')) {
    const auto dash = part.find('-');
    const auto first = read_day(part.substr(0, dash));
    if (!first) return no_such_day(part.substr(0, dash));
    const auto last = dash == std::string::npos ? first : read_day(part.substr(dash + 1));
    if (!last) return no_such_day(part.substr(dash + 1));
    for (unsigned day = *first;; day = (day + 1) % 7) {
      read |= 1U << day;
      if (day == *last) break;
    }
  }
  days = static_cast<std::uint8_t>(read);
  return true;
}

/// Minutes since midnight; "24:00" is the end of the day.
std::optional<unsigned> read_time(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon > 2 || text.size() != colon + 3)
    return std::nullopt;
  const auto hours = kinds::read_whole(text.substr(0, colon), 0, 24);
  const auto minutes = kinds::read_whole(text.substr(colon + 1), 0, 59);
  if (!hours || !minutes || (*hours == 24 && *minutes != 0)) return std::nullopt;
  return *hours * 60 + *minutes;
}

Applied no_such_time(std::string_view text) {
  return Applied::refused(fmt::format("no time '{}', which is 00:00 to 24:00", shown_value(text)));
}

Applied read_times(std::string_view text, MaintenanceWindow& window) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos)
    return Applied::refused(fmt::format("'{}' has no end; from and to are expected", shown_value(text)));
  const auto from = read_time(text.substr(0, dash));
  if (!from || *from == whole_day) return no_such_time(text.substr(0, dash));
  const auto to = read_time(text.substr(dash + 1));
  if (!to) return no_such_time(text.substr(dash + 1));
  if (*from == *to)
    return Applied::refused(
        fmt::format("'{}' ends when it begins; a whole day is 00:00-24:00", shown_value(text)));
  window.from_minute = *from;
  window.to_minute = *to;
  return true;
}

bool looks_like_times(std::string_view text) {
  return !text.empty() && text.front() >= '0' && text.front() <= '9';
}

Applied read_zone(std::string_view text, TimeZonePtr& zone) {
  if (lower(text) == "utc") return true;  // an empty zone is UTC
  auto loaded = load_time_zone(text);
  if (!loaded) return std::move(loaded.error());
  zone = std::move(*loaded);
  return true;
}

Applied read_window(std::string_view text, MaintenanceWindow& window) {
  const auto parts = split_words(text);
  if (!parts) return Applied::refused(parts.error());
  if (parts->empty()) return Applied::refused("nothing stands there");
  std::size_t next = 0;
  if (!looks_like_times(parts->front())) {
    if (Applied days = read_days(parts->front(), window.days); !days) return days;
    ++next;
  }
  if (next >= parts->size()) return Applied::refused("its times are missing, such as 02:00-04:00");
  if (Applied times = read_times((*parts)[next], window); !times) return times;
  ++next;
  if (next < parts->size()) {
    if (Applied zone = read_zone((*parts)[next], window.zone); !zone) return zone;
    ++next;
  }
  if (next < parts->size())
    return Applied::refused(fmt::format("'{}' is too much", shown_value((*parts)[next])));
  for (const std::string& part : *parts) {
    if (!window.text.empty()) window.text += ' ';
    window.text += part;
  }
  return true;
}

}  // namespace

Applied read_maintenance(std::string_view text, std::vector<MaintenanceWindow>& windows) {
  std::vector<MaintenanceWindow> read;
  if (lower(trim(text)) != "off") {
    const std::vector<std::string> parts = split(text, ';');
    if (parts.size() > most_windows)
      return Applied::refused(fmt::format("{} windows; at most {}", parts.size(), most_windows));
    for (const std::string& part : parts) {
      MaintenanceWindow window;
      Applied applied = read_window(part, window);
      if (!applied) {
        if (parts.size() > 1) applied.reason = fmt::format("window {}: {}", read.size() + 1, applied.reason);
        return applied;
      }
      read.push_back(std::move(window));
    }
  }
  windows = std::move(read);
  return true;
}

std::string show_maintenance(const std::vector<MaintenanceWindow>& windows) {
  if (windows.empty()) return "off";
  std::string text;
  for (const MaintenanceWindow& window : windows) {
    if (!text.empty()) text += "; ";
    text += window.text;
  }
  return text;
}

Kind<std::vector<MaintenanceWindow>> windows(Applied (*read)(std::string_view,
                                                             std::vector<MaintenanceWindow>&)) {
  return {kinds::list_info("windows", std::string(maintenance_accepted), ';'),
          [=](auto& target, std::string_view text) { return read(text, target); }, show_maintenance};
}

}  // namespace healer
