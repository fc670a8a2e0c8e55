#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"

namespace healer {

struct EngineInfo {
  std::string description;  ///< "Docker Engine 20.10.24 (API 1.41)", "Podman 4.3.1 (API 1.41)"
  std::string api_version;  ///< negotiated: the lower of ours and the engine's
};

/// The port to a container engine: facts in, orders out; no judgement, no retry of anything that changes a
/// container.
///
/// Every call completes exactly once, on the loop, never from inside the call itself, within its own
/// deadline (or with Cancelled when the engine object is destroyed: then the callback is not called at all).
/// Errors name the call. An order whose connection ended before the answer is ConnectionLost or
/// Timeout: it may have been carried out, and the caller settles that by inspect.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Who answers, and which API version to speak: `/_ping` then `/version`. Called first, and again after a
  /// loss.
  virtual void connect(std::function<void(Result<EngineInfo>)> done) = 0;

  /// Every container that exists (running or not), one call of `each` per container as the answer
  /// arrives, so that a long list is never held whole.
  virtual void list(std::function<void(ContainerSummary)> each, std::function<void(Result<void>)> done) = 0;

  /// One container's facts; NotFound when there is none.
  virtual void inspect(std::string id, std::function<void(Result<Container>)> done) = 0;

  /// Restart. No `t` is passed without stop_timeout. `deadline` is the limit of the whole call.
  virtual void restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                       std::function<void(Result<void>)> done) = 0;
  virtual void start(std::string id, Duration deadline, std::function<void(Result<void>)> done) = 0;
  virtual void stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                    std::function<void(Result<void>)> done) = 0;

  /// The one event stream, filtered to containers and to the kinds of EngineEventKind. `since` (Unix
  /// nanoseconds, 0: from now) replays what was missed. `ready` is called when the engine accepted the
  /// stream, `each` for every event, `ended` once, when the stream ends or could not be opened.
  virtual void subscribe(std::int64_t since, std::function<void()> ready,
                         std::function<void(EngineEvent)> each, std::function<void(Error)> ended) = 0;
};

}  // namespace healer
