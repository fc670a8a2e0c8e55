#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "core/engine_session.hpp"
#include "core/workload/controller.hpp"
#include "core/workload/workload.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/status.hpp"

namespace healer {

/// The pure core: every decision of the daemon, one event at a time.
///
///     step(event, now) -> effects
///
/// No I/O, no clock, no threads; every random draw comes from the seed. The same seed and the same sequence
/// of (event, now) give the same effects (HEALING.md 7.7). An event that is late, repeated or about an
/// unknown container or workload changes nothing.
///
/// The state of the engine:
///
///   engine | input           | next | what is done
///   -------+-----------------+------+-----------------------------------------------------------------------
///   any    | EngineConnected | up   | a notification, if the loss of the engine was notified
///   any    | EngineLost      | down | results are unknown, no remedy is ordered; a notification if the
///          |                 |      | engine is still down 10 s after the first EngineLost
///   up     | SyncCompleted   | up   | known containers that are not in the list are inspected; a container
///          |                 |      | that ran before the loss gets time for its restart policy
class Supervisor {
 public:
  /// `seed`: for every random draw of this process, see base/draws.hpp.
  Supervisor(HostPolicy policy, const StoredState& stored, std::uint64_t seed);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Appends the effects to `out`, in order.
  void step(const Event& event, Instant now, Effects& out);

  std::vector<WorkloadStatus> status(Instant now) const;
  std::optional<WorkloadStatus> status_of(std::string_view key_or_name, Instant now) const;
  /// The key of the workload with this key, else of the workload whose container has this name.
  std::optional<std::string> find(std::string_view key_or_name) const;
  /// Why healer treats a workload as it does; nothing if no workload has this key or name.
  std::optional<WorkloadExplanation> explain(std::string_view key_or_name, Instant now) const;
  HostStatus host_status(Instant now) const;
  bool engine_up() const { return host_state_.engine_up; }
  bool synced_once() const { return host_state_.synced_once; }
  std::size_t watched() const { return workloads_.size(); }
  /// For invariant checks: calls `look` with each workload.
  template <class F>
  void each(F&& look) const {
    for (const auto& [key, workload] : workloads_) look(*workload);
  }
  /// The workload with this key; null if healer watches none.
  const Workload* workload(const std::string& key) const {
    const auto found = workloads_.find(key);
    return found == workloads_.end() ? nullptr : found->second.get();
  }

 private:
  struct Step {
    Instant now;
    Effects& out;
  };

  /// Runs `what`: before it what is due for the host, after it what `what` changed for the other workloads.
  template <class F>
  void decide(Step& step, F&& what);
  void report(const EngineEvent& event, Step& step);
  EngineSession::Running running_instances() const;

  void on(const EngineEvent& event, Step& step);
  void on(const ContainerObserved& event, Step& step);
  void on(const ContainerGone& event, Step& step);
  void on(const InspectFailed& event, Step& step);
  void on(const SyncCompleted& event, Step& step);
  void on(const EngineConnected& event, Step& step);
  void on(const ProbeOriginLearned& event, Step& step);
  void on(const EngineLost& event, Step& step);
  void on(const ProbeFinished& event, Step& step);
  void on(const RemedyFinished& event, Step& step);
  void on(const Tick& event, Step& step);
  void on(const LoopStalled& event, Step& step);
  void on(const OperatorReset& event, Step& step);
  void on(const EvidenceCaptured& event, Step& step);
  void on(const OperatorPause& event, Step& step);
  void on(const OperatorResume& event, Step& step);
  void on(const OperatorHeal& event, Step& step);
  void on(const OperatorAck& event, Step& step);
  void on(const AlertReported& event, Step& step);
  void on(const WallClockMoved& event, Step& step);
  void on(const HostPolicyChanged& event, Step& step);

  Workload* by_key(const std::string& key);
  Workload* by_container(const std::string& id);
  Workload& adopt(const std::string& key, const std::string& container_id);
  /// Runs `what(WorkloadController&)`, then everything that is due for the workload, and persists what
  /// changed. Trap: `workload` may be destroyed afterwards.
  template <class F>
  void run_controller(Workload& workload, Step& step, F&& what);
  void run_controller_for(Workload& workload, Step& step,
                          const std::function<void(WorkloadController&)>& what);
  void forget_if_over(const Workload& workload, Instant now);
  void take_over_unseen(const std::vector<std::string>& listed, Step& step);
  void take_over_incidents(Step& step);
  std::optional<Attempt> take_unfinished(const std::string& key, Step& step);
  void engine_notification(Step& step, NotificationKind kind, const char* event, std::string text);
  /// Sends a notification that belongs to no workload, to the destinations of its routes and to `more`.
  /// Returns all of them.
  std::vector<Destination> host_notification(Step& step, NotificationKind kind, const char* event,
                                             std::string text, std::string dedup_key,
                                             const Following& follows, std::string advice = {},
                                             const std::vector<Destination>& more = {});
  /// Starts a connectivity check if one is due, decides the rounds that waited for one, and notifies
  /// operators.
  void connectivity_due(Step& step);
  void connectivity_changed(ConnectivityCheck::Change change, Step& step);
  bool was_shutdown(Instant now) const;
  std::int64_t newest_event() const;
  /// Gives the workload the events that came before the first inspect of its container. `ours`: an order of
  /// healer was under way and may have caused the exit, so the events are forgotten.
  void take_early_evidence(Workload& workload, const std::string& container_id, bool ours);
  bool is_set_aside(const Container& facts) const;

  // supervisor_host.cpp: decisions about all workloads together. HEALING.md 5.
  /// In the first step: takes over the host's state from the state file.
  void take_over_host(Step& step);
  /// What is due for the host as a whole: the end of a pause, the times of a mass failure.
  void host_due(Step& step);
  /// At the end of a step: applies to the other workloads what the step changed.
  void restrain(Step& step);
  void wake_host(Step& step);
  std::optional<Instant> host_deadline() const;
  /// Updates the workload's part in the host's counts after a decision; `first`: index of the first effect of
  /// that decision in step.out.
  void count(Workload& workload, std::size_t first, Step& step);
  void uncount(Workload& workload);
  void watch_mass(Step& step);
  void mass_changed(MassGuard::Change change, Step& step);
  void notify_mass(Step& step);
  std::vector<const Workload*> failing() const;
  std::string common_dependency(const std::vector<const Workload*>& members) const;
  void mass_notification(NotificationKind kind, const char* event, std::string text, Step& step,
                         std::string advice = {});
  std::vector<Destination> members_channels(NotificationKind kind, Step& step) const;
  void host_decision(Rule rule, std::string outcome, std::string inputs, Step& step);
  void save_host(Step& step) { step.out.push_back(Persist{host_state_.host}); }
  /// Re-evaluates each workload with this hold, the longest due first.
  void release(HoldKind kind, Step& step);
  void ripple(const std::string& key, Step& step);
  void host_pause_over(const std::string& text, Step& step);
  void look_at_incidents(Step& step);
  void learn_edges(Workload& workload, const Container& facts, Step& step);
  void report_cycles(Step& step);

  // supervisor_network.cpp: containers whose network other containers share.
  void follow_network(Workload& workload, Step& step);
  void leave_network(Workload& workload);
  void note_parent(const Container& facts, Step& step);
  void parent_gone(const std::string& id, Step& step);
  void parent_event(const EngineEvent& event, Step& step);
  void look_at_parents(const std::vector<std::string>& listed, Step& step);
  void look_at_children(const std::string& parent_key, Step& step);

  HostState host_state_;
  EngineSession session_;
  Workloads& workloads_ = host_state_.workloads;
  std::unordered_map<std::string, std::string> key_of_container_;
  std::unordered_map<std::string, Remembered> remembered_;  ///< workloads without a container
  std::vector<Attempt> unfinished_attempts_;  ///< of a former process; settled when the container is seen
  std::vector<Incident> stored_incidents_;    ///< left open by a former process, not taken over yet
  /// Events of containers before their first inspect, by container id: containers that a former process
  /// watched, which may have ended while no process of healer ran, and containers that start now.
  std::unordered_map<std::string, ExitEvidence> early_evidence_;

  /// While a container is recreated: the name that the old container has meanwhile -> the workload's key. The
  /// new container begins under that name with "-new" appended. Neither is a workload.
  std::unordered_map<std::string, std::string> set_aside_;

  // Numbers of workloads, see host_contribution.hpp.
  std::size_t among_ = 0;
  std::size_t failing_ = 0;
  std::size_t unnotified_ = 0;
  bool taken_over_ = false;
  bool slot_freed_ = false;
  std::set<std::string> healthy_again_;  ///< became ready in this step; their dependents are re-evaluated
  std::map<HoldKind, std::set<std::pair<Instant, std::string>>> held_;  ///< by due, the longest due first
  std::unordered_map<std::string, std::string> parent_key_of_;          ///< by the parent's container id

  std::string engine_reason_;
  std::optional<Instant> engine_lost_at_;
  std::optional<Instant> engine_notification_due_;
  std::string engine_dedup_key_;         ///< set from the notification of the loss to that of its end
  std::optional<Instant> host_wake_at_;  ///< of the newest Wake of the host
};

}  // namespace healer
