#include "runtime/timer_queue.hpp"

namespace healer {

void TimerQueue::set(const std::string& key, Instant at) {
  const Due due{at, ++last_order_};
  const auto [entry, added] = by_key_.try_emplace(key, due);
  if (!added) {
    // The tree's node is moved, not freed and allocated again: this happens on every probe.
    auto node = by_time_.extract(entry->second);
    entry->second = due;
    if (node) {
      node.key() = due;
      by_time_.insert(std::move(node));
      return;
    }
  }
  by_time_.emplace(due, &entry->first);
}

void TimerQueue::cancel(const std::string& key) {
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return;
  by_time_.erase(entry->second);
  by_key_.erase(entry);
}

std::optional<Instant> TimerQueue::next() const {
  if (by_time_.empty()) return std::nullopt;
  return by_time_.begin()->first.first;
}

std::optional<std::string> TimerQueue::take_due(Instant now) {
  if (by_time_.empty() || by_time_.begin()->first.first > now) return std::nullopt;
  std::string key = *by_time_.begin()->second;
  by_time_.erase(by_time_.begin());
  by_key_.erase(key);
  return key;
}

}  // namespace healer
