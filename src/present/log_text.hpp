#pragma once

#include <string>

#include "model/effect.hpp"

namespace healer::present {

/// Begins the text of a transition that no row of a table names.
inline constexpr const char* unknown_transition_text = "a defect in healer, an unknown transition of";

/// The report as a line of the log: "web — unhealthy (1/3): HTTP 503".
LogLine log_line(const Report& report);

}  // namespace healer::present
