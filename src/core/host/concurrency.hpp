#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"

namespace healer {

/// Limits how many remedies are under way at once, and decides which workload is next. HEALING.md 5: at most
/// max(1, share of the watched workloads), rounded down; at most one of a service with replicas. A
/// remedy counts from the capture of its evidence to the end of its verification.
///
///   workload                  | free slots       | answer
///   --------------------------+------------------+---------------------------------------------
///   its replica is in remedy  | any              | ReplicaBusy
///   any other                 | none             | Busy
///   any other                 | all needed for   | Busy: the workload that is due longest is first
///                             | earlier due ones |
///   any other                 | otherwise        | Free
class ConcurrencyLimiter {
 public:
  /// Sets the limit from the number of watched workloads; to be called when the number or the share changes.
  void set_limit(double share, std::size_t watched);
  std::size_t limit() const { return limit_; }
  std::size_t in_use() const { return in_use_; }
  bool full() const { return in_use_ >= limit_; }

  /// A workload of this service ("project/service", may be empty) is now watched, or no longer.
  void joined(const std::string& service);
  void left(const std::string& service);
  /// A remedy of a workload of this service begins, or has ended.
  void taken(const std::string& service);
  void given_back(const std::string& service);

  enum class Answer { Free, Busy, ReplicaBusy };
  /// Whether the workload's remedy may begin now. `due`: since when the remedy is due.
  Answer ask(const std::string& key, const std::string& service, Instant due) const;

  /// Adds the workload to those that wait for a slot, or changes its due time.
  void wait(const std::string& key, Instant due);
  void wait_no_more(const std::string& key);
  std::size_t waiting() const { return due_of_.size(); }

 private:
  struct Service {
    std::uint32_t members = 0;
    std::uint32_t in_remedy = 0;
  };
  std::size_t limit_ = 1;
  std::size_t in_use_ = 0;
  std::unordered_map<std::string, Service> services_;
  std::set<std::pair<Instant, std::string>> queue_;  ///< oldest due first
  std::unordered_map<std::string, Instant> due_of_;
};

}  // namespace healer
