#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/workload/workload.hpp"
#include "support/scene.hpp"

namespace healer::testing {

/// The enumerator's name, as the compiler writes it; a number if the enum has no such value.
template <class Enum, Enum value>
constexpr std::string_view name_of_value() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t end = text.find_first_of(";]", text.rfind("value = "));
  const std::size_t begin = text.find_last_of(":)= ", end - 1) + 1;
  return text.substr(begin, end - begin);
}

template <class Enum>
std::string name_of(Enum value) {
  constexpr std::size_t most = 40;
  static const auto names = []<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<std::string_view, most>{name_of_value<Enum, static_cast<Enum>(i)>()...};
  }
  (std::make_index_sequence<most>());
  return std::string(names.at(static_cast<std::size_t>(value)));
}

/// For the reader: "remediation: Planned, Due, Gathering".
template <class Table>
std::string text_of(const Row<Table>& row) {
  return std::string(Table::name) + ": " + name_of(row.from) + ", " + name_of(row.input) + ", " +
         name_of(row.to);
}

/// Which rows of the machines' tables scenes have taken, and each transition that broke a rule: no row names
/// it, or the state changed otherwise than by a row.
class TakenRows {
 public:
  /// From now on, in each process of healer. Takes the scene's after_step: the one that was set is called,
  /// too.
  void watch(Scene& scene);

  template <class Table>
  void take(const Row<Table>& row) {
    if (!has_row<Table>(row)) broken_.insert("no row names " + text_of<Table>(row));
    taken_.insert(text_of<Table>(row));
  }
  const std::set<std::string>& broken() const { return broken_; }
  /// The rows of all tables that no scene has taken.
  std::vector<std::string> untaken() const;

 private:
  static constexpr std::size_t machines = std::variant_size_v<TakenRow>;
  using States = std::array<int, machines>;

  static States states_of(const Workload& workload);
  void taken(const Workload& workload, const TakenRow& row);
  void compare(const std::string& key, const States& states);
  void after_step(const Supervisor& core);

  std::map<std::string, States> states_;  ///< by workload, as their rows say
  std::set<std::string> taken_;
  std::set<std::string> broken_;
};

}  // namespace healer::testing
