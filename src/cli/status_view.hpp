#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cli/json_fields.hpp"

namespace healer::cli {

/// The daemon's /v1/status answer as text for operators: one line about healer and the engine, the table of
/// workloads, then label problems and waiting notifications. Protocol when the text is no answer of a daemon;
/// a missing field is shown as "-".
Result<std::string> status_view(std::string_view json, WallTime now, bool colour);

/// "paused for 12m more", "paused until resumed": for an object with "paused_until".
std::string pause_text(const Fields& of, WallTime now);

/// "acknowledged by kim": for an object with "acked_at".
std::string ack_text(const Fields& of);

/// The message of an admin API answer that is not 2xx: its "error" or "message", else the whole text.
std::string answer_text(std::string_view body);

}  // namespace healer::cli
