#include "base/shell_words.hpp"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/text.hpp"

namespace healer {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Tracks quotes and backslashes, one character at a time.
class QuoteScanner {
 public:
  /// A quoted or escaped character, a mark that only quotes, or a character outside quotes.
  enum class Kind { Text, Mark, Outside };

  Kind next(char c) {
    if (escaped_) {
      escaped_ = false;
      return Kind::Text;
    }
    if (quote_ == '\'') {
      if (c != '\'') return Kind::Text;
      quote_ = 0;
      return Kind::Mark;
    }
    if (c == '\\') {
      escaped_ = true;
      return Kind::Mark;
    }
    if (quote_ == '"') {
      if (c != '"') return Kind::Text;
      quote_ = 0;
      return Kind::Mark;
    }
    if (c == '\'' || c == '"') {
      quote_ = c;
      return Kind::Mark;
    }
    return Kind::Outside;
  }
  bool in_double_quotes() const { return quote_ == '"'; }

  /// Why the text cannot end here; empty when it can.
  std::string fault() const {
    if (quote_ != 0) return fmt::format("a {} is not closed", quote_);
    return escaped_ ? "a backslash stands at the end" : "";
  }

 private:
  char quote_ = 0;
  bool escaped_ = false;
};

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:=@%+-").find(c) != std::string_view::npos;
}

}  // namespace

Words split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  bool after_backslash = false;
  QuoteScanner scanner;
  for (const char c : text) {
    const bool was_in_double = scanner.in_double_quotes();
    const QuoteScanner::Kind kind = scanner.next(c);
    if (kind == QuoteScanner::Kind::Outside && is_blank(c)) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
      continue;
    }
    in_word = true;
    if (kind == QuoteScanner::Kind::Mark) {
      after_backslash = c == '\\';
      continue;
    }
    // Within double quotes a backslash escapes only special characters; before others it stands for itself.
    if (after_backslash && was_in_double && std::string_view("\"\\$`\n").find(c) == std::string_view::npos)
      word += '\\';
    after_backslash = false;
    word += c;
  }
  if (std::string fault = scanner.fault(); !fault.empty())
    return tl::unexpected<std::string>(std::move(fault));
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::string show_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && std::all_of(word.begin(), word.end(), is_plain)) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) {
      if (c == '\'')
        text += "'\\''";
      else
        text += c;
    }
    text += '\'';
  }
  return text;
}

Words split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  QuoteScanner scanner;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (scanner.next(text[i]) != QuoteScanner::Kind::Outside || text[i] != separator) continue;
    parts.emplace_back(trim(text.substr(start, i - start)));
    start = i + 1;
  }
  if (std::string fault = scanner.fault(); !fault.empty())
    return tl::unexpected<std::string>(std::move(fault));
  parts.emplace_back(trim(text.substr(start)));
  return parts;
}

}  // namespace healer
