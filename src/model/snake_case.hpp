#pragma once

#include <cstddef>
#include <string_view>

namespace healer {

/// Whether a '_' comes before this character of a CamelCase name: "OutOfMemory" has two, "HTTPStatus" one.
constexpr bool begins_word(std::string_view camel, std::size_t at) {
  const auto upper = [&](std::size_t i) { return i < camel.size() && camel[i] >= 'A' && camel[i] <= 'Z'; };
  const auto small = [&](std::size_t i) { return i < camel.size() && !upper(i); };
  return at > 0 && upper(at) && (small(at - 1) || small(at + 1));
}

constexpr std::size_t snake_case_size(std::string_view camel) {
  std::size_t size = camel.size();
  for (std::size_t i = 0; i < camel.size(); ++i)
    if (begins_word(camel, i)) ++size;
  return size;
}

/// Writes "out_of_memory" for "OutOfMemory" to `to` and returns the position after the last character. `to`
/// must have room for snake_case_size(camel) characters.
constexpr char* write_snake_case(std::string_view camel, char* to) {
  for (std::size_t i = 0; i < camel.size(); ++i) {
    if (begins_word(camel, i)) *to++ = '_';
    const char c = camel[i];
    *to++ = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return to;
}

}  // namespace healer
