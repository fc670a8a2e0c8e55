#pragma once

#include "config/daemon_settings.hpp"
#include "store/store.hpp"

namespace healer {

/// What may be deleted from the state file at `now`, by the settings.
inline PruneLimits prune_limits(const DaemonSettings& settings, Instant now) {
  PruneLimits limits = PruneLimits::at(now, settings.retention);
  limits.evidence_bytes = settings.evidence_size;
  return limits;
}

}  // namespace healer
