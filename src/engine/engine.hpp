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
  std::string api_version;  ///< negotiated: the lower of healer's newest version and the engine's
  StopReports stop_reports = StopReports::Reliable;
  EngineProcess process = EngineProcess::HoldsContainers;
  Capabilities capabilities = {};
  bool rootless = false;  ///< ProbeOrigin::rootless
  bool guarded = false;   ///< healer-guard stands between healer and the engine
  std::vector<std::string> warnings =
      {};  ///< for operators: facts that the engine refuses to tell, and what to allow
};

/// A command to run inside a container.
struct ExecOrder {
  std::string container_id;
  std::vector<std::string> command;  ///< argument list
  std::size_t output_cap = 10 * 1024;
  Duration deadline{0};  ///< for the answer. Trap: the command goes on, the engine cannot end it
};

struct ExecResult {
  int exit_code = 0;
  std::string output;  ///< stdout and stderr as they came, at most output_cap bytes
  bool truncated = false;
};

/// Facts about a container that a remedy is about to erase. Not redacted.
struct EngineEvidence {
  std::string state;       ///< a line for each fact: state, exit code, OOM, started, finished, restart count
  std::string health_log;  ///< the last health checks, with time, exit code and output
  std::string logs;
  std::string processes;
  std::string memory;
  std::vector<std::string> missing;  ///< "logs: not within 2s"
  /// Values of environment variables with secret-like names. Must be redacted from all fields.
  std::vector<std::string> secrets;
};

struct EvidenceOrder {
  std::string container_id;
  unsigned log_lines = 100;
  std::size_t log_bytes = 64 * 1024;
  Duration deadline{0};
};

/// Creates a new container with the configuration of an old one. HEALING.md 4.
struct RecreateOrder {
  std::string container_id;
  std::string name;  ///< without the leading '/'
  std::string mark;  ///< unique to this attempt, [a-z0-9]: the old container is renamed to "name-mark"
  std::string network_parent;  ///< id of the container whose network to join; empty: as configured
  std::optional<Duration> stop_timeout;
  Duration deadline{0};
};

/// An object of the engine's answers that is larger than the adapter's limits. Its small members were used.
struct SkippedObject {
  enum class Kind { Event, ListEntry };
  Kind kind = Kind::Event;
  std::string container_id;  ///< empty: not known
  std::string name;          ///< empty: not known
};

/// The port to a container engine: facts in, orders out. It makes no decisions, and never repeats a call that
/// changes a container.
///
/// Every call completes exactly once, on the loop, never from inside the call itself, within its deadline. If
/// the engine object is destroyed first, the callback is not called. Errors name the call. ConnectionLost or
/// Timeout of an order: the order may have been executed, and the caller finds out by inspect.
class Engine {
 public:
  virtual ~Engine() = default;

  /// `skipped` is called for each object that was too large. It never ends a list or a stream: a stranger's
  /// labels must not stop the healing of the others.
  virtual void on_skipped(std::function<void(const SkippedObject&)> /*skipped*/) {}

  /// Identifies the engine and negotiates the API version: `/_ping`, then `/version`. Called first, and again
  /// after a loss.
  virtual void connect(std::function<void(Result<EngineInfo>)> done) = 0;

  /// Every container, running or not. `each` is called for one container at a time as the answer arrives, so
  /// a long list is never in memory as a whole.
  virtual void list(std::function<void(const ContainerSummary&)> each,
                    std::function<void(Result<void>)> done) = 0;

  /// The facts of one container. NotFound: it does not exist.
  virtual void inspect(std::string id, std::function<void(Result<Container>)> done) = 0;

  /// Without stop_timeout, the request has no `t`. `deadline`: for the whole call.
  virtual void restart(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                       std::function<void(Result<void>)> done) = 0;
  virtual void start(std::string id, Duration deadline, std::function<void(Result<void>)> done) = 0;
  virtual void stop(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                    std::function<void(Result<void>)> done) = 0;

  /// Sends a signal to the container's first process.
  virtual void kill(std::string id, int signal, Duration deadline,
                    std::function<void(Result<void>)> done) = 0;

  /// Runs a command inside the container. `done` is called once, within the deadline; Timeout: the command
  /// still runs. `ended` is called once, after `done`, when the command has ended or the engine cannot report
  /// on it any more. Refused: forbidden (401, 403, 405); Conflict: the container does not run.
  virtual void exec(ExecOrder order, std::function<void(Result<ExecResult>)> done,
                    std::function<void()> ended) = 0;

  /// Collects evidence before a remedy. Never fails as a whole: `missing` names the parts that were not
  /// available within the deadline.
  virtual void collect_evidence(EvidenceOrder order, std::function<void(EngineEvidence)> done) = 0;

  /// Replaces the container by a new one with the same configuration: name, labels, environment, mounts
  /// (anonymous volumes too), networks with aliases and addresses, restart policy, limits, health check. The
  /// result is the new id. On any failure the old container gets its name back, and is started if it ran.
  virtual void recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) = 0;
  /// After a process of healer ended during a recreation, with the same order: finishes the recreation (the
  /// result is the new id), or puts the old container back (an error that says so).
  virtual void resume_recreate(RecreateOrder order, std::function<void(Result<std::string>)> done) = 0;

  /// Ends the container, so that its orchestrator makes another instance of the workload. Success: the engine
  /// accepted the request. Events report the new container. Refused without Capability::Replace.
  virtual void replace(std::string id, std::optional<Duration> stop_timeout, Duration deadline,
                       std::function<void(Result<void>)> done) = 0;

  /// Whether the engine can still repeat every event after `since` (Unix nanoseconds, by the engine's clock).
  /// False: it has dropped some. Also true if that cannot be found out, and after a restart of an engine that
  /// keeps its events in memory: it has forgotten them, so a restart is not reported as a loss here.
  virtual void has_events_since(std::int64_t since, std::function<void(bool)> done) = 0;

  /// The event stream, filtered to containers and to the events that an EngineReport describes. `since` (Unix
  /// nanoseconds, 0: from now) replays earlier events. `ready` is called when the engine accepted the stream,
  /// `each` for every event, `ended` once, when the stream ends or could not be opened.
  virtual void subscribe(std::int64_t since, std::function<void()> ready,
                         std::function<void(EngineEvent)> each, std::function<void(Error)> ended) = 0;
};

}  // namespace healer
