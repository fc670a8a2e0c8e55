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

/// Asks ExecTarget by the engine: Answered with the exit code as status and the output as body.
///
///   the engine says         | the fact
///   ------------------------+----------------------------------------------------------
///   Timeout                 | AnswerTimeout: the command was asked, and did not end
///   Refused                 | Denied
///   Conflict, NotFound      | NotRunning
///   any other error         | EngineFailed
///
/// The engine cannot end what it began. So there is never a second command of one kind in one container while
/// the first has not ended: a question meanwhile is answered StillOpen. Those that outlived their time-out
/// are stuck, until the engine says that they are over.
class ExecProber final : public Prober {
 public:
  /// Both must outlive it. Destroying the prober answers nothing more.
  ExecProber(Engine& engine, Host& host, Sink sink) : engine_(engine), host_(host), sink_(std::move(sink)) {}

  /// A target of another kind is EngineFailed.
  void start(ProbeId id, const ProbeTargetPtr& target, Duration timeout) override;
  /// Nobody listens any more; the command goes on.
  void cancel(ProbeId id) override { asked_.erase(id); }
  std::size_t open() const override { return asked_.size(); }
  /// Commands that outlived their time-out and have not ended.
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
  std::unordered_map<ProbeId, Instant> asked_;  ///< questions not answered yet, and since when
  std::map<Command, Running> running_;
  std::size_t stuck_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace healer
