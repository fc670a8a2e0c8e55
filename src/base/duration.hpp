#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace healer {

/// Reads a duration of the configuration: `15` and `1.5` (seconds), `250ms`, `15s`, `1m30s`, `2h`, `1d`;
/// every number may have a fraction. Empty if the text does not parse, is negative or exceeds 366 days.
std::optional<Duration> parse_duration(std::string_view text);

/// The shortest exact form that parse_duration reads back: 90000 ms is "1m30s", 250 ms is "250ms".
std::string format_duration(Duration duration);

}  // namespace healer
