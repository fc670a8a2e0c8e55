#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

namespace healer {

/// A row of a state machine's table. A state may have several rows of one input: then the row's comment says
/// which one applies. An input that no row names for a state changes nothing.
template <class State, class Input>
struct Transition {
  State from;
  Input input;
  State to;

  friend bool operator==(const Transition&, const Transition&) = default;
};

/// A table is a type with the enums State and Input, the rows `table`, and a name. It is the whole truth
/// about its machine: each machine has one function that changes the state, and that function looks the row
/// up.
template <class Table>
using Row = Transition<typename Table::State, typename Table::Input>;

template <class State, class Input>
constexpr bool became(const Transition<State, Input>& row, State state) {
  return row.from != state && row.to == state;
}

/// Whether the table has the row. Costs one look into bits that the compiler has set.
template <class Table>
constexpr bool has_row(const Row<Table>& row) {
  constexpr auto at = [](const Row<Table>& each) {
    return static_cast<std::size_t>(each.input) * 8 + static_cast<std::size_t>(each.from);
  };
  constexpr std::size_t size = [at] {
    std::size_t most = 0;
    for (const Row<Table>& each : Table::table) most = std::max(most, at(each));
    return most + 1;
  }();
  constexpr std::array<std::uint8_t, size> next = [at] {
    std::array<std::uint8_t, size> bits{};
    for (const Row<Table>& each : Table::table)
      bits[at(each)] = static_cast<std::uint8_t>(bits[at(each)] | 1U << static_cast<unsigned>(each.to));
    return bits;
  }();
  return at(row) < size && (next[at(row)] >> static_cast<unsigned>(row.to) & 1U) != 0;
}

}  // namespace healer
