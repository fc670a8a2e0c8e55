#pragma once

#include <string_view>

#include "model/reason.hpp"

namespace healer {

/// Whether a check's command could not run at all, so that its exit code says nothing of the application:
/// exit codes 126 and 127 of a shell, the engine's -1, or the words of a shell or of the runtime ("sh: curl:
/// not found", "OCI runtime exec failed"). Not so when the engine ended it by its time limit (-1 as well,
/// moby daemon/health.go), nor when the container has no room for another process: then the application has a
/// problem.
bool command_cannot_run(int exit_code, std::string_view output);

/// Whether the text of a check or of the engine says that a disk is full.
bool says_disk_full(std::string_view text);
bool says_disk_full(const Reason& why);

}  // namespace healer
