#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace healer::docker {

/// The evidence in an inspect answer. Texts are printable, line by line.
struct InspectEvidence {
  std::string state;       ///< one line per fact
  std::string health_log;  ///< oldest first; empty without a HEALTHCHECK
  std::vector<std::string> secrets;
  bool running = false;
  bool memory_limited = false;
};

Result<InspectEvidence> parse_inspect_evidence(std::string_view json);

/// The answer of GET /containers/{id}/top as whole lines, the titles first; about `cap` bytes.
Result<std::string> parse_processes(std::string_view json, std::size_t cap);

/// The memory part of GET /containers/{id}/stats, counted like `docker stats`: without the inactive page
/// cache.
struct MemoryUse {
  std::uint64_t used = 0;
  std::uint64_t limit = 0;  ///< without a limit of the container: the machine's memory; 0: not in the answer
};

/// Empty if the answer has no usage: the container does not run.
Result<std::optional<MemoryUse>> parse_memory_use(std::string_view json);

/// "48.1 MiB of 64 MiB"; "48.1 MiB, no limit".
std::string memory_text(const MemoryUse& use, bool limited);

}  // namespace healer::docker
