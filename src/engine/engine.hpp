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
  StopReports stop_reports = StopReports::Reliable;
  EngineProcess process = EngineProcess::HoldsContainers;
  Capabilities capabilities = {};
};

/// A command run inside a container.
struct ExecOrder {
  std::string container_id;
  std::vector<std::string> command;  ///< the argument list
  std::size_t output_cap = 10 * 1024;
  Duration deadline{0};  ///< of the answer; the engine cannot end what it began
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  ///< stdout and stderr as they came, at most output_cap bytes
  bool truncated = false;
};

/// What an engine can tell of a container that a remedy is about to erase. Not redacted.
struct EngineEvidence {
  std::string state;       ///< one line per fact: state, exit code, OOM, started, finished, restart count
  std::string health_log;  ///< the last health checks, with time, exit code and output
  std::string logs;
  std::string processes;
  std::string memory;
  std::vector<std::string> missing;  ///< "logs: not within 2s"
  /// Values of environment variables whose names say that they are secret: to be removed from all of it.
  std::vector<std::string> secrets;
};

struct EvidenceOrder {
  std::string container_id;
  unsigned log_lines = 100;
  std::size_t log_bytes = 64 * 1024;
  Duration deadline{0};
};

/// Puts a container's configuration into a new one. HEALING.md 4.
struct RecreateOrder {
  std::string container_id;
  std::string name;  ///< without the leading '/'
  std::string mark;  ///< unique to this attempt, [a-z0-9]: the old one is set aside under "name-mark"
  std::string
      network_parent;  ///< join this container's network instead of the one that is gone; empty: as it was
  std::optional<Duration> stop_timeout;
  Duration deadline{0};
};

/// The port to a container engine: facts in, orders out; no judgement, no retry of anything that changes a
/// container.
///
/// Every call completes exactly once, on the loop, never from inside the call itself, within its own
/// deadline (or with Cancelled when the engine object is destroyed: then the callback is not called at all).
/// Errors name the call. An order whose connection ended before the answer is ConnectionLost or
/// Timeout: it may have been executed, and the caller settles that by inspect.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Who answers, and which API version to speak: `/_ping` then `/version`. Called first, and again after a
  /// loss.
  virtual void connect(std::function<void(Result<EngineInfo>)> done) = 0;

  /// Every container that exists (running or not), one call of `each` per container as the answer
  /// arrives, so that a long list is never held whole.
  virtual void list(std::function<void(const ContainerSummary&)> each,
                    std::function<void(Result<void>)> done) = 0;

  /// One container's facts; NotFound when there is none.
  virtual void inspect(std::string id, std::function<void(Result<Container>)> done) = 0;

  /// Restart. No `t` is passed without stop_timeout. `deadline` is the limit of the whole call.
  virtual void restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                       std::function<void(Result<void>)> done) = 0;
  virtual void start(std::string id, Duration deadline, std::function<void(Result<void>)> done) = 0;
  virtual void stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                    std::function<void(Result<void>)> done) = 0;

  /// Send a signal to the container's first process.
  virtual void kill(std::string id, int signal, Duration deadline,
                    std::function<void(Result<void>)> done) = 0;

  /// Run a command inside. `done` is called once, within the deadline; Timeout means that it still runs
  /// there. `ended` is called once, after `done`, when the engine says that the command is over, or nothing
  /// can be learned of it any more. Refused: forbidden (401, 403, 405); Conflict: the container does not run.
  virtual void exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
                    std::function<void()> ended) = 0;

  /// All there is to know before a remedy. Never fails as a whole: what could not be had within the
  /// deadline is named in `missing`.
  virtual void collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) = 0;

  /// A new container with the old one's configuration: name, labels, environment, mounts (anonymous volumes
  /// too), networks with aliases and addresses, restart policy, limits, health check. Answers the new id. On
  /// any failure the old one is put back under its name and started when it ran: never less than before.
  virtual void recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) = 0;
  /// A former process ended while it recreated: finishes what can be finished (answers the new id), else puts
  /// the old one back (an error that says so). The order is the one of then.
  virtual void resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) = 0;

  /// Ends the container and lets its orchestrator make another instance of the workload. Done: the engine has
  /// accepted it; the new container is reported like any other. Refused without Capability::Replace.
  virtual void replace(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                       std::function<void(Result<void>)> done) = 0;

  /// The one event stream, filtered to containers and to what an EngineReport names. `since` (Unix
  /// nanoseconds, 0: from now) replays what was missed. `ready` is called when the engine accepted the
  /// stream, `each` for every event, `ended` once, when the stream ends or could not be opened.
  virtual void subscribe(std::int64_t since, std::function<void()> ready,
                         std::function<void(EngineEvent)> each, std::function<void(Error)> ended) = 0;
};

}  // namespace healer
