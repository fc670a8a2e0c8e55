#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "base/timer_heap.hpp"

namespace healer {

/// One wake-up per key; setting a key again replaces it. Ties are served in the order they were set,
/// so that a virtual clock gives one exact run.
///
/// To set, to cancel and to take cost O(log n). The number of a key whose wake-up was taken is kept for the
/// next, since it is set again on every probe; the numbers of keys that do not come back are given up once
/// they are more than those in use.
class TimerQueue {
 public:
  void set(const std::string& key, Instant at);
  void cancel(const std::string& key);
  /// When the earliest is due.
  std::optional<Instant> next() const;
  /// Takes the earliest key that is due by `now`, if any.
  std::optional<std::string> take_due(Instant now);
  std::size_t size() const { return heap_.size(); }
  /// Keys whose number is kept, set or not.
  std::size_t places() const { return numbers_.size(); }

 private:
  using Numbers = std::unordered_map<std::string, std::uint32_t>;

  Numbers::iterator give_up(Numbers::iterator entry);

  Numbers numbers_;
  std::vector<const std::string*> keys_;  ///< by number, in numbers_, whose nodes do not move
  std::vector<std::uint32_t> free_;
  TimerHeap<Instant> heap_;
};

}  // namespace healer
