#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"

namespace healer {

/// One wake-up per key; setting a key again replaces it. Ties are served in the order they were set,
/// so that a virtual clock gives one exact run.
///
/// A binary heap, in which each key knows its place: to set, to cancel and to take cost O(log n). The place
/// of a key whose wake-up was taken is kept for the next, since it is set again on every probe; the places of
/// keys that do not come back are given up once they are more than those in use.
class TimerQueue {
 public:
  void set(const std::string& key, Instant at);
  void cancel(const std::string& key);
  /// When the earliest is due.
  std::optional<Instant> next() const;
  /// Takes the earliest key that is due by `now`, if any.
  std::optional<std::string> take_due(Instant now);
  std::size_t size() const { return heap_.size(); }
  /// Keys whose place is kept, set or not.
  std::size_t places() const { return by_key_.size(); }

 private:
  /// In an unordered_map, whose nodes do not move.
  struct Place {
    const std::string* key = nullptr;
    std::size_t in_heap = not_set;
  };
  struct Due {
    Instant at{};
    std::uint64_t order = 0;
    Place* place = nullptr;
    bool before(const Due& other) const { return at != other.at ? at < other.at : order < other.order; }
  };
  static constexpr std::size_t not_set = static_cast<std::size_t>(-1);

  void put(std::size_t index, const Due& due);
  void rise(std::size_t index, const Due& due);
  void sink(std::size_t index, const Due& due);
  /// Takes what is at `index` out of the heap.
  void remove(std::size_t index);
  void give_up_idle();

  std::unordered_map<std::string, Place> by_key_;
  std::vector<Due> heap_;  ///< each before both of its children, at 2i+1 and 2i+2
  std::uint64_t last_order_ = 0;
};

}  // namespace healer
