#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/container.hpp"
#include "model/event.hpp"

namespace healer::testing {

/// The engine, by the order of its events for a restart as measured on real engines.
enum class Dialect {
  Docker20,  ///< kill, kill, die, stop, start, restart
  Docker26,  ///< kill, kill, stop, die, start, restart
  Podman,    ///< restart, die, stop, start
};

/// What becomes of an order.
enum class OrderFate {
  Done,
  Refused,         ///< nothing happens
  RefusedHalfway,  ///< stopped, and the start fails
  LostDone,        ///< executed, the answer is lost
  LostIgnored,     ///< never executed, the answer is lost
  LostHalfway,     ///< stopped, not started again, the answer is lost
  Silent,          ///< executed, no answer ever
  DryRun,
};

/// Who orders an operation.
enum class By { Operator, Healer, Engine };

/// How a process ends after SIGTERM.
struct ProcessEnd {
  Duration takes{0};
  int code = 143;
  bool killed = false;  ///< it ignores SIGTERM, and the engine kills it
};

/// A container of the model engine. What its service does is its user's.
struct ModelContainer {
  Container facts;  ///< as an inspect shows it
  bool exists = true;
  std::uint32_t starts = 0;
  Instant started{};
  unsigned quick_crashes = 0;  ///< the newest crashes, each soon after a start
  bool has_owner = false;      ///< another program starts it again, not the engine
  bool stopped_by_operator = false;
  Instant operator_at{};  ///< when an operator last ended it
  Instant paused_at{};
  bool busy = false;            ///< an operation is under way
  std::uint32_t operation = 0;  ///< changes with each operation
  std::deque<std::function<void()>> waiting;

  bool running() const { return exists && facts.state == ContainerState::Running; }
  bool paused() const { return exists && facts.state == ContainerState::Paused; }
  bool up() const { return running() || paused(); }
};

/// The container as a list shows it.
ContainerSummary summary_of(const Container& container);

/// A container engine in memory: it changes containers and sends the events of real engines in their order.
/// It has no clock, no thread and no randomness; `Surroundings` gives it the time. Operations on one
/// container run one after the other. A container must outlive the engine's operations on it.
class ModelEngine {
 public:
  using Done = std::function<void(Result<void>)>;
  /// For an order whose answer nobody waits for.
  static void nobody(const Result<void>&) {}

  struct Surroundings {
    Dialect dialect = Dialect::Docker20;
    std::size_t events_kept = std::numeric_limits<std::size_t>::max();
    bool tells_services = false;  ///< events of what an operator or the engine does name the service
    Duration start_takes{0};
    std::function<Instant()> now;
    std::function<WallTime()> wall;
    /// Does the work after that time. Operations are over at once if it does the work at once.
    std::function<void(Duration, std::function<void()>)> later =
        [](Duration, const std::function<void()>& work) { work(); };
    std::function<ProcessEnd(const ModelContainer&, std::optional<Duration> stop_timeout)> end_of_process =
        [](const ModelContainer&, std::optional<Duration>) { return ProcessEnd{}; };
    /// A new instance, before its event.
    std::function<void(ModelContainer&, By)> starts = [](ModelContainer&, By) {};
    /// The end of an instance, before its event.
    std::function<void(ModelContainer&, bool clean)> ended = [](ModelContainer&, bool) {};
    std::function<void(const EngineEvent&)> event;
  };

  explicit ModelEngine(Surroundings surroundings) : around_(std::move(surroundings)) {}

  Dialect dialect() const { return around_.dialect; }
  /// An engine that is down sends no event and restarts nothing.
  bool up() const { return up_; }
  void set_up(bool up) { up_ = up; }
  /// The newest events, as many as it keeps.
  const std::deque<EngineEvent>& history() const { return history_; }
  void forget_events();
  /// The engine keeps every event since then, in Unix nanoseconds.
  bool remembers(std::int64_t since) const { return forgotten_until_ <= since; }

  // Operations.
  void stop(ModelContainer& container, By by, std::optional<Duration> timeout = {},
            const Done& done = nobody);
  void start(ModelContainer& container, By by, OrderFate fate = OrderFate::Done, const Done& done = nobody);
  void restart(ModelContainer& container, By by, OrderFate fate = OrderFate::Done,
               std::optional<Duration> timeout = {}, const Done& done = nobody);
  void kill(ModelContainer& container, By by, int signal, const Done& done = nobody);
  void pause(ModelContainer& container);
  void unpause(ModelContainer& container);
  void rename(ModelContainer& container, const std::string& name);
  void remove(
      ModelContainer& container, By by, const std::function<void()>& removed = [] {});
  /// Removes the container, and starts the one that `make` makes of it.
  void recreate(ModelContainer& container, By by, const std::function<void()>& make,
                const std::function<void(Result<std::string>)>& done);
  /// Ends what is under way without its rest, as the end of the engine does.
  void abandon(ModelContainer& container);

  // What happens to a container.
  /// It ends by itself; the engine restarts it by its policy.
  void crash(ModelContainer& container, int code, bool oom);
  /// The engine restarts it after a delay that grows with its quick crashes, as Docker's.
  void restart_by_policy(ModelContainer& container);
  /// It ends by itself, and the engine leaves it so.
  void die(ModelContainer& container, int code, bool clean);
  /// The engine's own end takes the container down.
  void fall(ModelContainer& container, int signal);
  void come_up(ModelContainer& container, By by);

  /// A signal that ends no process is not reported.
  void emit_signal(const ModelContainer& container, int signal);
  void emit(const ModelContainer& container, EngineReport report, By by = By::Healer);

 private:
  void come_down(ModelContainer& container, int code, bool oom, bool clean);
  void end_process(ModelContainer& container, std::optional<Duration> timeout, bool for_restart,
                   std::function<void()> then);
  void ordered(ModelContainer& container, By by);
  /// Does the work when no other operation is under way; a container that is gone is an error.
  void operate(ModelContainer& container, const Done& done, std::function<void()> work);
  void release(ModelContainer& container);
  /// Does the work after that time unless the operation under way has ended by then.
  void later(ModelContainer& container, Duration after, std::function<void()> work);

  Surroundings around_;
  bool up_ = true;
  std::deque<EngineEvent> history_;
  std::uint64_t events_ = 0;
  std::int64_t forgotten_until_ = 0;  ///< Unix nanoseconds of the newest event that it forgot
};

}  // namespace healer::testing
