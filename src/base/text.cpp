#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace healer {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (true) {
    const auto end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return parts;
    start = end + 1;
  }
}

std::optional<bool> parse_bool(std::string_view text) {
  const std::string word = lower(trim(text));
  for (const char* yes : {"true", "yes", "1", "on"})
    if (word == yes) return true;
  for (const char* no : {"false", "no", "0", "off"})
    if (word == no) return false;
  return std::nullopt;
}

namespace {

/// Counts insertions, deletions, replacements and swapped neighbours, the most frequent typing error: "prot"
/// is at distance 1 from "port".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> nearest_name(std::string_view seen, std::span<const std::string_view> candidates) {
  if (seen.size() > 200) return std::nullopt;  // edit_distance takes quadratic time, and no name is that long
  const std::string wanted = lower(seen);
  std::optional<std::string> best;
  std::size_t best_distance = 0;
  for (std::string_view candidate : candidates) {
    const std::size_t limit = std::max<std::size_t>(2, candidate.size() / 3);
    // The distance is at least the difference of the lengths, which already excludes most candidates.
    if (wanted.size() > candidate.size() + limit || candidate.size() > wanted.size() + limit) continue;
    const std::size_t distance = edit_distance(wanted, lower(candidate));
    if (distance <= limit && (!best || distance < best_distance)) {
      best = std::string(candidate);
      best_distance = distance;
    }
  }
  return best;
}

std::string clip(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return std::string(text);
  std::size_t end = limit > 3 ? limit - 3 : 0;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + (limit > 3 ? "..." : "");
}

namespace {

/// A terminal takes a sequence without an end for the beginning of one; no honest one is longer.
constexpr std::size_t longest_terminal_string = 512;

/// One character of UTF-8 at the beginning of a text; `length` is 0 if the bytes there are not valid.
struct Character {
  char32_t code = 0;
  std::size_t length = 0;
};

Character first_character(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  char32_t code = lead & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
  return {code, length};
}

/// Characters that a reader does not see, but that change what the reader sees: of no width, or of direction.
bool is_invisible(char32_t code) {
  struct Span {
    char32_t first;
    char32_t last;
  };
  static constexpr std::array<Span, 15> spans{{{0x00AD, 0x00AD},
                                               {0x034F, 0x034F},
                                               {0x061C, 0x061C},
                                               {0x115F, 0x1160},
                                               {0x17B4, 0x17B5},
                                               {0x180B, 0x180F},
                                               {0x200B, 0x200F},
                                               {0x202A, 0x202E},
                                               {0x2060, 0x206F},
                                               {0x3164, 0x3164},
                                               {0xFEFF, 0xFEFF},
                                               {0xFFA0, 0xFFA0},
                                               {0xFFF9, 0xFFFB},
                                               {0x1D173, 0x1D17A},
                                               {0xE0000, 0xE0FFF}}};
  return std::any_of(spans.begin(), spans.end(),
                     [code](const Span& span) { return code >= span.first && code <= span.last; });
}

bool is_line_end_or_tab(char32_t code) {
  return code == '\n' || code == '\t' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

/// The end of "ESC [ parameters letter", from after the bracket; the end of the text if it is cut.
std::size_t end_of_sequence(std::string_view text, std::size_t i) {
  while (i < text.size() && text[i] >= 0x20 && text[i] <= 0x3F) ++i;
  return std::min(i + 1, text.size());
}

/// The length of the terminal's sequence that begins here; 0 if none does.
std::size_t terminal_sequence(std::string_view text) {
  if (text.starts_with("\xC2\x9B")) return end_of_sequence(text, 2);
  if (text.size() < 2 || text[0] != '\x1b') return 0;
  if (text[1] == '[') return end_of_sequence(text, 2);
  if (std::string_view("]PX^_").find(text[1]) == std::string_view::npos) return 0;
  // A string for the terminal, such as a title, a link or what the clipboard is to hold.
  const std::string_view string = text.substr(0, longest_terminal_string);
  const auto end = string.find_first_of("\a\x1b\n", 2);
  if (end == std::string_view::npos || string[end] == '\n') return 0;
  return string[end] == '\x1b' && end + 1 < string.size() && string[end + 1] == '\\' ? end + 2 : end + 1;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    if (text[0] >= 0x20 && text[0] < 0x7F) {
      out.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    if (const std::size_t sequence = terminal_sequence(text); sequence > 0) {
      text.remove_prefix(sequence);
      continue;
    }
    const auto [code, length] = first_character(text);
    if (length == 0 || code < 0xA0 || code == 0x2028 || code == 0x2029)
      out.push_back(length > 0 && is_line_end_or_tab(code) ? ' ' : '?');
    else if (!is_invisible(code))
      out.append(text.substr(0, length));
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string printable_lines(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines += printable(line);
    if (end == std::string_view::npos) break;
    lines += '\n';
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace healer
