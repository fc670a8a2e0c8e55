#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hook/hook.hpp"
#include "model/effect.hpp"
#include "model/record.hpp"

namespace healer {

/// Which commands run on the host around a remedy. Containers cannot choose them.
struct HookSettings {
  std::vector<std::string> before;  ///< argument lists; empty: none
  std::vector<std::string> after;
  Duration timeout = 30s;
  std::string script;  ///< run after, with docker-autoheal's four arguments; empty: none
};

/// What a hook is notified beside the order.
struct HookFacts {
  std::string state;  ///< the container's before the remedy, as the engine calls it
  std::chrono::seconds stop_timeout{10};
};

/// Runs hooks, and tells what came of them: a line for the log and a decision for the incident.
class RemedyHooks {
 public:
  using Kept = std::function<void(LogLine, Decision)>;

  /// Without a runner nothing is ever run.
  RemedyHooks(HookRunner* runner, HookSettings settings, std::function<Instant()> now, Kept kept)
      : runner_(runner), settings_(std::move(settings)), now_(std::move(now)), kept_(std::move(kept)) {}

  void configure(HookSettings settings) { settings_ = std::move(settings); }

  /// Whether a remedy has to wait for a hook.
  bool waits(const ApplyRemedy& remedy) const {
    return runner_ != nullptr && !settings_.before.empty() && !remedy.resume;
  }
  /// `then` is called when it is over, however it ended: a hook can delay a remedy, not forbid it.
  void before(const ApplyRemedy& remedy, std::function<void()> then);
  /// In the background. `outcome`: "done", "refused" or "lost".
  void after(const ApplyRemedy& remedy, const std::string& outcome, const HookFacts& facts);

 private:
  void run(const char* hook, const std::vector<std::string>& argv, const ApplyRemedy& remedy,
           const std::string& outcome, std::function<void()> then);

  HookRunner* runner_;
  HookSettings settings_;
  std::function<Instant()> now_;
  Kept kept_;
};

/// The argument list with {name}, {id}, {remedy}, {attempt} and {outcome} replaced, once each from left to
/// right: what a value brings along stays text.
std::vector<std::string> filled_in(const std::vector<std::string>& argv, const ApplyRemedy& remedy,
                                   const std::string& outcome);

}  // namespace healer
