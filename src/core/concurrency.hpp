#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"

namespace healer {

/// How many may be in remedy at a time, and who is next. HEALING.md 5: at most max(1, share of the watched),
/// rounded down; of one compose service with replicas at most one. A remedy counts from the moment its
/// evidence is gathered to the end of its verification.
///
///   asked by                  | free slot        | answer
///   --------------------------+------------------+---------------------------------------------
///   one whose sibling is held | any              | no: Replica
///   anyone                    | none             | no: Concurrency, and it waits
///   anyone                    | fewer than older | no: Concurrency: who is due longest is first
///                             | ones waiting     |
///   anyone                    | otherwise        | yes
class ConcurrencyLimiter {
 public:
  /// Of all the watched; called when that number or the share changes.
  void set_limit(double share, std::size_t watched);
  std::size_t limit() const { return limit_; }
  std::size_t in_use() const { return in_use_; }
  bool full() const { return in_use_ >= limit_; }

  /// A workload of this service ("project/service", may be empty) is watched, or no longer.
  void joined(const std::string& service);
  void left(const std::string& service);
  /// A remedy begins, or ended.
  void taken(const std::string& service);
  void given_back(const std::string& service);

  enum class Answer { Free, Busy, ReplicaBusy };
  /// Whether this one may begin now. `due`: since when it wants to.
  Answer ask(const std::string& key, const std::string& service, Instant due) const;

  /// Remembers that it waits for a slot; several times is once.
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
