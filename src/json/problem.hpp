#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/result.hpp"

namespace healer::json {

/// What a Reader found wrong, and where. The first problem ends the reading. Each function that reports a
/// problem returns false, so that a reader can return its result directly.
class Problem {
 public:
  bool expected(std::string_view accepted, const boost::json::value& seen);
  bool expected_number(std::int64_t least, std::uint64_t most, const boost::json::value& seen);
  bool expected_name(const boost::json::value& seen, std::span<const std::string_view> names);
  /// Does not show the value found: it may be a secret.
  bool expected_secret(std::string_view accepted);
  bool no_such_field(std::string_view seen, std::span<const std::string_view> names);
  /// The object of a variant has no field "is".
  bool no_tag(std::span<const std::string_view> tags);
  /// The problem is in the field or element of this name.
  bool at(std::string_view name);

  Error error(std::string_view what) const;

 private:
  std::string path_;
  std::string text_;
};

template <std::size_t N>
std::array<std::string_view, N> names_of(const std::array<const char*, N>& texts) {
  std::array<std::string_view, N> names;
  for (std::size_t i = 0; i < N; ++i) names[i] = texts[i];
  return names;
}

}  // namespace healer::json
