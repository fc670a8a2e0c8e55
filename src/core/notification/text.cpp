#include "core/notification/text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer {

std::string rounded(Duration duration) {
  if (duration < Duration{10s}) return format_duration(std::max(Duration{0}, duration));
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string times(unsigned count, const char* what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace healer
