#include "base/json_syntax.hpp"

namespace healer {
namespace {

constexpr int deepest = 32;

// Each function reads one thing from `at` on; false: `at` is where it does not fit.
struct Reader {
  std::string_view text;
  std::size_t at = 0;

  char peek() const { return at < text.size() ? text[at] : '\0'; }
  bool digit() const { return peek() >= '0' && peek() <= '9'; }
  void blanks() {
    while (at < text.size() && std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) ++at;
  }
  bool take(char c) {
    if (at >= text.size() || text[at] != c) return false;
    ++at;
    return true;
  }
  bool word(std::string_view expected) {
    for (const char c : expected)
      if (!take(c)) return false;
    return true;
  }
  bool digits() {
    if (!digit()) return false;
    while (digit()) ++at;
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  bool escape() {
    if (take('u')) {
      for (int i = 0; i < 4; ++i) {
        const char c = peek();
        if (!digit() && !(c >= 'a' && c <= 'f') && !(c >= 'A' && c <= 'F')) return false;
        ++at;
      }
      return true;
    }
    if (at >= text.size() || std::string_view("\"\\/bfnrt").find(text[at]) == std::string_view::npos)
      return false;
    ++at;
    return true;
  }

  bool string() {
    if (!take('"')) return false;
    while (at < text.size() && text[at] != '"') {
      if (static_cast<unsigned char>(text[at]) < 0x20) return false;
      if (take('\\')) {
        if (!escape()) return false;
      } else {
        ++at;
      }
    }
    return take('"');
  }

  bool list(char open, char close, int depth, bool named) {
    if (depth == 0 || !take(open)) return false;
    blanks();
    if (take(close)) return true;
    while (true) {
      blanks();
      if (named) {
        if (!string()) return false;
        blanks();
        if (!take(':')) return false;
      }
      if (!value(depth - 1)) return false;
      blanks();
      if (take(close)) return true;
      if (!take(',')) return false;
    }
  }

  bool value(int depth) {
    blanks();
    switch (peek()) {
      case '{':
        return list('{', '}', depth, true);
      case '[':
        return list('[', ']', depth, false);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }
};

}  // namespace

std::optional<std::size_t> json_fault(std::string_view text) {
  Reader reader{text};
  if (!reader.value(deepest)) return reader.at;
  reader.blanks();
  if (reader.at < text.size()) return reader.at;
  return std::nullopt;
}

}  // namespace healer
