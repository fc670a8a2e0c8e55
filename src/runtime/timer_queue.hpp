#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "base/timer_heap.hpp"

namespace healer {

/// One wake-up per key; setting a key again replaces its wake-up. Wake-ups of the same time come in the order
/// in which they were set, so that a run on a virtual clock is reproducible.
///
/// set(), cancel() and take_due() cost O(log n). A key keeps its number in the heap after its wake-up was
/// taken, because most keys are set again at every check. Unused numbers are freed when they outnumber the
/// used ones.
class TimerQueue {
 public:
  void set(const std::string& key, Instant at);
  void cancel(const std::string& key);
  /// When the earliest wake-up is due.
  std::optional<Instant> next() const;
  /// Removes and returns the earliest key that is due at `now`, if there is one.
  std::optional<std::string> take_due(Instant now);
  std::size_t size() const { return heap_.size(); }
  /// Number of keys that have a number, with or without a wake-up.
  std::size_t places() const { return numbers_.size(); }

 private:
  using Numbers = std::unordered_map<std::string, std::uint32_t>;

  Numbers::iterator give_up(Numbers::iterator entry);

  Numbers numbers_;
  std::vector<const std::string*> keys_;  ///< by number; points into numbers_, whose nodes do not move
  std::vector<std::uint32_t> free_;
  TimerHeap<Instant> heap_;
};

}  // namespace healer
