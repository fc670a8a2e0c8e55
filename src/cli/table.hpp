#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace healer::cli {

enum class Colour { None, Green, Yellow, Red, Dim };

struct Cell {
  std::string text;  ///< made printable here: nothing a container says reaches the terminal raw
  Colour colour = Colour::None;
};

/// Rows as aligned columns two spaces apart; the last column is not padded. `colour` false drops all colours.
std::string aligned(const std::vector<std::vector<Cell>>& rows, bool colour);

}  // namespace healer::cli
