#include "base/utc.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace healer {
namespace {

constexpr std::int64_t first_ms = -62'135'596'800'000;  // 0001-01-01T00:00:00.000Z
constexpr std::int64_t last_ms = 253'402'300'799'999;   // 9999-12-31T23:59:59.999Z

}  // namespace

std::string utc_text(WallTime at, UtcForm form) {
  const Duration whole{std::clamp(at.unix_ms, first_ms, last_ms)};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(whole);
  const std::tm utc = fmt::gmtime(static_cast<std::time_t>(seconds.count()));
  switch (form) {
    case UtcForm::Iso:
      return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc, (whole - seconds).count());
    case UtcForm::Table:
      return fmt::format("{:%Y-%m-%d %H:%M:%S}", utc);
    case UtcForm::Mail:
      return fmt::format("{:%a, %d %b %Y %H:%M:%S} +0000", utc);
    case UtcForm::Stamp:
      return fmt::format("{:%Y%m%dT%H%M%SZ}", utc);
  }
  return {};
}

}  // namespace healer
