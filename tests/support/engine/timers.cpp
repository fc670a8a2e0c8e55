#include "support/engine/timers.hpp"

#include <utility>

namespace healer::testing {

Timers::Timers() : thread_([this] { work(); }) {}

Timers::~Timers() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Timers::after(std::chrono::milliseconds delay, std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  due_.emplace(std::chrono::steady_clock::now() + delay, std::move(call));
  changed_.notify_all();
}

void Timers::work() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    if (due_.empty()) {
      changed_.wait(lock);
    } else if (const auto next = due_.begin()->first; std::chrono::steady_clock::now() < next) {
      changed_.wait_until(lock, next);
    } else {
      auto call = due_.extract(due_.begin());
      lock.unlock();
      call.mapped()();
      lock.lock();
    }
  }
}

}  // namespace healer::testing
