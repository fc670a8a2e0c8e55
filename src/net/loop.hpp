#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/io_context.hpp>

namespace healer::net {

/// The process's event loop. Headers outside net/ only forward-declare it.
class Loop {
 public:
  Loop() : context_(1) {}
  boost::asio::io_context& context() { return context_; }

  /// Runs until stop(), or until nothing is left to do.
  void run() { context_.run(); }
  void stop() { context_.stop(); }

  /// Calls `work` on the loop, soon, never before post() returns. May be called from any thread.
  void post(std::function<void()> work);

 private:
  boost::asio::io_context context_;
};

/// One alarm on the loop, which may be set again. Destroying it cancels it: its callback is never called
/// after.
class Timer {
 public:
  explicit Timer(Loop& loop);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  /// Calls `work` once at this steady time, on the loop. Replaces an earlier alarm.
  void set(std::chrono::steady_clock::time_point at, std::function<void()> work);
  void set_after(std::chrono::steady_clock::duration delay, std::function<void()> work);
  void cancel();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace healer::net
