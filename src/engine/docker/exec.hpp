#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/docker/caller.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

/// The commands that run inside containers, each from the call of run() until the engine reports the end.
///
///   state    | on                                   | next     | what is done
///   ---------+--------------------------------------+----------+----------------------------------------
///   Creating | an id                                | Starting | POST /exec/ID/start
///   Creating | another answer, none, the deadline   | Over     | done(error), ended(): nothing was started
///   Starting | 200, 101                             | Reading  |
///   Starting | another status                       | Over     | done(error), ended(): nothing was started
///   Starting | no answer, the deadline              | Watching | done(ConnectionLost): it may have started
///   Reading  | end of the stream, or an error       | Asking   | GET /exec/ID/json
///   Reading  | much more output than the cap        | Asking   | stream is closed, GET /exec/ID/json
///   Reading  | bytes without valid framing          | Watching | done(Protocol)
///   Reading  | the deadline                         | Watching | done(Timeout)
///   Asking   | an exit code                         | Over     | done(result), ended()
///   Asking   | it runs, no exit code, no answer     | Asking   | GET again after 10 ms, growing to 500 ms
///   Asking   | a final error                        | Over     | done(error), ended()
///   Asking   | the deadline                         | Watching | done(Timeout, or the last error)
///   Watching | it runs, no answer                   | Watching | GET again after 1 s, growing to 30 s
///   Watching | it has ended, or a final error       | Over     | ended()
///
/// "A final error": no such exec, forbidden, an invalid answer, or the engine is unreachable.
class Execs {
 public:
  using Done = std::function<void(Result<ExecResult>)>;

  /// `caller` must outlive this object.
  explicit Execs(Caller& caller) : caller_(caller) {}
  ~Execs();
  Execs(const Execs&) = delete;
  Execs& operator=(const Execs&) = delete;

  /// Engine::exec.
  void run(ExecOrder order, Done done, std::function<void()> ended);
  /// The container's main process has ended, and so have all commands inside: those in state Watching are
  /// checked at once.
  void container_died(std::string_view container_id);
  /// Whether healer runs this command in the container, or did, perhaps in a former process: healer began the
  /// same command there. Of the newest `most_commands` commands.
  bool is_own(const std::string& container_id, const std::vector<std::string>& command) const;

  static constexpr std::size_t most_commands = 4096;

 private:
  class Run;

  void remember(const ExecOrder& order);

  Caller& caller_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Run>> open_;
  std::unordered_set<std::string> commands_;  ///< container id and argument list
  std::deque<std::string> oldest_first_;      ///< of commands_
};

}  // namespace healer::docker
