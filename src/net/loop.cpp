#include "net/loop.hpp"

#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

namespace healer::net {

void Loop::post(std::function<void()> work) {
  boost::asio::post(context_, std::move(work));
}

// Shared with the pending wait. Cancelling, setting and destroying the timer start a new generation, so that
// a completion that is already queued does nothing.
struct Timer::State {
  explicit State(Loop& loop) : timer(loop.context()) {}
  boost::asio::steady_timer timer;
  std::uint64_t generation = 0;
};

Timer::Timer(Loop& loop) : state_(std::make_shared<State>(loop)) {}

Timer::~Timer() {
  cancel();
}

void Timer::set(std::chrono::steady_clock::time_point at, std::function<void()> work) {
  const std::uint64_t generation = ++state_->generation;
  state_->timer.expires_at(at);
  state_->timer.async_wait(
      [state = state_, generation, work = std::move(work)](boost::system::error_code error) {
        if (!error && state->generation == generation) work();
      });
}

void Timer::set_after(std::chrono::steady_clock::duration delay, std::function<void()> work) {
  set(std::chrono::steady_clock::now() + delay, std::move(work));
}

void Timer::cancel() {
  ++state_->generation;
  state_->timer.cancel();
}

}  // namespace healer::net
