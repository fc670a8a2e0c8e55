#pragma once

#include <string>

#include "settings.hpp"

namespace sample_app {

/// Serves until SIGTERM or SIGINT (0 is returned) or until it cannot listen (1, with a line on
/// standard error). `broken_at_start` makes /health answer 503 until POST /fix.
int serve(const Settings& settings, bool broken_at_start);

/// Asks the service on this machine for /health. 0 when it answers 200 within three seconds, else 1
/// with a line on standard error: the exit code that an image's HEALTHCHECK expects.
int healthcheck(const Settings& settings);

}  // namespace sample_app
