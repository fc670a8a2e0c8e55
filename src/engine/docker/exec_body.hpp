#pragma once

#include <string>
#include <vector>

namespace healer::docker {

// The bodies of an exec, for healer and for the guard: as a plugin the guard compares them byte by byte.

/// Of POST /containers/{id}/exec: with stdout and stderr, without a terminal or stdin.
std::string exec_create_body(const std::vector<std::string>& command);

/// Of POST /exec/{id}/start.
inline constexpr const char* exec_start_body = R"({"Detach":false,"Tty":false})";

}  // namespace healer::docker
