#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/docker/caller.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

/// The commands that instance inside containers, each from its order until the engine says that it is over.
///
///   state    | on                                   | next     | what is done
///   ---------+--------------------------------------+----------+----------------------------------------
///   Creating | an id                                | Starting | POST /exec/ID/start
///   Creating | another answer, none, the deadline   | Over     | done(error), ended(): nothing was begun
///   Starting | 200, 101                             | Reading  |
///   Starting | another status                       | Over     | done(error), ended(): nothing was begun
///   Starting | no answer, the deadline              | Watching | done(ConnectionLost): it may have begun
///   Reading  | the stream's end, in order or not    | Asking   | GET /exec/ID/json
///   Reading  | much more output than is kept        | Asking   | the stream is left, GET /exec/ID/json
///   Reading  | bytes that are no such stream        | Watching | done(Protocol)
///   Reading  | the deadline                         | Watching | done(Timeout)
///   Asking   | an exit code                         | Over     | done(result), ended()
///   Asking   | it runs, no exit code, no answer yet | Asking   | asked again, 10 ms later and growing
///   Asking   | the engine cannot tell               | Over     | done(error), ended()
///   Asking   | the deadline                         | Watching | done(Timeout, or why it is not known)
///   Watching | it runs, no answer yet               | Watching | asked again, 1 s later, growing to 30 s
///   Watching | it is over, or cannot be notified    | Over     | ended()
///
/// "Cannot tell": no such exec, forbidden, not understood, or nobody answers any more.
class Execs {
 public:
  using Done = std::function<void(Result<ExecResult>)>;

  /// `caller` must outlive it.
  explicit Execs(Caller& caller) : caller_(caller) {}
  ~Execs();
  Execs(const Execs&) = delete;
  Execs& operator=(const Execs&) = delete;

  /// Engine::exec.
  void run(ExecOrder order, Done done, std::function<void()> ended);
  /// This container's process has ended, and with it what ran beside it: watched ones are asked about at
  /// once.
  void container_died(std::string_view container_id);

 private:
  class Run;

  Caller& caller_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Run>> open_;
};

}  // namespace healer::docker
