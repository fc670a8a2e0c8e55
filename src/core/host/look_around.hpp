#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace healer {

struct View;

/// The workloads to check before the remedy, except those that only the engine checks: this one, if its
/// newest failure is old, for the trouble may be over (HEALING.md 4), and those that it depends on whose
/// newest result is older than its failures, for the root of these may be among them (HEALING.md 5).
std::vector<std::string> to_check_first(const View& view);

/// How long a remedy waits for the checks of these workloads at most.
Duration look_limit(const View& view, const std::vector<std::string>& looked_at);

/// The remedies that wait until the workloads of to_check_first() are checked.
class LookAround {
 public:
  void begin(const std::string& asking, const std::vector<std::string>& looked_at) {
    for (const std::string& key : looked_at)
      if (asking_[key].insert(asking).second) to_check_.push_back(key);
  }
  /// The workloads that must be checked now.
  std::vector<std::string> take_to_check() { return std::exchange(to_check_, {}); }
  /// The workload has a new result, or is gone: the workloads whose remedies waited for it.
  std::vector<std::string> take_asking(const std::string& looked_at) {
    const auto found = asking_.find(looked_at);
    if (found == asking_.end()) return {};
    std::vector<std::string> asking(found->second.begin(), found->second.end());
    asking_.erase(found);
    return asking;
  }

 private:
  std::map<std::string, std::set<std::string>> asking_;  ///< by the workload that is looked at
  std::vector<std::string> to_check_;
};

}  // namespace healer
