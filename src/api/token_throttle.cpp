#include "api/token_throttle.hpp"

namespace healer {

bool TokenThrottle::may_try(const std::string& peer, Clock::time_point now) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.count < free_failures) return true;
  return now - found->second.last >= pause;
}

void TokenThrottle::failed(const std::string& peer, Clock::time_point now) {
  const auto [found, added] = peers_.try_emplace(peer);
  if (added) oldest_first_.push_back(peer);
  ++found->second.count;
  found->second.last = now;
  while (oldest_first_.size() > most_peers) {
    peers_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }
}

void TokenThrottle::succeeded(const std::string& peer) {
  peers_.erase(peer);
}

}  // namespace healer
