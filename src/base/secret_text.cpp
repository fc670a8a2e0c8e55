#include "base/secret_text.hpp"

#include <algorithm>

namespace healer::redaction {
namespace {

constexpr std::size_t npos = std::string_view::npos;
/// No name of a setting is longer, so the search for a name stops after so many characters.
constexpr std::size_t longest_name = 64;

char at(std::string_view text, std::size_t i) {
  return i < text.size() ? text[i] : '\0';
}

}  // namespace

std::size_t find_any(std::string_view text, std::string_view set, std::size_t i) {
  const std::size_t most = std::min(text.size(), i + longest_value);
  while (i < most && set.find(text[i]) == npos) ++i;
  return std::min(i, most);
}

std::size_t end_of_line(std::string_view text, std::size_t i) {
  return find_any(text, "\r\n", i);
}

std::size_t next_line(std::string_view text, std::size_t i) {
  const auto end = text.find('\n', i);
  return end == npos ? text.size() : end + 1;
}

std::size_t end_of_word(std::string_view text, std::size_t i) {
  const std::size_t limit = std::min(text.size(), i + longest_value);
  while (i < limit && !is_space(text[i])) ++i;
  return i;
}

std::size_t skip_blanks(std::string_view text, std::size_t i) {
  while (i < text.size()) {
    if (is_blank(text[i]))
      ++i;
    else if (text[i] == '\xC2' && at(text, i + 1) == '\xA0')  // a blank that does not break
      i += 2;
    else
      break;
  }
  return i;
}

std::size_t skip_timestamp(std::string_view text, std::size_t i) {
  constexpr std::size_t date_and_time = 19;
  const std::string_view rest = text.substr(std::min(i, text.size()));
  if (rest.size() > date_and_time && is_digit(rest[0]) && rest[4] == '-' && rest[7] == '-' &&
      rest[10] == 'T' && rest[13] == ':' && rest[16] == ':')
    for (i += date_and_time; i < text.size() && !is_space(text[i]); ++i) {
    }
  return i;
}

bool starts_a_word(std::string_view text, std::size_t i) {
  return i == 0 || !is_base64url(text[i - 1]);
}

bool name_follows(std::string_view text, std::size_t i) {
  i = skip_blanks(text, i);
  while (i < text.size() && (is_quote(text[i]) || text[i] == '\\')) ++i;
  const std::size_t start = i;
  while (i < text.size() && i - start <= longest_name && (is_name(text[i]) || text[i] == ' ')) ++i;
  return i > start && (at(text, i) == '=' || at(text, i) == ':' || is_quote(at(text, i)));
}

std::size_t end_of_plain(std::string_view text, std::size_t i, std::size_t most) {
  const std::size_t limit = std::min(text.size(), i + most);
  for (; i < limit; ++i) {
    const char c = text[i];
    if (is_space(c) || is_quote(c)) break;
    if (c == '\\' && (is_quote(at(text, i + 1)) || at(text, i + 1) == '\\')) break;
    if ((c == ',' || c == ';' || c == '&') && name_follows(text, i + 1)) break;
    if ((c == ',' || c == ';') && (i + 1 == text.size() || is_space(text[i + 1]))) break;
  }
  return i;
}

std::optional<TextRange> quoted_at(std::string_view text, std::size_t i, std::size_t& next,
                                   std::size_t most) {
  std::size_t escapes = 0;
  while (at(text, i) == '\\' && escapes <= 8) ++i, ++escapes;
  if (!is_quote(at(text, i))) return std::nullopt;
  const char quote = text[i];
  const std::size_t begin = i + 1;
  std::size_t backslashes = 0;
  const std::size_t limit = std::min(text.size(), begin + most);
  std::size_t k = begin;
  for (; k < limit && text[k] != '\n'; ++k) {
    // Within a string, a quote with more or fewer backslashes than the first is part of the value.
    if (text[k] == quote && (escapes == 0 ? backslashes % 2 == 0 : backslashes == escapes)) {
      next = k + 1;
      return TextRange{begin, k - escapes};
    }
    backslashes = text[k] == '\\' ? backslashes + 1 : 0;
  }
  next = k > begin && k < limit && text[k - 1] == '\r' ? k - 1 : k;  // no closing quote
  return TextRange{begin, next};
}

TextRange value_at(std::string_view text, std::size_t i, std::size_t& next, std::size_t most) {
  if (const auto quoted = quoted_at(text, i, next, most)) return *quoted;
  const std::size_t end = end_of_plain(text, i, most);
  // Some("x"), b'x', $'x' and string(3) "x": the value is in the quotes.
  if (end > i && is_quote(at(text, end))) {
    const char before = text[end - 1];
    const bool opens = before == '(' || before == '[' || before == '{' || before == '<';
    const bool prefix = end - i == 1 && std::string_view("bBrRuUfF$@").find(before) != npos;
    if (opens || prefix)
      if (const auto quoted = quoted_at(text, end, next, most)) return *quoted;
  }
  const std::string_view plain = text.substr(i, end - i);
  if ((plain.starts_with("string(") || plain.starts_with("str(")) && plain.ends_with(")"))
    if (const auto quoted = quoted_at(text, skip_blanks(text, end), next, most)) return *quoted;
  next = end;
  return {i, end};
}

}  // namespace healer::redaction
