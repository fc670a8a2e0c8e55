#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// The body of POST /containers/{id}/exec: with stdout and stderr, without a terminal or stdin.
std::string exec_body(const std::vector<std::string>& command);

/// The id in the answer of that POST; Protocol if there is none that fits a path.
Result<std::string> parse_exec_id(std::string_view json);

/// The answer of GET /exec/{id}/json.
struct ExecState {
  bool running = false;
  std::optional<int> exit_code;      ///< empty: still running, not started, or not recorded yet
  std::vector<std::string> command;  ///< argument list
};

Result<ExecState> parse_exec_state(std::string_view json);

}  // namespace healer::docker
