#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "core/workload/workload.hpp"
#include "model/record.hpp"

namespace healer {

/// The workloads whose due remedy is held, by hold; the longest due first.
class HeldWorkloads {
 public:
  /// The hold, and when the remedy was due.
  using Entry = std::optional<std::pair<HoldKind, Instant>>;
  /// Replaces the workload's entry.
  void enter(Workload& workload, Entry entry) {
    if (workload.held) by_kind_[workload.held->first].erase({workload.held->second, workload.key});
    if (entry) by_kind_[entry->first].insert({entry->second, workload.key});
    workload.held = entry;
  }
  bool any(HoldKind kind) const {
    const auto found = by_kind_.find(kind);
    return found != by_kind_.end() && !found->second.empty();
  }
  std::vector<std::string> by(HoldKind kind) const {
    std::vector<std::string> keys;
    if (const auto found = by_kind_.find(kind); found != by_kind_.end())
      for (const auto& [due, key] : found->second) keys.push_back(key);
    return keys;
  }

 private:
  std::map<HoldKind, std::set<std::pair<Instant, std::string>>> by_kind_;
};

}  // namespace healer
