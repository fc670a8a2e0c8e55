#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/time.hpp"

namespace healer {

/// Failures that began together: a cause that many workloads share shows as this, although each is checked at
/// its own interval. A workload began to fail between its last good result and its first failure; failures
/// began together if one moment lies in all of these times. HEALING.md 5.
class Together {
 public:
  /// So many failures that began together are one failure.
  static constexpr std::size_t many = 9;

  /// The workload fails now. It was good at `good` and failed first at `failed`.
  void began(const std::string& key, Instant good, Instant failed);
  /// The workload does not fail any more, or is not watched any more.
  void ended(const std::string& key);
  /// The largest number of present failures that began together; counted only from `many` failures on.
  std::size_t largest();
  /// Whether `many` of them began together. Does not count anew while that is known, because thousands may
  /// fail.
  bool many_began() { return at_least_ >= many || largest() >= many; }

 private:
  /// A workload that is checked more seldom says no more about when it began to fail.
  static constexpr Duration longest_time = 15min;

  struct Time {
    Instant good{};
    Instant failed{};
  };
  void count();

  std::map<std::string, Time> failing_;
  bool changed_ = false;  ///< since the newest count
  std::size_t largest_ = 0;
  std::size_t at_least_ = 0;  ///< largest() is not less
};

}  // namespace healer
