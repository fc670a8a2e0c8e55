#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "cli/json_fields.hpp"

namespace healer::cli {

/// The daemon's /v1/status answer as text for operators: one line about healer and the engine, the table of
/// workloads, then label problems and notifications that wait. Protocol when it is not what a daemon answers;
/// single fields that are missing are shown as "-".
Result<std::string> status_view(std::string_view json, WallTime now, bool colour);

/// "paused for 12m more", "paused until resumed": of an object with "paused_until".
std::string pause_text(const Fields& of, WallTime now);

/// "acknowledged by kim": of an object with "acked_at".
std::string ack_text(const Fields& of);

/// The sentence of an answer of the admin API that is not 2xx: its "error" or "message", else the text
/// itself.
std::string answer_text(std::string_view body);

}  // namespace healer::cli
