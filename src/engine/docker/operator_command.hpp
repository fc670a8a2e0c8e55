#pragma once

#include <string>
#include <vector>

namespace healer::docker {

/// Whether the engine runs this command as the HEALTHCHECK. `health_test`: Healthcheck.Test, "CMD" with the
/// argument list, or "CMD-SHELL" with a text that the engine passes to the shell of the image, which another
/// engine may not know (moby daemon/health.go: getShell; libpod/healthcheck.go). So any program that gets
/// this text last counts as the shell.
bool is_health_check(const std::vector<std::string>& command, const std::vector<std::string>& health_test);

/// The first word of a command for operators: without its folder, printable, at most 40 bytes.
std::string first_word(const std::vector<std::string>& command);

}  // namespace healer::docker
