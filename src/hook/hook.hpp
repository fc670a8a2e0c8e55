#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace healer {

/// A command on the host: an argument list, never a shell string.
struct HookCall {
  std::vector<std::string> argv;  ///< not empty; a name without '/' is searched in PATH
  std::vector<std::pair<std::string, std::string>> environment;  ///< added to what the runner passes on
  Duration deadline{0};
  std::size_t output_cap = 16 * 1024;
};

struct HookResult {
  int exit_code = -1;      ///< -1: a signal ended the command, or it was not started
  int signal = 0;          ///< the signal that ended the command, else 0
  bool timed_out = false;  ///< ended at the deadline, with its child processes
  std::string output;      ///< both streams, the first `output_cap` bytes, printable and redacted
  std::string error;       ///< why the command could not be started; empty: it was
};

/// For operators: "exit code 3", "signal 9", "ended after 30s", "not started: ...".
std::string to_string(const HookResult& result, Duration deadline);

/// The port that runs commands on the host.
class HookRunner {
 public:
  virtual ~HookRunner() = default;
  /// `done` is called once, on the loop, never before run() returns, at the latest 3 s after the deadline. If
  /// the runner is destroyed first, the command is killed and `done` is not called.
  virtual void run(HookCall call, std::function<void(HookResult)> done) = 0;
};

}  // namespace healer
