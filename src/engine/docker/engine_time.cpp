#include "engine/docker/engine_time.hpp"

#include <chrono>

namespace healer::docker {
namespace {

/// Removes `digits` digits from the front and returns their number.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char wanted, char or_else) {
  if (text.empty() || (text.front() != wanted && text.front() != or_else)) return false;
  text.remove_prefix(1);
  return true;
}
bool take(std::string_view& text, char wanted) {
  return take(text, wanted, wanted);
}

/// The milliseconds of ".123456789"; 0 without a point.
std::optional<int> take_milliseconds(std::string_view& text) {
  if (!take(text, '.')) return 0;
  int milliseconds = 0;
  int weight = 100;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits, text.remove_prefix(1)) {
    milliseconds += (text.front() - '0') * weight;
    weight /= 10;
  }
  if (digits == 0) return std::nullopt;
  return milliseconds;
}

/// The zone's offset in minutes, positive east of Greenwich.
std::optional<int> take_zone(std::string_view& text) {
  if (take(text, 'Z', 'z')) return 0;
  if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
  const int sign = text.front() == '+' ? 1 : -1;
  text.remove_prefix(1);
  const auto hours = take_number(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  return sign * (*hours * 60 + *minutes);
}

}  // namespace

std::optional<WallTime> parse_engine_time(std::string_view text) {
  using namespace std::chrono;
  const auto year_number = take_number(text, 4);
  if (!year_number || !take(text, '-')) return std::nullopt;
  const auto month_number = take_number(text, 2);
  if (!month_number || !take(text, '-')) return std::nullopt;
  const auto day_number = take_number(text, 2);
  if (!day_number || !take(text, 'T', 't')) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto fraction = take_milliseconds(text);
  const auto zone = take_zone(text);
  if (!fraction || !zone || !text.empty()) return std::nullopt;
  const year_month_day date{year{*year_number}, month{static_cast<unsigned>(*month_number)},
                            day{static_cast<unsigned>(*day_number)}};
  if (!date.ok()) return std::nullopt;
  const milliseconds since_epoch = sys_days{date}.time_since_epoch() + hours{*hour} +
                                   minutes{*minute - *zone} + seconds{*second} + milliseconds{*fraction};
  if (since_epoch.count() <= 0) return std::nullopt;
  return WallTime{since_epoch.count()};
}

}  // namespace healer::docker
