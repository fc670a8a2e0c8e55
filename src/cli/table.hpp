#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace healer::cli {

enum class Colour { None, Green, Yellow, Red, Dim };

struct Cell {
  std::string text;  ///< aligned() makes it printable: no raw output of a container reaches the terminal
  Colour colour = Colour::None;
};

/// Rows as aligned columns, two spaces apart; the last column is not padded. `colour` false: no colours.
std::string aligned(const std::vector<std::vector<Cell>>& rows, bool colour);

}  // namespace healer::cli
