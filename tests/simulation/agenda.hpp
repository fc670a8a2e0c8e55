#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace healer::simulation {

/// The work to come, ordered by time; equal times in the order of put(). The only clock of a simulation: time
/// moves by taking the next entry.
///
/// The life of an entry is the number of the healer process that it belongs to; the entries of a dead process
/// are skipped. Life 0 is the world's.
class Agenda {
 public:
  using Work = std::function<void()>;

  struct Entry {
    Instant at{};
    std::uint64_t order = 0;
    std::uint32_t life = 0;
    std::uint32_t slot = 0;
    bool operator<(const Entry& other) const {  // std::push_heap puts the greatest on top: the earliest
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  void put(Instant at, std::uint32_t life, Work work) {
    std::uint32_t slot;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(works_.size());
      works_.push_back(std::move(work));
    } else {
      slot = free_.back();
      free_.pop_back();
      works_[slot] = std::move(work);
    }
    push(Entry{at, ++last_order_, life, slot});
  }
  bool empty() const { return heap_.empty(); }
  const Entry& next() const { return heap_.front(); }
  /// Removes the next entry and returns its work.
  Work take() {
    const std::uint32_t slot = pop().slot;
    free_.push_back(slot);
    return std::exchange(works_[slot], nullptr);
  }
  /// Moves the next entry to `at`. Among entries of that time it keeps its place by the order of put().
  void defer(Instant at) {
    Entry entry = pop();
    entry.at = at;
    push(entry);
  }

 private:
  void push(Entry entry) {
    heap_.push_back(entry);
    std::push_heap(heap_.begin(), heap_.end());
  }
  Entry pop() {
    std::pop_heap(heap_.begin(), heap_.end());
    const Entry entry = heap_.back();
    heap_.pop_back();
    return entry;
  }

  std::vector<Entry> heap_;
  std::vector<Work> works_;
  std::vector<std::uint32_t> free_;
  std::uint64_t last_order_ = 0;
};

}  // namespace healer::simulation
