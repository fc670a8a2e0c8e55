#pragma once

#include <functional>
#include <string>
#include <vector>

#include "hook/hook.hpp"
#include "model/effect.hpp"
#include "model/record.hpp"

namespace healer {

/// Commands that run on the host before and after a remedy. A container's labels cannot set them.
struct HookSettings {
  std::vector<std::string> before;  ///< argument list; empty: none
  std::vector<std::string> after;
  Duration timeout = 30s;
  std::string script;  ///< runs after a remedy, with docker-autoheal's four arguments; empty: none
  bool script_without_state =
      false;  ///< the arguments are NAME, ID, TIMEOUT instead of /NAME, ID, STATE, TIMEOUT
};

/// What a hook gets besides the remedy.
struct HookFacts {
  std::string state;  ///< the container's state before the remedy, by the engine's name
  std::chrono::seconds stop_timeout{10};
};

/// Runs hooks and reports each result: a log line, and a decision for the incident.
class RemedyHooks {
 public:
  using Kept = std::function<void(Report, Decision)>;

  /// Without a runner (null) no hook runs.
  RemedyHooks(HookRunner* runner, HookSettings settings, std::function<Instant()> now, Kept kept)
      : runner_(runner), settings_(std::move(settings)), now_(std::move(now)), kept_(std::move(kept)) {}

  void configure(HookSettings settings) { settings_ = std::move(settings); }

  /// Whether the remedy must wait for a hook.
  bool waits(const ApplyRemedy& remedy) const {
    return runner_ != nullptr && !settings_.before.empty() && !remedy.resume;
  }
  /// Calls `then` when the hook has ended, also if it failed: a hook can delay a remedy, but not prevent it.
  void before(const ApplyRemedy& remedy, std::function<void()> then);
  /// Runs in the background. `outcome`: "done", "refused" or "lost".
  void after(const ApplyRemedy& remedy, const std::string& outcome, const HookFacts& facts);

 private:
  void run(const char* hook, const std::vector<std::string>& argv, const ApplyRemedy& remedy,
           const std::string& outcome, std::function<void()> then);

  HookRunner* runner_;
  HookSettings settings_;
  std::function<Instant()> now_;
  Kept kept_;
};

/// The argument list with {name}, {id}, {remedy}, {attempt} and {outcome} replaced. A placeholder inside a
/// value is not replaced.
std::vector<std::string> filled_in(const std::vector<std::string>& argv, const ApplyRemedy& remedy,
                                   const std::string& outcome);

}  // namespace healer
