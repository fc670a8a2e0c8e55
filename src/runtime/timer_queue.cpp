#include "runtime/timer_queue.hpp"

namespace healer {
namespace {

/// So few are not worth a sweep.
constexpr std::size_t always_kept = 64;

}  // namespace

void TimerQueue::put(std::size_t index, const Due& due) {
  heap_[index] = due;
  due.place->in_heap = index;
}

void TimerQueue::rise(std::size_t index, const Due& due) {
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (!due.before(heap_[parent])) break;
    put(index, heap_[parent]);
    index = parent;
  }
  put(index, due);
}

void TimerQueue::sink(std::size_t index, const Due& due) {
  for (std::size_t child = 2 * index + 1; child < heap_.size(); child = 2 * index + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1].before(heap_[child])) ++child;
    if (!heap_[child].before(due)) break;
    put(index, heap_[child]);
    index = child;
  }
  put(index, due);
}

void TimerQueue::remove(std::size_t index) {
  heap_[index].place->in_heap = not_set;
  const Due last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  if (index > 0 && last.before(heap_[(index - 1) / 2]))
    rise(index, last);
  else
    sink(index, last);
}

void TimerQueue::set(const std::string& key, Instant at) {
  const auto [entry, added] = by_key_.try_emplace(key);
  Place& place = entry->second;
  const Due due{at, ++last_order_, &place};
  if (place.in_heap != not_set) {
    const std::size_t index = place.in_heap;
    if (due.before(heap_[index]))
      rise(index, due);
    else
      sink(index, due);
    return;
  }
  place.key = &entry->first;
  heap_.emplace_back();
  rise(heap_.size() - 1, due);
}

void TimerQueue::cancel(const std::string& key) {
  const auto entry = by_key_.find(key);
  if (entry == by_key_.end()) return;
  if (entry->second.in_heap != not_set) remove(entry->second.in_heap);
  by_key_.erase(entry);
}

std::optional<Instant> TimerQueue::next() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

std::optional<std::string> TimerQueue::take_due(Instant now) {
  if (heap_.empty() || heap_.front().at > now) return std::nullopt;
  std::string key = *heap_.front().place->key;
  remove(0);
  if (by_key_.size() > 2 * heap_.size() + always_kept) give_up_idle();
  return key;
}

void TimerQueue::give_up_idle() {
  std::erase_if(by_key_, [](const auto& entry) { return entry.second.in_heap == not_set; });
}

}  // namespace healer
