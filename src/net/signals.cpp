#include "net/signals.hpp"

#include <utility>

#include <boost/asio/signal_set.hpp>

#include "net/loop.hpp"

namespace healer::net {

struct Signals::State : std::enable_shared_from_this<State> {
  State(Loop& loop, std::function<void(int)> call) : set(loop.context()), caught(std::move(call)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](boost::system::error_code error, int number) {
      if (error || !self->caught) return;
      self->wait();
      const auto call = self->caught;  // a copy: the call may destroy the Signals
      call(number);
    });
  }

  boost::asio::signal_set set;
  std::function<void(int)> caught;
};

Signals::Signals(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> caught)
    : state_(std::make_shared<State>(loop, std::move(caught))) {
  for (const int number : numbers) state_->set.add(number);
  state_->wait();
}

Signals::~Signals() {
  state_->caught = nullptr;
  boost::system::error_code ignored;
  state_->set.cancel(ignored);
}

}  // namespace healer::net
