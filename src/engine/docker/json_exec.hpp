#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// The id in the answer of POST /containers/{id}/exec; Protocol if there is none that fits a path.
Result<std::string> parse_exec_id(std::string_view json);

/// The answer of GET /exec/{id}/json.
struct ExecState {
  bool running = false;
  std::optional<int> exit_code;      ///< empty: still running, not started, or not recorded yet
  std::vector<std::string> command;  ///< argument list
};

Result<ExecState> parse_exec_state(std::string_view json);

}  // namespace healer::docker
