#pragma once

#include "cli/command_line.hpp"
#include "config/load.hpp"

namespace healer {

/// `healer run`: connects the adapters to the runtime and runs the loop until SIGTERM or SIGINT. Returns the
/// process's exit code: 0 after a signal, 1 when healer cannot run (port or state file in use), 2 when the
/// configuration is refused.
int run_daemon(const cli::RunCommand& command, const Environment& environment);

}  // namespace healer
