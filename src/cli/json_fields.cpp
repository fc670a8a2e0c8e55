#include "cli/json_fields.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/utc.hpp"

namespace healer::cli {
namespace {

constexpr double century_ms = 100 * 365 * 86400e3;

}  // namespace

const boost::json::value* Fields::find(std::string_view name) const {
  return object_ ? object_->if_contains(boost::json::string_view(name.data(), name.size())) : nullptr;
}

std::string Fields::text(std::string_view name) const {
  const auto* value = find(name);
  if (!value || !value->is_string()) return {};
  return clip(printable(std::string_view(value->get_string().data(), value->get_string().size())), 300);
}

std::vector<std::string> Fields::lines(std::string_view name) const {
  const auto* value = find(name);
  std::vector<std::string> lines;
  if (!value || !value->is_string() || value->get_string().empty()) return lines;
  for (const std::string& line :
       split(std::string_view(value->get_string().data(), value->get_string().size()), '\n'))
    lines.push_back(printable(line));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::optional<double> Fields::number(std::string_view name) const {
  const auto* value = find(name);
  if (!value || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

bool Fields::is_true(std::string_view name) const {
  const auto* value = find(name);
  return value && value->is_bool() && value->get_bool();
}

Fields Fields::fields(std::string_view name) const {
  const auto* value = find(name);
  return value ? Fields(*value) : Fields(boost::json::value());
}

std::vector<Fields> Fields::list(std::string_view name) const {
  std::vector<Fields> items;
  const auto* value = find(name);
  if (value && value->is_array())
    for (const auto& item : value->get_array()) items.emplace_back(item);
  return items;
}

std::string count_text(std::optional<double> number) {
  return number ? fmt::format("{:.0f}", *number) : "-";
}

std::string rough(double milliseconds) {
  const double bounded = std::min(std::max(milliseconds, 0.0), century_ms);
  long long seconds = std::llround(bounded / 1000);
  if (seconds >= 86400)
    seconds -= seconds % 3600;
  else if (seconds >= 3600)
    seconds -= seconds % 60;
  return format_duration(Duration{seconds * 1000});
}

std::string ago(std::optional<double> unix_ms, WallTime now) {
  return unix_ms ? rough(static_cast<double>(now.unix_ms) - *unix_ms) + " ago" : "-";
}

std::string utc(std::optional<double> unix_ms) {
  if (!unix_ms || std::abs(*unix_ms) > 2 * century_ms) return "-";
  return utc_text(WallTime{static_cast<std::int64_t>(*unix_ms)}, UtcForm::Table);
}

}  // namespace healer::cli
