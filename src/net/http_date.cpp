#include "net/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "net/http_text.hpp"

namespace healer::net {

namespace {

constexpr Duration longest_wait = std::chrono::hours{24};

// The number that these digits are; empty optional for other text. At most 18 digits, which fit.
std::optional<std::int64_t> number_of(std::string_view digits) {
  if (digits.empty() || digits.size() > 18) return std::nullopt;
  std::int64_t number = 0;
  for (const char digit : digits) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  return number;
}

template <std::size_t Count>
std::optional<unsigned> index_of(std::string_view name, const std::array<std::string_view, Count>& names) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<unsigned>(found - names.begin());
}

}  // namespace

std::optional<WallTime> parse_http_date(std::string_view text) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> days{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::array<std::string_view, 12> names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::string_view form = "ddd, nn mmm yyyy nn:nn:nn GMT";
  if (text.size() != form.size() || !index_of(text.substr(0, 3), days)) return std::nullopt;
  for (std::size_t i = 0; i < form.size(); ++i)
    if ((form[i] == ' ' || form[i] == ',' || form[i] == ':') && text[i] != form[i]) return std::nullopt;
  const auto day_number = number_of(text.substr(5, 2));
  const auto month_index = index_of(text.substr(8, 3), names);
  const auto year_number = number_of(text.substr(12, 4));
  const auto hour = number_of(text.substr(17, 2));
  const auto minute = number_of(text.substr(20, 2));
  const auto second = number_of(text.substr(23, 2));
  if (!day_number || !month_index || !year_number || !hour || !minute || !second) return std::nullopt;
  if (text.substr(26) != "GMT" || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const year_month_day date{year{static_cast<int>(*year_number)}, month{*month_index + 1},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok()) return std::nullopt;
  const auto at = sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second};
  return WallTime{duration_cast<milliseconds>(at.time_since_epoch()).count()};
}

std::optional<Duration> parse_retry_after(std::string_view text, WallTime now) {
  text = trim_blanks(text);
  if (const auto at = parse_http_date(text))
    return std::clamp(Duration{at->unix_ms - now.unix_ms}, Duration{0}, longest_wait);
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (!digits) return std::nullopt;
  const auto wanted = number_of(text);
  if (!wanted || *wanted >= std::chrono::duration_cast<std::chrono::seconds>(longest_wait).count())
    return longest_wait;
  return std::chrono::seconds{*wanted};
}

}  // namespace healer::net
