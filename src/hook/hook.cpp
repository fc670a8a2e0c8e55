#include "hook/hook.hpp"

#include <fmt/format.h>

#include "base/duration.hpp"

namespace healer {

std::string to_string(const HookResult& result, Duration deadline) {
  if (!result.error.empty()) return "not started: " + result.error;
  if (result.timed_out) return "ended after " + format_duration(deadline);
  if (result.signal != 0) return fmt::format("signal {}", result.signal);
  return fmt::format("exit code {}", result.exit_code);
}

}  // namespace healer
