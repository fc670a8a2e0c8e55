#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/secret.hpp"
#include "core/supervisor.hpp"
#include "engine/engine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "runtime/engine_link.hpp"
#include "runtime/guard.hpp"
#include "runtime/host.hpp"
#include "runtime/journal.hpp"
#include "runtime/observer.hpp"
#include "runtime/remedy_hooks.hpp"
#include "runtime/runtime_settings.hpp"

namespace healer {

/// The POST request of a webhook remedy.
struct WebhookCall {
  Secret url;
  std::string body;  ///< JSON
  Duration deadline{0};
};

/// Executes remedies: the hook before, the call of the engine or the webhook, the hook after. Each remedy is
/// answered once with RemedyFinished, unless the runtime ends before.
class RemedyRunner {
 public:
  /// Calls back once, within the deadline, never from inside the call. Success: a status of 2xx. Refused: any
  /// other status, named in the error. Timeout, ConnectionLost, Protocol: the request may have arrived.
  using Post = std::function<void(WebhookCall, std::function<void(Result<void>)>)>;

  /// All outlive this object.
  struct Parts {
    const RuntimeSettings& settings;
    Host& host;
    Engine& engine;
    Observer& observer;
    Journal& journal;
    const Supervisor& supervisor;
    const EngineLink& link;
    const Guard& guard;
    std::function<void(Event)> feed;
  };

  /// `post` empty: webhook remedies are refused. `hooks` null: no hook is run.
  RemedyRunner(Parts parts, Post post, HookRunner* hooks);

  void apply(const ApplyRemedy& remedy);
  RemedyHooks& hooks() { return hooks_; }

 private:
  /// After the hook: executes the remedy only if the container's state is still `before`.
  void apply_after_hook(const ApplyRemedy& remedy, const std::optional<KnownContainer>& before);
  void begin(const ApplyRemedy& remedy);
  void carry_out(const ApplyRemedy& remedy);
  WebhookCall call_of(const ApplyRemedy& remedy) const;
  void finish(const ApplyRemedy& remedy, const HookFacts& facts, RemedyFinished finished);

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< for hooks that end while the runtime ends
  Parts parts_;
  Post post_;
  RemedyHooks hooks_;
};

}  // namespace healer
