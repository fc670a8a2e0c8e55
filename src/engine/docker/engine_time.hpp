#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace healer::docker {

/// RFC 3339 as engines write it: "2026-11-22T19:00:00.123456789Z", any number of decimals, any zone offset.
/// Empty for the engines' "never" (year 1, and any time before 1970) and for a text that does not parse.
std::optional<WallTime> parse_engine_time(std::string_view text);

}  // namespace healer::docker
