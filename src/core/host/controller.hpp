#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/host/engine_connection.hpp"
#include "core/host/held.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "core/host/mass_failure.hpp"
#include "core/host/revisits.hpp"
#include "core/host/together.hpp"
#include "core/host/vanished.hpp"
#include "core/host/workloads.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/record.hpp"

namespace healer {

/// The decisions about all workloads together, and what a change of one workload means for the others.
/// HEALING.md 5.
///
/// It decides about no workload itself: what a change means for a workload is a revisit. Whoever calls a
/// function of this class takes the revisits until there are none, before the next call.
class HostController {
 public:
  HostController(HostPolicy policy, const StoredState& stored, std::uint64_t seed, Workloads& workloads);
  HostController(const HostController&) = delete;
  HostController& operator=(const HostController&) = delete;

  HostState& state() { return state_; }
  /// For tests: calls `watch` at each transition of a workload's machines.
  void watch_transitions(TransitionWatch watch) { state_.transition_watch = std::move(watch); }
  const HostState& state() const { return state_; }
  EngineConnection& engine() { return engine_; }
  HostOut out(Instant now, Effects& effects) { return {state_, record_, now, effects}; }
  std::optional<Revisit> next_revisit(HostOut& out) {
    return revisits_.any() ? revisits_.next(out) : std::nullopt;
  }

  /// In the first step: takes over what a former process stored of the host.
  void take_over(HostOut& out) { mass_.take_over(out); }

  // In each step, before the event ...
  void pause_due(HostOut& out);
  /// Only what the clock makes due: watch_mass() takes the changes of this step at its end.
  void mass_due(HostOut& out);
  // ... and after it.
  /// Starts a connectivity check if one is due.
  void connectivity_due(HostOut& out);
  void release_by_connectivity();
  void limit_remedies();
  void watch_mass(HostOut& out);
  /// A remedy ended, or a workload is healthy again: others may begin.
  bool others_may_begin() const { return slot_freed_ || !healthy_again_.empty(); }
  void release_by_slots();
  void release_by_dependencies();
  void report_cycles(HostOut& out);
  void wake(HostOut& out);

  // Events about the host.
  /// What the first full list shows was taken over.
  void first_list_taken_over();
  /// The Tick that answers the host's Wake.
  void woken(HostOut& out);
  void connectivity_finished(const ProbeFinished& event, HostOut& out);
  void stalled(const LoopStalled& event, HostOut& out);
  void pressure(const HostPressure& event, HostOut& out);
  /// The engine forgot events from before now.
  void events_lost(HostOut& out);
  /// A container of the service was created or removed.
  void deployment_event(const EngineEvent& event, Instant now);
  void pause(const OperatorPause& event, HostOut& out);
  void resume(HostOut& out);
  enum class Clock { SetForward, SetBack };
  Clock clock_moved(Duration ahead, HostOut& out);
  void policy_changed(const HostPolicy& policy);

  // What a workload means for the others.
  /// To be called after each decision about a workload. `ended`: how its attempts ended that ended in it.
  void decided(Workload& workload, const std::vector<AttemptState>& ended, HostOut& out);
  void forget(Workload& workload);
  /// The container was removed, nothing took its place, and the workload will be forgotten. `unhealthy`: why
  /// it was unhealthy then; empty: it was not.
  void vanished(const Workload& workload, const Reason& unhealthy, HostOut& out);
  void learn_service(Workload& workload, const Container& facts);
  void learn_dependencies(const Workload& workload, const Container& facts);

  // Containers whose network other containers share.
  void follow_network(Workload& workload, HostOut& out);
  void parent_inspected(const Container& facts, const std::string& key);
  void parent_gone(const std::string& container_id);
  void parent_reported(const EngineEvent& event, HostOut& out);
  void inspect_parents(const std::vector<std::string>& listed, HostOut& out);

 private:
  void release(HoldKind kind);
  void enter_hold(Workload& workload, const HeldWorkloads::Entry& entry);
  void note_failing(const Workload& workload, const HostContribution& before, HostContribution& now,
                    Instant at);
  void pause_over(fact::Command command, HostOut& out);
  void mass_meant(MassFailure::Meaning meaning);

  Workloads& workloads_;
  HostState state_;
  HostRecord record_;
  EngineConnection engine_;
  MassFailure mass_;
  HostCounts counts_;
  Together together_;
  HeldWorkloads held_;
  Revisits revisits_;
  Vanished vanished_;
  bool slot_freed_ = false;
  std::set<std::string> healthy_again_;  ///< became ready in this step; their dependents are re-evaluated
  std::optional<Instant> wake_at_;       ///< of the newest Wake of the host
};

}  // namespace healer
