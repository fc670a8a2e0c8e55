#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "base/text.hpp"

// Checks of characters and texts, for the kinds of settings.
namespace healer {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

inline bool is_alphanumeric(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// 1 to `most` letters, digits and characters of `more`.
inline bool is_word(std::string_view text, std::size_t most, std::string_view more) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alphanumeric(c) || more.find(c) != std::string_view::npos;
  });
}

/// 1 to 32 of a-z, 0-9, '_' and '-': the name of a channel or a probe.
inline bool is_short_name(std::string_view text) {
  return is_word(text, 32, "_-") && lower(text) == text;
}

/// Printable ASCII characters without spaces.
template <std::size_t most, std::size_t least = 1>
bool is_graphic(std::string_view text) {
  return text.size() >= least && text.size() <= most &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// Text without control characters.
template <std::size_t most>
bool is_line(std::string_view text) {
  return !text.empty() && text.size() <= most && printable(text) == text;
}

}  // namespace healer
