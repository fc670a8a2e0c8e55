#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/time.hpp"

namespace healer {

inline boost::json::value time_or_null(const std::optional<Instant>& at) {
  if (!at || *at == Instant::max()) return nullptr;
  return wall_time_of(*at).unix_ms;
}

/// Makes a text of a container or an operator valid UTF-8, as JSON needs.
inline boost::json::string safe(std::string_view text) {
  return boost::json::string(printable(text));
}

/// As safe(), but keeps the line ends.
inline boost::json::string safe_lines(std::string_view text) {
  return boost::json::string(printable_lines(text));
}

}  // namespace healer
