#pragma once

#include <string>

#include "api/snapshot.hpp"

namespace healer {

/// The answer to GET /v1/status: the snapshot as one JSON object. Times are Unix milliseconds or null.
std::string status_json(const Snapshot& snapshot);

}  // namespace healer
