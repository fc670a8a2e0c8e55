#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "guard/rules.hpp"

namespace healer::guard {

/// Reads a JSON object of at most 16 levels. Refused, as Go's decoder would take them for one key: two keys
/// of an object that are equal without regard to case, U+017F and U+212A counted as s and k.
Ruled<boost::json::object> parse_strict(std::string_view text);

/// The key as Go's decoder compares it.
std::string folded_key(std::string_view key);

}  // namespace healer::guard
