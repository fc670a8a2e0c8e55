#include "runtime/pressure_gauge.hpp"

#include <charconv>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace healer {
namespace {

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // Without PSI in the kernel the file is missing, or reading it fails.
  if (!file.is_open() || text.empty()) return std::nullopt;
  return text;
}

}  // namespace

std::optional<double> full_avg10(std::string_view text) {
  // "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=1.53 avg60=0.87 avg300=0.73 total=1157622151"
  constexpr std::string_view beginning = "full avg10=";
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line.starts_with(beginning)) continue;
    line.remove_prefix(beginning.size());
    double value = 0;
    const auto [last, error] =
        std::from_chars(line.data(), line.data() + line.size(), value, std::chars_format::fixed);
    if (error == std::errc() && value >= 0 && value <= 100) return value;
  }
  return std::nullopt;
}

std::optional<HostPressure> PressureGauge::look(double limit) {
  double highest = 0;
  const char* of = nullptr;
  bool read_any = false;
  if (limit > 0 && !folder_.empty()) {
    for (const char* resource : {"cpu", "io", "memory"}) {
      const auto text = read(folder_ + "/" + resource);
      if (!text) continue;
      read_any = true;
      const auto value = full_avg10(*text);
      if (!value || (of && *value <= highest)) continue;
      highest = *value;
      of = resource;
    }
    if (!read_any)
      reason_ = fmt::format("{} has no pressure files (Linux 4.20 with CONFIG_PSI has)", folder_);
  }
  const bool high = limit > 0 && of && highest > (high_ ? limit - hysteresis : limit);
  if (high == high_) return std::nullopt;
  high_ = high;
  return HostPressure{high, of ? fmt::format("{} {:.0f} %", of, highest) : std::string()};
}

std::optional<std::string> PressureGauge::take_reason() {
  if (!reason_ || std::exchange(reason_logged_, true)) return std::nullopt;
  return reason_;
}

}  // namespace healer
