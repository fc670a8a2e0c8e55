#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/known_values.hpp"

/// How texts to redact are read: classes of characters, and where words, lines and values end. Positions may
/// lie behind the end of the text; nothing is found there.
namespace healer::redaction {

/// A value may be as long as this; of a longer one the next round finds the rest.
inline constexpr std::size_t longest_value = 4096;

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
inline bool is_alnum(char c) {
  return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}
inline bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
inline bool is_space(char c) {
  return is_blank(c) || c == '\r' || c == '\n' || c == '\f' || c == '\v' || c == '\0';
}
inline bool is_quote(char c) {
  return c == '"' || c == '\'' || c == '`';
}
inline bool is_name(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}
inline bool is_base64url(char c) {
  return is_alnum(c) || c == '_' || c == '-';
}
/// Whether the character can be part of a URL in running text.
inline bool is_url(char c) {
  return !is_space(c) && !is_quote(c) && c != '<' && c != '>' && c != '\\';
}

// Each returns a position, from `i` on.

std::size_t skip_blanks(std::string_view text, std::size_t i);
/// Skips the time that the engine puts before each line of a log, and blanks.
std::size_t skip_timestamp(std::string_view text, std::size_t i);
std::size_t next_line(std::string_view text, std::size_t i);
std::size_t end_of_line(std::string_view text, std::size_t i);
std::size_t end_of_word(std::string_view text, std::size_t i);
/// The end of a value without quotes.
std::size_t end_of_plain(std::string_view text, std::size_t i, std::size_t most = longest_value);
/// The first character of the set, or where a value would be too long.
std::size_t find_any(std::string_view text, std::string_view set, std::size_t i);

bool starts_a_word(std::string_view text, std::size_t i);
/// Whether another "name=" begins here, after a separator within unquoted text.
bool name_follows(std::string_view text, std::size_t i);

/// The value that begins here, without its quotes; the search continues at `next`.
TextRange value_at(std::string_view text, std::size_t i, std::size_t& next, std::size_t most = longest_value);
/// The same; nothing if no quote opens here.
std::optional<TextRange> quoted_at(std::string_view text, std::size_t i, std::size_t& next,
                                   std::size_t most = longest_value);

}  // namespace healer::redaction
