#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace healer {

/// A command on the host: an argument list, never a shell's string.
struct HookCall {
  std::vector<std::string> argv;  ///< not empty; a name without '/' is looked for in PATH
  std::vector<std::pair<std::string, std::string>> environment;  ///< in addition to healer's own
  Duration deadline{0};
  std::size_t output_cap = 16 * 1024;
};

struct HookResult {
  int exit_code = -1;      ///< -1: it did not end by itself
  int signal = 0;          ///< what ended it, else 0
  bool timed_out = false;  ///< ended at the deadline, with all it started
  std::string output;      ///< both streams, the first `output_cap` bytes, printable and redacted
  std::string error;       ///< why it could not be started; empty when it was
};

/// For operators: "exit code 3", "signal 9", "ended after 30s", "not started: ...".
std::string to_string(const HookResult& result, Duration deadline);

/// The port to the host's commands.
class HookRunner {
 public:
  virtual ~HookRunner() = default;
  /// `done` is called once, on the loop, never from inside, at the latest 3 s after the deadline. It is not
  /// called when the runner is destroyed first: then the command is ended.
  virtual void run(HookCall call, std::function<void(HookResult)> done) = 0;
};

}  // namespace healer
