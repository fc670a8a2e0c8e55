#pragma once

#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace healer::net {

/// The time of an HTTP-date in its preferred form, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7), and of
/// no other text. The name of the day is not compared with the date.
std::optional<WallTime> parse_http_date(std::string_view text);

/// What a Retry-After field asks for: seconds, or an HTTP-date, counted from `now`. At least 0, at most a
/// day; empty for other text.
std::optional<Duration> parse_retry_after(std::string_view text, WallTime now);

}  // namespace healer::net
