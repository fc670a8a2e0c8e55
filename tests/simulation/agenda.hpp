#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/time.hpp"

namespace healer::simulation {

/// What happens next, in the order of its time; ties in the order they were put down. The only clock of a
/// simulation: time moves by taking the next entry.
///
/// Entries with a life belong to one process of healer and are skipped once that process is dead; life 0 is
/// the world's.
class Agenda {
 public:
  using Work = std::function<void()>;

  struct Entry {
    Instant at{};
    std::uint64_t order = 0;
    std::uint32_t life = 0;
    std::uint32_t slot = 0;
    bool operator<(const Entry& other) const {  // the heap's top is its greatest
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
  /// Takes the next entry off and gives its work.
  Work take() {
    const std::uint32_t slot = pop().slot;
    free_.push_back(slot);
    return std::exchange(works_[slot], nullptr);
  }
  /// The next entry waits until `at`, behind what was put down for then before.
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
