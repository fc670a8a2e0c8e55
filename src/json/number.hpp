#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include <boost/json/value.hpp>

namespace healer::json {

inline boost::json::string_view view(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string_view view(const boost::json::string& text) {
  return {text.data(), text.size()};
}

template <std::integral T>
boost::json::value whole_number(T number) {
  if constexpr (std::is_unsigned_v<T>)
    return static_cast<std::uint64_t>(number);
  else
    return static_cast<std::int64_t>(number);
}

/// Empty if the value is no whole number or does not fit into T.
template <std::integral T>
std::optional<T> whole_number_of(const boost::json::value& value) {
  if (value.is_int64() && std::in_range<T>(value.get_int64())) return static_cast<T>(value.get_int64());
  if (value.is_uint64() && std::in_range<T>(value.get_uint64())) return static_cast<T>(value.get_uint64());
  return std::nullopt;
}

/// A JSON number if Boost.JSON reads the number's text back as the same double, else a string with the
/// shortest exact text: the parser of Boost.JSON may miss the last bit, and JSON has no infinity.
boost::json::value fraction(double number);
/// Reads what fraction() wrote; also accepts a whole number.
std::optional<double> fraction_of(const boost::json::value& value);

}  // namespace healer::json
