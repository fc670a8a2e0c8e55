#pragma once

#include <string>

#include "api/snapshot.hpp"

namespace healer {

/// The series that are read off a snapshot, in Prometheus text format, written straight into one text:
/// objects for sixty thousand series would take tens of megabytes for the time of a scrape.
std::string snapshot_metrics(const Snapshot& snapshot);

}  // namespace healer
