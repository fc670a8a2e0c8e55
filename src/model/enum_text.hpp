#pragma once

#include <optional>
#include <string_view>

namespace healer {

/// The value whose to_string is this text; nothing if there is none. Every stored choice counts up from 0
/// and its to_string answers "unknown" beyond the last one, so the names stay in one place.
template <class Enum>
std::optional<Enum> enum_of(std::string_view text) {
  for (int i = 0;; ++i) {
    const auto value = static_cast<Enum>(i);
    const std::string_view name = to_string(value);
    if (name == "unknown") return std::nullopt;
    if (name == text) return value;
  }
}

}  // namespace healer
