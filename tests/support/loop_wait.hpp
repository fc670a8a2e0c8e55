#pragma once

#include <chrono>
#include <thread>

#include "net/loop.hpp"

namespace healer::testing {

/// Runs the loop until the condition holds; false when it does not hold within a generous limit.
template <class Condition>
bool run_until(net::Loop& loop, Condition holds, std::chrono::seconds limit = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    if (loop.context().stopped()) loop.context().restart();
    if (loop.context().run_one_for(std::chrono::milliseconds(20)) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace healer::testing
