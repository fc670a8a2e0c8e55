#include "guard/words.hpp"

#include <boost/json/parse.hpp>

#include "base/text.hpp"

namespace healer::guard {
namespace {

namespace json = boost::json;

std::optional<std::vector<std::string>> list_of(std::string_view text) {
  json::error_code fault;
  const json::value value = json::parse(text, fault);
  if (fault || !value.is_array()) return {};
  std::vector<std::string> words;
  for (const json::value& word : value.get_array()) {
    if (!word.is_string()) return {};
    words.emplace_back(word.get_string());
  }
  return words;
}

/// Follows quotes and backslashes.
struct Quotes {
  char open = 0;
  bool escaped = false;

  /// Whether the character only quotes.
  bool mark(char c) {
    if (escaped) {
      escaped = false;
      return false;
    }
    if (open == '\'') return c == '\'' ? close() : false;
    if (c == '\\') return escaped = true;
    if (open == '"') return c == '"' ? close() : false;
    if (c != '\'' && c != '"') return false;
    open = c;
    return true;
  }
  bool close() {
    open = 0;
    return true;
  }
  bool plain() const { return open == 0 && !escaped; }
};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

}  // namespace

std::optional<std::vector<std::string>> command_words(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) return list_of(text);
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool after_backslash = false;
  Quotes quotes;
  for (const char c : text) {
    const bool was_plain = quotes.plain();
    const bool was_in_double = quotes.open == '"';
    const bool mark = quotes.mark(c);
    if (was_plain && !mark && is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (mark) {
      after_backslash = c == '\\';
      continue;
    }
    // Within double quotes a backslash before other characters stands for itself.
    if (after_backslash && was_in_double && std::string_view("\"\\$`\n").find(c) == std::string_view::npos)
      word += '\\';
    after_backslash = false;
    word += c;
  }
  if (!quotes.plain()) return {};
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::optional<std::vector<std::string>> comma_parts(std::string_view text) {
  text = trim(text);
  if (text.starts_with('[')) return list_of(text);
  std::vector<std::string> parts;
  std::size_t start = 0;
  Quotes quotes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool was_plain = quotes.plain();
    if (quotes.mark(text[at]) || !was_plain || text[at] != ',') continue;
    parts.emplace_back(trim(text.substr(start, at - start)));
    start = at + 1;
  }
  if (!quotes.plain()) return {};
  parts.emplace_back(trim(text.substr(start)));
  return parts;
}

}  // namespace healer::guard
