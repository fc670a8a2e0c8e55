#pragma once

#include "config/daemon_settings.hpp"
#include "store/store.hpp"

namespace healer {

/// What the state file may forget at `now`, by the settings.
inline PruneLimits prune_limits(const DaemonSettings& settings, Instant now) {
  PruneLimits limits = PruneLimits::at(now, settings.retention);
  limits.evidence_bytes = settings.evidence_size;
  return limits;
}

}  // namespace healer
