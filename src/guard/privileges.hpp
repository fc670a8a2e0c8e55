#pragma once

#include "base/result.hpp"
#include "guard/settings.hpp"

namespace healer::guard {

/// Becomes the guard's user, alone in the group of the engine's socket, which it finds by stat, or that
/// `engine_gid` names while there is no socket. Before: root
/// with SETUID and SETGID, or already that user. After: no capability, no way to new ones, no core dump.
Result<void> drop_privileges(const Settings& settings);

/// From now on only the system calls that the guard needs: no execve, no socket but unix ones, no new
/// process. Call before the first thread.
Result<void> confine();

}  // namespace healer::guard
