#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/supervisor.hpp"
#include "engine/engine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/operator_command.hpp"
#include "model/policy.hpp"
#include "model/status.hpp"
#include "present/explain.hpp"
#include "probe/probe.hpp"
#include "runtime/engine_link.hpp"
#include "runtime/evidence_capture.hpp"
#include "runtime/guard.hpp"
#include "runtime/host.hpp"
#include "runtime/journal.hpp"
#include "runtime/observer.hpp"
#include "runtime/pressure_gauge.hpp"
#include "runtime/remedy_runner.hpp"
#include "runtime/runtime_settings.hpp"
#include "runtime/timer_queue.hpp"
#include "store/store.hpp"

namespace healer {

/// Performs the core's effects: one event queue, one timer queue, one exhaustive switch over the effects.
/// engine_link.hpp keeps the connection to the engine, remedy_runner.hpp executes remedies.
class Runtime {
 public:
  using Resolve = EngineLink::Resolve;
  using Deliver = std::function<void(const RoutedNotification&)>;
  using Post = RemedyRunner::Post;

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
  /// The key of the workload whose check is open; empty: none is, or it is the connectivity check.
  std::string workload_of(ProbeId id) const;
  /// The settings changed: each opted-in container is inspected again.
  void policies_changed(Resolve resolve);
  /// The settings of the host changed, or the address of the connectivity check was resolved.
  void set_host_policy(HostPolicy policy);
  /// The hooks for remedies that are ordered from now on.
  void set_hooks(HookSettings hooks) { remedies_.hooks().configure(std::move(hooks)); }
  /// Executes a command of an operator. NotFound: healer does not watch the workload. Conflict: it cannot be
  /// obeyed now, such as `heal` for a container that an operator stopped or paused.
  Result<void> command(OperatorCommand command);
  /// A rule of Prometheus began or stopped to fire about the workload. NotFound: healer does not watch it.
  Result<void> alert(AlertReported alert);
  std::optional<WorkloadExplanation> explain(const std::string& key) const {
    return present::explain(supervisor_, key, host_.now());
  }
  /// Stops deciding, writes the records that are left, then calls `done`.
  void shut_down(std::function<void()> done);

  const Supervisor& supervisor() const { return supervisor_; }
  Journal& journal() { return journal_; }
  bool connected() const { return link_.connected(); }
  std::optional<std::string> blind() const { return link_.blind(); }  ///< see EngineLink
  /// Names, services and short ids of all containers in the engine's newest list, watched or not.
  const std::set<std::string>& engine_names() const { return link_.names(); }
  /// The engine is connected, and the first list is complete.
  bool ready() const { return link_.connected() && supervisor_.synced_once(); }
  const std::string& engine_description() const { return link_.engine_info().description; }
  bool engine_guarded() const { return link_.engine_info().guarded; }

 private:
  void feed(Event event);
  void step(const Event& event);
  Result<WorkloadStatus> watched(const std::string& key) const;
  void perform(Effects& effects);
  void confirm(ConfirmAlert alert);

  void alarm();
  void notice_stall();
  void notice_clock();
  void look_at_pressure();
  void arm();
  void log(LogLevel level, std::string message);

  Guard guard_;  ///< before the members that use it
  RuntimeSettings settings_;
  Host& host_;
  Prober& prober_;
  Observer& observer_;
  Deliver deliver_;
  Confirm confirm_;
  Pressure pressure_now_;
  Journal journal_;
  Supervisor supervisor_;
  TimerQueue timers_;
  EngineLink link_;
  EvidenceCapture evidence_;
  RemedyRunner remedies_;
  PressureGauge pressure_;
  std::vector<std::string> due_;  ///< timers of the present alarm; a member to reuse its memory
  std::deque<Event> events_;      ///< events that arrived during a step
  Effects effects_;               ///< of the present step; a member to reuse its memory
  bool stepping_ = false;
  std::unordered_map<std::uint64_t, std::string> open_probes_;  ///< ProbeId -> the workload's key

  Instant last_beat_{};
  Duration clock_ahead_{0};  ///< wall clock minus the core's timeline, as of the newest WallClockMoved
  std::optional<Instant> armed_for_;
};

}  // namespace healer
