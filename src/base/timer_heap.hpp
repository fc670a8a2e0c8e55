#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace healer {

/// Due times by key, at most one per key. The earliest time is on top; of equal times the one that was set
/// first. Setting and removing cost O(log n); setting a time later than all others costs O(1). A removed
/// entry leaves the heap at once: with 10,000 checks a second that each take 1 ms and have a timeout of 5 s,
/// a heap with lazy removal would hold 50,000 dead entries.
template <class Time>
class TimerHeap {
 public:
  /// Keys should be small numbers: they index a table.
  using Key = std::uint32_t;

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  bool contains(Key key) const { return key < positions_.size() && positions_[key] != nowhere; }
  Time earliest() const { return entries_.front().at; }
  Key earliest_key() const { return entries_.front().key; }

  /// Sets or moves the time of `key`.
  void set(Key key, Time at) {
    if (key >= positions_.size()) positions_.resize(key + 1, nowhere);
    const Entry entry{at, ++last_order_, key};
    if (positions_[key] == nowhere) {
      entries_.push_back(entry);
      rise(entries_.size() - 1, entry);
    } else {
      settle(positions_[key], entry);
    }
  }

  /// Does nothing if `key` has no time.
  void remove(Key key) {
    if (!contains(key)) return;
    const std::size_t hole = positions_[key];
    positions_[key] = nowhere;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (hole < entries_.size()) settle(hole, last);
  }

 private:
  struct Entry {
    Time at;
    std::uint64_t order;
    Key key;
    bool before(const Entry& other) const { return at != other.at ? at < other.at : order < other.order; }
  };
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  static constexpr std::size_t arity = 4;  // half the depth of a binary heap, children side by side

  void place(std::size_t index, const Entry& entry) {
    entries_[index] = entry;
    positions_[entry.key] = static_cast<std::uint32_t>(index);
  }

  /// Puts `entry` at `index`, then moves it up or down to its position in the heap.
  void settle(std::size_t index, const Entry& entry) {
    if (index > 0 && entry.before(entries_[(index - 1) / arity]))
      rise(index, entry);
    else
      sink(index, entry);
  }

  void rise(std::size_t index, const Entry& entry) {
    while (index > 0) {
      const std::size_t parent = (index - 1) / arity;
      if (!entry.before(entries_[parent])) break;
      place(index, entries_[parent]);
      index = parent;
    }
    place(index, entry);
  }

  void sink(std::size_t index, const Entry& entry) {
    for (std::size_t first = index * arity + 1; first < entries_.size(); first = index * arity + 1) {
      std::size_t best = first;
      for (std::size_t child = first + 1; child < first + arity && child < entries_.size(); ++child)
        if (entries_[child].before(entries_[best])) best = child;
      if (!entries_[best].before(entry)) break;
      place(index, entries_[best]);
      index = best;
    }
    place(index, entry);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> positions_;  // by key
  std::uint64_t last_order_ = 0;
};

}  // namespace healer
