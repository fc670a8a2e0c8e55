#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/time.hpp"

namespace healer {

/// One wake-up per key; setting a key again replaces it. Ties are served in the order they were set,
/// so that a virtual clock gives one exact run.
class TimerQueue {
 public:
  void set(const std::string& key, Instant at);
  void cancel(const std::string& key);
  /// When the earliest is due.
  std::optional<Instant> next() const;
  /// Takes the earliest key that is due by `now`, if any.
  std::optional<std::string> take_due(Instant now);
  std::size_t size() const { return by_time_.size(); }

 private:
  using Due = std::pair<Instant, std::uint64_t>;
  std::map<Due, const std::string*> by_time_;  ///< points at the keys of by_key_, which do not move
  std::unordered_map<std::string, Due> by_key_;
  std::uint64_t last_order_ = 0;
};

}  // namespace healer
