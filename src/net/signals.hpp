#pragma once

#include <functional>
#include <initializer_list>
#include <memory>

namespace healer::net {

class Loop;

/// Calls `caught` on the loop for each signal of the process. Destroying it stops the calls.
class Signals {
 public:
  Signals(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> caught);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace healer::net
