#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace healer {
namespace {

constexpr double longest_ms = 366.0 * 24 * 3600 * 1000;

struct Unit {
  std::string_view name;
  double milliseconds;
};
// "ms" stands before "m": the first unit that matches is taken.
constexpr std::array<Unit, 5> units{{{"ms", 1}, {"s", 1000}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}}};

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty()) return std::nullopt;
  double total = 0;
  bool first = true;
  while (!text.empty()) {
    if (text.front() == '-' || text.front() == '+') return std::nullopt;
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    double factor = 0;
    if (text.empty()) {
      // A number without a unit is seconds, but only alone: "1m30" is ambiguous.
      if (!first) return std::nullopt;
      factor = 1000;
    } else {
      for (const Unit& unit : units) {
        if (text.starts_with(unit.name)) {
          factor = unit.milliseconds;
          text.remove_prefix(unit.name.size());
          break;
        }
      }
      if (factor == 0) return std::nullopt;
    }
    total += number * factor;
    if (total > longest_ms) return std::nullopt;
    first = false;
  }
  return Duration{std::llround(total)};
}

std::string format_duration(Duration duration) {
  auto rest = duration.count();
  if (rest == 0) return "0s";
  std::string text;
  if (rest < 0) {
    text = "-";
    rest = -rest;
  }
  const std::array<std::pair<const char*, long long>, 5> parts{
      {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}}};
  for (const auto& [name, size] : parts) {
    if (rest >= size) {
      text += std::to_string(rest / size) + name;
      rest %= size;
    }
  }
  return text;
}

}  // namespace healer
