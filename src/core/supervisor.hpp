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
#include "core/workload.hpp"
#include "core/workload_controller.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/status.hpp"

namespace healer {

/// The pure core: every decision of the daemon, one event at a time.
///
///     step(event, now) -> effects
///
/// No I/O, no clock, no threads, no randomness of its own: the same seed and sequence of (event, now) gives
/// the same effects (HEALING.md 7.7). Events may be late, repeated or about things unknown; those change
/// nothing.
///
/// About the engine itself it keeps one state:
///
///   engine | input           | next | what is done
///   -------+-----------------+------+---------------------------------------------------------------------
///   down   | EngineConnected | up   | notified if its loss was
///   up     | EngineLost      | down | outcomes are unknown, nothing is ordered; a notification if it stays
///          |                 |      | so for 10 s
///   up     | SyncCompleted   | up   | what is not listed is looked at; what fell with the engine is
///          |                 |      | waited for
class Supervisor {
 public:
  /// `seed`: of every random draw of this process, base/draws.hpp.
  Supervisor(HostPolicy policy, const StoredState& stored, std::uint64_t seed);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Appends the effects to `out`, in order.
  void step(const Event& event, Instant now, Effects& out);

  std::vector<WorkloadStatus> status(Instant now) const;
  std::optional<WorkloadStatus> status_of(std::string_view key_or_name, Instant now) const;
  /// The key of the workload an operator means, by key or by container name.
  std::optional<std::string> find(std::string_view key_or_name) const;
  /// Why a workload is treated as it is; nothing when there is none of that name.
  std::optional<WorkloadExplanation> explain(std::string_view key_or_name, Instant now) const;
  HostStatus host_status(Instant now) const;
  bool engine_up() const { return host_state_.engine_up; }
  bool synced_once() const { return host_state_.synced_once; }
  std::size_t watched() const { return workloads_.size(); }
  /// For invariant checks: read-only access to each workload's state.
  template <class F>
  void each(F&& look) const {
    for (const auto& [key, workload] : workloads_) look(*workload);
  }
  /// The one with this key, null when it is not watched.
  const Workload* workload(const std::string& key) const {
    const auto found = workloads_.find(key);
    return found == workloads_.end() ? nullptr : found->second.get();
  }

 private:
  struct Step {
    Instant now;
    Effects& out;
  };

  /// Runs `what` between what is due before it and what follows from it.
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
  /// Runs `what(WorkloadController&)` and then everything that has become due, and writes down what changed.
  /// The workload may be gone afterwards.
  template <class F>
  void run_controller(Workload& workload, Step& step, F&& what);
  void run_controller_for(Workload& workload, Step& step,
                          const std::function<void(WorkloadController&)>& what);
  void forget_if_over(const Workload& workload, Instant now);
  void take_over_unseen(const std::vector<std::string>& listed, Step& step);
  void take_over_incidents(Step& step);
  std::optional<Attempt> take_unfinished(const std::string& key, Step& step);
  void engine_notification(Step& step, NotificationKind kind, const char* event, std::string text);
  /// About no workload. The destinations it went to; `more` are others than those that routes give it.
  std::vector<Destination> host_notification(Step& step, NotificationKind kind, const char* event,
                                             std::string text, std::string dedup_key,
                                             const Following& follows, std::string advice = {},
                                             const std::vector<Destination>& more = {});
  /// What the connectivity check's state asks for: its question, what waits for its answer, notifications.
  void connectivity_due(Step& step);
  void connectivity_changed(ConnectivityCheck::Change change, Step& step);
  bool was_shutdown(Instant now) const;
  std::int64_t newest_event() const;
  /// What was said of its container before it was looked at. `ours`: an order was under way, whose doing it
  /// may be.
  void take_early_evidence(Workload& workload, const std::string& container_id, bool ours);
  bool is_set_aside(const Container& facts) const;
  WorkloadStatus present_status(const Workload& workload, Instant now) const;

  // supervisor_host.cpp: what is decided about all of them. HEALING.md 5.
  /// Before the first step: what a former process knew of the host.
  void take_over_host(Step& step);
  /// What is due for the host as a whole, by its clocks.
  void host_due(Step& step);
  /// Called last in a step: what it changed for the others.
  void restrain(Step& step);
  void wake_host(Step& step);
  std::optional<Instant> host_deadline() const;
  /// Counts it anew after something was decided about it; `first` is the first effect of that.
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
  /// Those held for this reason look again, the longest due first.
  void release(HoldKind kind, Step& step);
  void ripple(const std::string& key, Step& step);
  void host_pause_over(const std::string& text, Step& step);
  void look_at_incidents(Step& step);
  void learn_edges(Workload& workload, const Container& facts, Step& step);
  void report_cycles(Step& step);

  // supervisor_network.cpp: the containers whose network others share.
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
  std::unordered_map<std::string, Remembered> remembered_;  ///< those without a container now
  std::vector<Attempt> unfinished_attempts_;  ///< a former process's, to be settled at first sight
  std::vector<Incident> stored_incidents_;
  /// What is said of containers before their facts are here: those a former process watched, which may have
  /// ended while healer was away, and those that start now.
  std::unordered_map<std::string, ExitEvidence> early_evidence_;

  /// While one is recreated: the name its predecessor is set aside under (or its successor begins under), and
  /// whose. A container of that name is no workload of its own.
  std::unordered_map<std::string, std::string> set_aside_;

  // Of those counted: see host_contribution.hpp.
  std::size_t among_ = 0;
  std::size_t failing_ = 0;
  std::size_t unnotified_ = 0;
  bool taken_over_ = false;
  bool slot_freed_ = false;
  std::set<std::string> healthy_again_;  ///< in this step; others depend on them
  std::map<HoldKind, std::set<std::pair<Instant, std::string>>> held_;  ///< by due, the longest first
  std::unordered_map<std::string, std::string> parent_key_of_;          ///< by the parent's container id

  std::string engine_reason_;
  std::optional<Instant> engine_lost_at_;
  std::optional<Instant> engine_notification_due_;
  std::string engine_dedup_key_;         ///< set while operators know of the loss
  std::optional<Instant> host_wake_at_;  ///< what the runtime was last asked for
};

}  // namespace healer
