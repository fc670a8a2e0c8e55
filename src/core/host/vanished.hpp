#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/host/host_out.hpp"
#include "core/host/workloads.hpp"

namespace healer {

/// Notifies operators of watched containers that were removed and have no successor: one notification for a
/// project, because `compose down` is one decision. HEALING.md 3.
class Vanished {
 public:
  /// The workload will be forgotten now. `unhealthy`: why it was unhealthy then; none: it was not.
  void add(const Workload& workload, const Reason& unhealthy, const Workloads& workloads, HostOut& out);
  void due(HostOut& out);
  std::optional<Instant> deadline() const { return due_; }

 private:
  std::map<std::string, std::vector<std::string>> names_of_;  ///< by project
  std::optional<Instant> due_;
};

/// Another workload does the work of the one that was removed: a newer container of its service, or of the
/// same image repository under a name with the same stem ("web-blue", "web-green").
bool has_successor(const Workload& removed, const Workloads& workloads);

}  // namespace healer
