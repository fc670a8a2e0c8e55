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

/// Runs hooks as child processes. Each child has its own process group, reads /dev/null and inherits no open
/// descriptor of healer.
///
///   state    | input              | next     | what is done
///   ---------+--------------------+----------+-------------------------------------------------
///   Running  | the command ended  | Draining | the rest of the pipe is read
///   Running  | deadline           | Ending   | TERM to the group
///   Ending   | 2 s later          | Ending   | KILL to the group
///   Ending   | the command ended  | Draining | KILL to the rest of the group
///   Draining | end of the pipe, or 200 ms (a child of the command may hold the pipe open) | done
class ProcessHook final : public HookRunner {
 public:
  /// Of `environment` a hook inherits what programs need (PATH, HOME, the language, the time zone, the place
  /// of the engine), and every variable that begins with HOOK_. The rest, secrets of healer among it, stays
  /// with healer.
  ProcessHook(net::Loop& loop, std::map<std::string, std::string> environment);
  ~ProcessHook() override;

  void run(HookCall call, std::function<void(HookResult)> done) override;

 private:
  class Child;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace healer
