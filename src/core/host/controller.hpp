#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "core/host/engine_connection.hpp"
#include "core/host/held.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "core/host/mass_failure.hpp"
#include "core/host/network_parents.hpp"
#include "core/host/releases.hpp"
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
  Releases& releases() { return releases_; }
  NetworkParents& parents() { return parents_; }
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
  void watch_mass(HostOut& out);
  void report_cycles(HostOut& out);
  void wake(HostOut& out);

  // Events about the host.
  /// The Tick that answers the host's Wake.
  void woken(HostOut& out);
  /// The result of a connectivity check.
  void on(const ProbeFinished& event, HostOut& out);
  void on(const LoopStalled& event, HostOut& out);
  void on(const HostPressure& event, HostOut& out);
  /// The engine forgot events from before now.
  void on(const EventsLost& event, HostOut& out);
  void on(const OperatorPause& event, HostOut& out);
  void on(const OperatorResume& event, HostOut& out);
  void on(const HostPolicyChanged& event, HostOut& out);
  enum class Clock { SetForward, SetBack };
  Clock clock_moved(Duration ahead, HostOut& out);
  /// A container of the service was created or removed.
  void deployment_event(const EngineEvent& event, Instant now);

  // What a workload means for the others.
  /// To be called after each decision about a workload. `ended`: how its attempts ended that ended in it.
  void decided(Workload& workload, const std::vector<AttemptState>& ended, HostOut& out);
  void forget(Workload& workload);
  /// The container was removed, nothing took its place, and the workload will be forgotten. `unhealthy`: why
  /// it was unhealthy then; empty: it was not.
  void vanished(const Workload& workload, const Reason& unhealthy, HostOut& out);
  void learn_dependencies(const Workload& workload, const Container& facts);

 private:
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
  Releases releases_;
  NetworkParents parents_;
  Vanished vanished_;
  std::optional<Instant> wake_at_;  ///< of the newest Wake of the host
};

}  // namespace healer
