#pragma once

#include <string>

#include "model/action.hpp"
#include "model/event.hpp"

namespace healer::testing {

/// One line for people, for transcripts.
std::string show(const Event& event);
std::string show(const Action& action);

}  // namespace healer::testing
