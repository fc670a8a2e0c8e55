#pragma once

#include <string>

#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer::testing {

/// One line, as in transcripts.
std::string show(const Event& event);
std::string show(const Effect& effect);

}  // namespace healer::testing
