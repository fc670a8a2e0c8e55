#pragma once

#include <string>

#include <boost/json.hpp>

#include "api/snapshot.hpp"

namespace healer {

/// The answer to GET /v1/status: the snapshot as one JSON object. Times are Unix milliseconds or null.
std::string status_json(const Snapshot& snapshot);

boost::json::object workload_json(const WorkloadStatus& each);
boost::json::object hold_json(const HoldStatus& hold);
boost::json::object host_json(const HostStatus& host);

}  // namespace healer
