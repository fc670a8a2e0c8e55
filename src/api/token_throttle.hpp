#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>

namespace healer {

/// Slows the guessing of tokens: after `free_failures` wrong tokens of one peer, healer judges one of its
/// tokens in `pause`, right or wrong. Another peer is not slowed. At most `most_peers` are remembered, the
/// oldest go first.
///
///   failures         | a token comes             | next
///   -----------------+---------------------------+------------------------------
///   fewer than free  | right                     | forgotten
///   fewer than free  | wrong                     | one failure more
///   free or more     | within `pause` of the last| refused, not judged
///   free or more     | later, right              | forgotten
///   free or more     | later, wrong              | one failure more, the pause begins anew
class TokenThrottle {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr unsigned free_failures = 10;
  static constexpr std::chrono::seconds pause{1};
  static constexpr std::size_t most_peers = 1024;

  /// Whether a token of this peer is judged now.
  bool may_try(const std::string& peer, Clock::time_point now) const;
  void failed(const std::string& peer, Clock::time_point now);
  void succeeded(const std::string& peer);

 private:
  struct Failures {
    unsigned count = 0;
    Clock::time_point last{};
  };
  std::unordered_map<std::string, Failures> peers_;
  std::deque<std::string> oldest_first_;  ///< of peers_, and of some that are forgotten
};

}  // namespace healer
