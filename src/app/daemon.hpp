#pragma once

#include "cli/command_line.hpp"
#include "config/load.hpp"

namespace healer {

/// `healer run`: wires the adapters to the runtime and turns the loop until SIGTERM or SIGINT.
/// Returns the process's exit code: 0 after a signal, 1 when it cannot run (port or state file in
/// use), 2 for a configuration that is refused.
int run_daemon(const cli::RunCommand& command, const Environment& environment);

}  // namespace healer
