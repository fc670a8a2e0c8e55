#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace healer::net {

class Loop;

/// Looks up names without blocking the loop. Destroying it cancels: no callback is called after.
class Resolver {
 public:
  explicit Resolver(Loop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// Gives the first numeric address of this host, by the system's rules; Unreachable when there is none.
  /// Only one look-up at a time; `done` is called once, on the loop.
  void resolve(const std::string& host, std::function<void(Result<std::string>)> done);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace healer::net
