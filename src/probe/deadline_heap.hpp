#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace healer {

/// The deadlines of numbered things, earliest on top, at most one each; setting and removing cost O(log n),
/// and a deadline later than all others O(1), which is the usual one. Removal is exact, not lazy: at 10,000
/// questions a second, each over in a millisecond and with a limit of 5 s, a lazy heap holds 50,000 dead
/// entries.
class DeadlineHeap {
 public:
  using Time = std::chrono::steady_clock::time_point;

  bool empty() const { return entries_.empty(); }
  Time earliest() const { return entries_.front().at; }
  std::uint32_t earliest_key() const { return entries_.front().key; }

  /// Sets or moves the deadline of `key`. Keys are small: they index a table.
  void set(std::uint32_t key, Time at) {
    if (key >= positions_.size()) positions_.resize(key + 1, nowhere);
    remove(key);
    entries_.push_back({at, key});
    rise(entries_.size() - 1);
  }

  /// Removing what is not there does nothing.
  void remove(std::uint32_t key) {
    if (key >= positions_.size() || positions_[key] == nowhere) return;
    const std::size_t hole = positions_[key];
    positions_[key] = nowhere;
    const Entry last = entries_.back();
    entries_.pop_back();
    if (hole == entries_.size()) return;
    place(hole, last);
    rise(hole);
    sink(positions_[last.key]);
  }

 private:
  struct Entry {
    Time at;
    std::uint32_t key;
  };
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  static constexpr std::size_t arity = 4;  // half the depth of a binary heap, children in one cache line

  void place(std::size_t at, Entry entry) {
    entries_[at] = entry;
    positions_[entry.key] = static_cast<std::uint32_t>(at);
  }

  void rise(std::size_t at) {
    const Entry entry = entries_[at];
    while (at > 0) {
      const std::size_t parent = (at - 1) / arity;
      if (entries_[parent].at <= entry.at) break;
      place(at, entries_[parent]);
      at = parent;
    }
    place(at, entry);
  }

  void sink(std::size_t at) {
    const Entry entry = entries_[at];
    for (;;) {
      const std::size_t first = at * arity + 1;
      if (first >= entries_.size()) break;
      std::size_t best = first;
      for (std::size_t child = first + 1; child < first + arity && child < entries_.size(); ++child)
        if (entries_[child].at < entries_[best].at) best = child;
      if (entries_[best].at >= entry.at) break;
      place(at, entries_[best]);
      at = best;
    }
    place(at, entry);
  }

  std::vector<Entry> entries_;
  std::vector<std::uint32_t> positions_;  // by key
};

}  // namespace healer
