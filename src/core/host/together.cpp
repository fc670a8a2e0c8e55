#include "core/host/together.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace healer {

void Together::began(const std::string& key, Instant good, Instant failed) {
  failing_[key] = Time{std::clamp(good, failed - longest_time, failed), failed};
  changed_ = true;
}

void Together::ended(const std::string& key) {
  if (failing_.erase(key) == 0) return;
  changed_ = true;
  if (at_least_ > 0) --at_least_;
}

std::size_t Together::largest() {
  if (std::exchange(changed_, false)) count();
  at_least_ = largest_;
  return largest_;
}

void Together::count() {
  largest_ = 0;
  if (failing_.size() < many) return;
  // At its beginning a time adds one, at its end it takes one away; of equal moments the beginnings are
  // first.
  std::vector<std::pair<Instant, int>> changes;
  for (const auto& [key, time] : failing_) {
    changes.emplace_back(time.good, -1);
    changes.emplace_back(time.failed, 1);
  }
  std::sort(changes.begin(), changes.end());
  std::size_t open = 0;
  for (const auto& [at, ends] : changes) {
    if (ends > 0)
      --open;
    else
      largest_ = std::max(largest_, ++open);
  }
}

}  // namespace healer
