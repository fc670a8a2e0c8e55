#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "guard/facts.hpp"
#include "guard/ledger.hpp"
#include "guard/rules.hpp"
#include "guard/settings.hpp"

namespace healer::guard {

/// How much of a container healer may see.
enum class View {
  Whole,    ///< it opted in: everything but the values of its environment
  Outline,  ///< id, name, state, health, networks, ports
};
View view_of(const Facts& facts, const Settings& settings);

/// Whether healer may do anything to the container: it opted in by its own labels, and is not the guard's,
/// healer's, an operator's for one task, or another system's. `self`: id of the container the guard runs in.
Ruled<void> judge_target(const Facts& facts, const Settings& settings, std::string_view self);

/// Whether the order is a configured remedy of the container. `signal`: of a kill.
Ruled<void> judge_remedy(OrderKind kind, std::string_view signal, const Facts& facts,
                         const Settings& settings);

/// Whether the container's label or the operator's file names exactly these words for a command inside it.
Ruled<void> judge_command(const std::vector<std::string>& command, const Facts& facts,
                          const Settings& settings);

/// What reaches beyond the container is recreated and entered only with the operator's word.
Ruled<void> judge_hazards(const Facts& facts, const Settings& settings);

/// What may be done to the container, by its own labels and by the operator.
Remedies remedies_of(const Facts& facts, const Settings& settings);
std::vector<std::vector<std::string>> commands_of(const Facts& facts, const Settings& settings);

}  // namespace healer::guard
