#pragma once

#include <string>

#include "api/snapshot.hpp"

namespace healer {

/// The snapshot's series in Prometheus text format, written directly into one text: objects for sixty
/// thousand series would take tens of megabytes during a scrape.
std::string snapshot_metrics(const Snapshot& snapshot);

}  // namespace healer
