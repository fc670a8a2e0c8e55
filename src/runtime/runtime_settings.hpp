#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/policy.hpp"
#include "runtime/remedy_hooks.hpp"

namespace healer {

struct RuntimeSettings {
  HostPolicy host;
  std::string own_container_id;  ///< empty: healer runs on the host
  bool dry_run = false;          ///< decisions, log and metrics as usual, but no engine call
  Duration resync_interval = 60s;
  HookSettings hooks = {};
  std::vector<std::string> excluded = {};  ///< names of containers that count as opted out
  std::uint64_t seed = 1;                  ///< for every random draw of the core
  std::string pressure_folder = {};        ///< "/proc/pressure"; empty: the host's pressure is not read
};

}  // namespace healer
