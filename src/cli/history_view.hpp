#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace healer::cli {

// The daemon's answers as text for operators, up to 80 columns if the texts allow it. Protocol when the text
// is no answer of a daemon; a missing field is shown as "-".

/// /v1/explain: present state, observations, decisions with reasons, the hold, the next step.
Result<std::string> explain_view(std::string_view json, WallTime now, bool colour);
/// /v1/history: one row per incident.
Result<std::string> history_view(std::string_view json, bool colour);
/// /v1/incident: its course by time, then its evidence.
Result<std::string> incident_view(std::string_view json, bool colour);

}  // namespace healer::cli
