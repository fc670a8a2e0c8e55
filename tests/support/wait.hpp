#pragma once

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace healer::testing {

/// The condition did not hold in time; the message names it.
struct NotInTime : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Waits until the condition holds, checked every 50 ms; throws NotInTime after the limit.
template <class Condition>
void wait_until(const std::string& what, Condition holds,
                std::chrono::seconds limit = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end)
      throw NotInTime("not after " + std::to_string(limit.count()) + " s: " + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

}  // namespace healer::testing
