#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "hook/hook.hpp"

namespace healer::net {
class Loop;
}

namespace healer {

/// Runs hooks as children of this process, each in a process group of its own, with /dev/null as its input
/// and nothing of healer's open.
///
///   state    | input              | next     | what is done
///   ---------+--------------------+----------+-------------------------------------------------
///   Running  | it ended           | Draining | what is left in the pipe is read
///   Running  | deadline           | Ending   | TERM to the group
///   Ending   | 2 s later          | Ending   | KILL to the group
///   Ending   | it ended           | Draining | KILL to what is left of the group
///   Draining | end of the pipe, or 200 ms (a child of its own may hold it) | done
class ProcessHook final : public HookRunner {
 public:
  /// `environment` is what every hook inherits.
  ProcessHook(net::Loop& loop, std::map<std::string, std::string> environment);
  ~ProcessHook() override;

  void run(HookCall call, std::function<void(HookResult)> done) override;

 private:
  class Child;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace healer
