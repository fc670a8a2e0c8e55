#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace healer::cli {

// The daemon's answers as text for operators, up to 80 columns where the texts allow it. Protocol when it is
// not what a daemon answers; single fields that are missing are shown as "-".

/// /v1/explain: the present state, what was seen, what was decided and why, what holds it, what is next.
Result<std::string> explain_view(std::string_view json, WallTime now, bool colour);
/// /v1/history: one row per incident.
Result<std::string> history_view(std::string_view json, bool colour);
/// /v1/incident: its course in the order of time, then its evidence.
Result<std::string> incident_view(std::string_view json, bool colour);

}  // namespace healer::cli
