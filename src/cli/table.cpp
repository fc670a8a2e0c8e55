#include "cli/table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace healer::cli {
namespace {

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::None:
      return "";
    case Colour::Green:
      return "\033[32m";
    case Colour::Yellow:
      return "\033[33m";
    case Colour::Red:
      return "\033[31m";
    case Colour::Dim:
      return "\033[2m";
  }
  return "";
}

/// Number of code points: the width, if each takes one column.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string aligned(const std::vector<std::vector<Cell>>& rows, bool colour) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width(printable(row[i].text)));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string text = printable(row[i].text);
      const bool paint = colour && row[i].colour != Colour::None;
      if (paint) line += code_of(row[i].colour);
      line += text;
      if (paint) line += "\033[0m";
      if (i + 1 < row.size()) line.append(widths[i] - width(text) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  }
  return out;
}

}  // namespace healer::cli
