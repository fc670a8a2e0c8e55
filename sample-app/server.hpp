#pragma once

#include <string>

#include "settings.hpp"

namespace sample_app {

/// Serves until SIGTERM or SIGINT and returns 0. Returns 1, with a line on standard error, when it cannot
/// listen, and 2 when APP_ADDRESS is not valid. `broken_at_start`: /health answers 503 until POST /fix.
int serve(const Settings& settings, bool broken_at_start);

/// Requests /health from the service on this machine. Returns 0 when the answer is 200 within three seconds,
/// else 1 with a line on standard error. These are the exit codes that an image's HEALTHCHECK expects.
int healthcheck(const Settings& settings);

}  // namespace sample_app
