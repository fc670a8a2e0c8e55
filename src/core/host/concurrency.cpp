#include "core/host/concurrency.hpp"

#include <algorithm>

namespace healer {

void ConcurrencyLimiter::set_limit(double share, std::size_t watched) {
  const auto of_all = static_cast<std::size_t>(std::max(0.0, share) * static_cast<double>(watched) + 1e-9);
  limit_ = std::max<std::size_t>(1, of_all);
}

void ConcurrencyLimiter::joined(const std::string& service) {
  if (!service.empty()) ++services_[service].members;
}

void ConcurrencyLimiter::left(const std::string& service) {
  const auto found = services_.find(service);
  if (found == services_.end()) return;
  if (found->second.members > 0) --found->second.members;
  if (found->second.members == 0 && found->second.in_remedy == 0) services_.erase(found);
}

void ConcurrencyLimiter::taken(const std::string& service) {
  ++in_use_;
  if (!service.empty()) ++services_[service].in_remedy;
}

void ConcurrencyLimiter::given_back(const std::string& service) {
  if (in_use_ > 0) --in_use_;
  const auto found = services_.find(service);
  if (found == services_.end()) return;
  if (found->second.in_remedy > 0) --found->second.in_remedy;
  if (found->second.members == 0 && found->second.in_remedy == 0) services_.erase(found);
}

ConcurrencyLimiter::Answer ConcurrencyLimiter::ask(const std::string& key, const std::string& service,
                                                   Instant due) const {
  if (const auto found = services_.find(service);
      found != services_.end() && found->second.members > 1 && found->second.in_remedy > 0)
    return Answer::ReplicaBusy;
  if (full()) return Answer::Busy;
  // Workloads that were due earlier take free slots first.
  std::size_t left = limit_ - in_use_;
  for (const auto& [since, waiting] : queue_) {
    if (std::pair(since, waiting) >= std::pair(due, key)) break;
    if (--left == 0) return Answer::Busy;
  }
  return Answer::Free;
}

void ConcurrencyLimiter::wait(const std::string& key, Instant due) {
  const auto [entry, fresh] = due_of_.try_emplace(key, due);
  if (!fresh) {
    if (entry->second == due) return;
    queue_.erase({entry->second, key});
    entry->second = due;
  }
  queue_.insert({due, key});
}

void ConcurrencyLimiter::wait_no_more(const std::string& key) {
  const auto found = due_of_.find(key);
  if (found == due_of_.end()) return;
  queue_.erase({found->second, key});
  due_of_.erase(found);
}

}  // namespace healer
