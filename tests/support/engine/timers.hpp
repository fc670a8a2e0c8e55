#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace healer::testing {

/// Calls functions later, one after the other, in a thread of its own. Those that are not yet due at the end
/// are dropped.
class Timers {
 public:
  Timers();
  ~Timers();
  Timers(const Timers&) = delete;
  Timers& operator=(const Timers&) = delete;
  void after(std::chrono::milliseconds delay, std::function<void()> call);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> due_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace healer::testing
