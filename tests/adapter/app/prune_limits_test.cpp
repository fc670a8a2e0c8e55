#include "app/prune_limits.hpp"

#include <doctest/doctest.h>

namespace healer {
namespace {

TEST_CASE("the settings retention and evidence_size limit what the state file keeps") {
  DaemonSettings settings;
  settings.retention = 48h;
  settings.evidence_size = 3 << 20;
  const Instant now = Instant{} + 1000h;
  const PruneLimits limits = prune_limits(settings, now);
  CHECK(limits.ended_before == now - 48h);
  CHECK(limits.idle_decisions_before == now - 48h);
  CHECK(limits.evidence_bytes == 3 << 20);
}

TEST_CASE("by default the state file keeps 64 MiB of evidence") {
  CHECK(prune_limits(DaemonSettings{}, Instant{}).evidence_bytes == 64 << 20);
}

}  // namespace
}  // namespace healer
