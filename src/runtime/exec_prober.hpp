#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "probe/probe.hpp"
#include "runtime/host.hpp"

namespace healer {

/// Checks an ExecTarget through the engine. A command that ends gives Answered, with the exit code as status
/// and the output as body.
///
///   the engine's error      | ProbeEnd
///   ------------------------+----------------------------------------------------------
///   Timeout                 | AnswerTimeout: the command did not end in time
///   Refused                 | Denied
///   Conflict, NotFound      | NotRunning
///   any other error         | EngineFailed
///
/// The engine cannot end a command that it started. So the same command never runs twice at once in a
/// container: until the first run ends, a check gives StillOpen. A command that outlives its timeout is stuck
/// until the engine reports its end.
class ExecProber final : public Prober {
 public:
  /// `engine` and `host` must outlive the prober. No result is given after the prober is destroyed.
  ExecProber(Engine& engine, Host& host, Sink sink) : engine_(engine), host_(host), sink_(std::move(sink)) {}

  /// A target of another kind gives EngineFailed.
  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  /// The result is dropped; the command goes on running.
  void cancel(ProbeId id) override { asked_.erase(id); }
  std::size_t open() const override { return asked_.size(); }
  /// Number of commands that outlived their timeout and have not ended.
  std::size_t stuck() const { return stuck_; }

 private:
  struct Command {
    std::string container_id;
    std::vector<std::string> words;
    auto operator<=>(const Command&) const = default;
  };
  /// A command that has not ended.
  struct Running {
    bool stuck = false;
  };

  void later(ProbeId id, ProbeEnd end, std::string detail);
  void answer(ProbeId id, ProbeFacts facts);
  void answered(ProbeId id, const Command& command, Result<ExecResult> result);
  void ended(const Command& command);
  /// Wraps a completion so that it does nothing after this object is gone.
  template <class F>
  auto guarded(F function) {
    return [alive = std::weak_ptr<bool>(alive_), function = std::move(function)](auto&&... arguments) {
      if (!alive.expired()) function(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  Engine& engine_;
  Host& host_;
  Sink sink_;
  std::unordered_map<ProbeId, Instant> asked_;  ///< start times of the checks without a result
  std::map<Command, Running> running_;
  std::size_t stuck_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
