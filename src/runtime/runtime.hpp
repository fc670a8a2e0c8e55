#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/supervisor.hpp"
#include "engine/engine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/status.hpp"
#include "present/explain.hpp"
#include "probe/probe.hpp"
#include "runtime/evidence_capture.hpp"
#include "runtime/host.hpp"
#include "runtime/inspector.hpp"
#include "runtime/journal.hpp"
#include "runtime/observer.hpp"
#include "runtime/origin_finder.hpp"
#include "runtime/pressure_gauge.hpp"
#include "runtime/remedy_hooks.hpp"
#include "runtime/timer_queue.hpp"
#include "store/store.hpp"

namespace healer {

struct RuntimeSettings {
  HostPolicy host;
  std::string own_container_id;  ///< empty: healer runs on the host
  bool dry_run = false;          ///< decisions, log and metrics as usual, but no engine call
  Duration resync_interval = 60s;
  HookSettings hooks = {};
  std::vector<std::string> excluded = {};  ///< names of containers that count as opted out
  std::uint64_t seed = 1;                  ///< for every random draw of the core
  std::string pressure_folder = {};        ///< "/proc/pressure"; empty: the host's pressure is not read
};

/// The POST request of a webhook remedy.
struct WebhookCall {
  Secret url;
  std::string body;  ///< JSON
  Duration deadline{0};
};

// The runtime's timers share the queue with the workloads' timers: no workload key begins with a space.
inline const std::string beat_timer = " beat";
inline const std::string resync_timer = " resync";
inline const std::string connect_timer = " connect";

/// A list of all containers under way, with the inspects that follow from it.
struct Sync {
  std::vector<std::string> ids;
  std::set<std::string> names;              ///< see Runtime::engine_names()
  std::unordered_set<std::string> awaited;  ///< containers whose inspect is not answered yet
  bool listed = false;
  bool again = false;  ///< another one was requested meanwhile
  bool again_full = false;
};

/// Performs the core's effects: one event queue, one timer queue, one exhaustive switch over the effects.
/// Decides only how to keep the connection to the engine.
///
///   connection   | input                       | next         | what is done
///   -------------+-----------------------------+--------------+------------------------------------------
///   Disconnected | start(), retry due          | Connecting   | engine.connect()
///   Connecting   | answered                    | Subscribing  | engine.has_events_since(the cursor), then
///                |                             |              | engine.subscribe(since the cursor)
///   Subscribing  | stream accepted             | Connected    | EventsLost if so, probe origin,
///                |                             |              | EngineConnected, list, then inspect of each
///                |                             |              | opted-in container
///   Connected    | resync due                  | Connected    | list, then inspect of each new opted-in
///                |                             |              | container and of each changed one
///   any          | failed, or the stream ended | Disconnected | EngineLost; connect again in 250 ms
class Runtime {
 public:
  /// `service`: "project/service" of a container that compose made; else empty.
  using Resolve = std::function<ResolvedPolicy(const std::string& name, const std::string& service,
                                               const std::map<std::string, std::string>& labels)>;
  using Deliver = std::function<void(const RoutedNotification&)>;
  /// Calls back once, within the deadline, never from inside the call. Success: a status of 2xx. Refused: any
  /// other status, named in the error. Timeout, ConnectionLost, Protocol: the request may have arrived.
  using Post = std::function<void(WebhookCall, std::function<void(Result<void>)>)>;

  /// Asks the alert's source whether the alert fires now. Calls back once, within 8 s, never from inside the
  /// call, with the reason for operators unless it fires.
  using Confirm = std::function<void(ConfirmAlert, std::function<void(AlertAnswer, std::string)>)>;

  /// The host's pressure, if it rose above `limit` per cent or fell again since the last call.
  using Pressure = std::function<std::optional<HostPressure>(double limit)>;

  struct Parts {
    Host& host;
    Engine& engine;
    Prober& prober;
    Store& store;
    Observer& observer;
    Resolve resolve;
    Deliver deliver;              ///< called for each notification once it is on disk
    Post post = {};               ///< empty: webhook remedies are refused
    HookRunner* hooks = nullptr;  ///< null: no hook is run
    Confirm confirm = {};         ///< empty: it is unknown whether an alert fires
    Pressure pressure = {};       ///< empty: the files in RuntimeSettings::pressure_folder are read
  };

  Runtime(RuntimeSettings settings, Parts parts, const StoredState& stored);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  void start();
  /// Called by the prober with the facts of each check.
  void probe_finished(ProbeId id, ProbeFacts facts);
  /// The settings changed: each opted-in container is inspected again.
  void policies_changed(Resolve resolve);
  /// The settings of the host changed, or the address of the connectivity check was resolved.
  void set_host_policy(HostPolicy policy);
  /// The hooks for remedies that are ordered from now on.
  void set_hooks(HookSettings hooks) { hooks_.configure(std::move(hooks)); }
  /// Closes the circuit breaker of the workload with this key. This call and the next ones answer NotFound if
  /// healer does not watch the workload.
  Result<void> reset(const std::string& key);
  /// Checks the workload, but executes no remedy. Empty key: all workloads. No length: until resumed.
  Result<void> pause(const std::string& key, std::optional<Duration> length);
  /// Ends a pause. Empty key: ends the pause of all, but not the pauses of single workloads.
  Result<void> resume(const std::string& key);
  /// Executes the first step of the ladder now, also if the workload is healthy. Conflict: an operator
  /// stopped or paused the container, or a remedy is under way.
  Result<void> heal(const std::string& key);
  /// Acknowledges the open incident, for the operator `by`. Conflict: no incident is open.
  Result<void> acknowledge(const std::string& key, const std::string& by);
  /// A rule of Prometheus began or stopped to fire about the workload.
  Result<void> alert(AlertReported alert);
  std::optional<WorkloadExplanation> explain(const std::string& key) const {
    return present::explain(supervisor_, key, host_.now());
  }
  /// Stops deciding, writes the records that are left, then calls `done`.
  void shut_down(std::function<void()> done);

  const Supervisor& supervisor() const { return supervisor_; }
  Journal& journal() { return journal_; }
  bool connected() const { return connected_; }
  /// Names, services and short ids of all containers in the engine's newest list, watched or not.
  const std::set<std::string>& engine_names() const { return engine_names_; }
  /// The engine is connected, and the first list is complete.
  bool ready() const { return connected_ && supervisor_.synced_once(); }
  const std::string& engine_description() const { return engine_info_.description; }

 private:
  struct Known {
    ContainerState state = ContainerState::Created;
    std::string started_at;
    std::chrono::seconds stop_timeout{10};
  };

  void feed(Event event);
  void step(const Event& event);
  Result<WorkloadStatus> watched(const std::string& key) const;
  void perform(Effects& effects);
  void confirm(ConfirmAlert alert);
  void apply(const ApplyRemedy& remedy);
  /// After the hook: executes the remedy only if the container's state is still `before`.
  void apply_after_hook(const ApplyRemedy& remedy, const std::optional<Known>& before);
  void begin(const ApplyRemedy& remedy);
  void carry_out(const ApplyRemedy& remedy);
  void finish(const ApplyRemedy& remedy, const HookFacts& facts, RemedyFinished finished);
  ResolvedPolicy resolve(const std::string& name, const std::string& service,
                         const std::map<std::string, std::string>& labels);

  void connect();
  void find_lost_events();
  void subscribe();
  void stream_ready();
  void connection_failed(const Error& error);
  void engine_event(const EngineEvent& event);
  void sync(bool full);
  void sync_saw(const ContainerSummary& summary, bool full);
  void sync_step();
  void inspected(const std::string& id, Result<Container>&& answer);

  void alarm();
  void notice_stall();
  void notice_clock();
  void look_at_pressure();
  void arm();
  void log(LogLevel level, std::string message);
  /// Wraps a completion so that it does nothing after this object is destroyed or shut down.
  template <class F>
  auto guarded(F function);

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< before the members that get a weak copy
  RuntimeSettings settings_;
  Host& host_;
  Engine& engine_;
  Prober& prober_;
  Observer& observer_;
  Resolve resolve_;
  Deliver deliver_;
  Post post_;
  Confirm confirm_;
  Pressure pressure_now_;
  Journal journal_;
  Supervisor supervisor_;
  Inspector inspector_;
  EvidenceCapture evidence_;
  RemedyHooks hooks_;
  OriginFinder origin_;
  PressureGauge pressure_;
  TimerQueue timers_;
  std::vector<std::string> due_;  ///< timers of the present alarm; a member to reuse its memory
  std::deque<Event> events_;      ///< events that arrived during a step
  Effects effects_;               ///< of the present step; a member to reuse its memory
  bool stepping_ = false;
  bool stopping_ = false;
  std::unordered_map<std::uint64_t, std::string> open_probes_;  ///< ProbeId -> the workload's key

  bool connected_ = false;
  std::uint64_t connection_ = 0;  ///< number of the present connection; callbacks of earlier ones are ignored
  EngineInfo engine_info_;
  std::set<std::string> warned_;  ///< EngineInfo::warnings that were logged
  std::optional<Sync> sync_;
  std::set<std::string> engine_names_;
  std::unordered_map<std::string, Known> known_;  ///< opted-in containers, as last inspected
  EventCursor cursor_;                            ///< newest event that the core has decided about
  EventCursor ahead_of_list_;  ///< newest event before the first list of this connection is complete
  bool caught_up_ = false;     ///< that list is complete
  bool events_lost_ = false;   ///< the engine cannot repeat every event since the cursor
  /// Every event until then was received, Unix nanoseconds: the stream was open. A quiet host has an old
  /// cursor, and the engine's other events, such as those of health checks, may have pushed its event out.
  std::int64_t seen_until_ = 0;

  Instant last_beat_{};
  Duration clock_ahead_{0};  ///< wall clock minus the core's timeline, as of the newest WallClockMoved
  std::optional<Instant> armed_for_;
};

template <class F>
auto Runtime::guarded(F function) {
  return [this, alive = std::weak_ptr<bool>(alive_),
          function = std::move(function)](auto&&... arguments) mutable {
    if (alive.expired() || stopping_) return;
    function(std::forward<decltype(arguments)>(arguments)...);
  };
}

}  // namespace healer
