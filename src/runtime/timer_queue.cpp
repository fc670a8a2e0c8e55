#include "runtime/timer_queue.hpp"

namespace healer {
namespace {

/// Fewer numbers than this are never swept.
constexpr std::size_t always_kept = 64;

}  // namespace

void TimerQueue::set(const std::string& key, Instant at) {
  const auto [entry, added] = numbers_.try_emplace(key, 0);
  if (added) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(keys_.size()));
      keys_.emplace_back();
    }
    entry->second = free_.back();
    free_.pop_back();
    keys_[entry->second] = &entry->first;
  }
  heap_.set(entry->second, at);
}

TimerQueue::Numbers::iterator TimerQueue::give_up(Numbers::iterator entry) {
  heap_.remove(entry->second);
  free_.push_back(entry->second);
  return numbers_.erase(entry);
}

void TimerQueue::cancel(const std::string& key) {
  if (const auto entry = numbers_.find(key); entry != numbers_.end()) give_up(entry);
}

std::optional<Instant> TimerQueue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.earliest();
}

std::optional<std::string> TimerQueue::take_due(Instant now) {
  if (heap_.empty() || heap_.earliest() > now) return std::nullopt;
  const std::uint32_t number = heap_.earliest_key();
  std::string key = *keys_[number];
  heap_.remove(number);
  if (numbers_.size() > 2 * heap_.size() + always_kept)
    for (auto entry = numbers_.begin(); entry != numbers_.end();)
      entry = heap_.contains(entry->second) ? std::next(entry) : give_up(entry);
  return key;
}

}  // namespace healer
