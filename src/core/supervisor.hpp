#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "core/engine_session.hpp"
#include "core/host/collisions.hpp"
#include "core/host/controller.hpp"
#include "core/host/recreations.hpp"
#include "core/host/remembered.hpp"
#include "core/host/workloads.hpp"
#include "core/workload/workload.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

/// The pure core: every decision of the daemon, one event at a time.
///
///     step(event, now) -> effects
///
/// No I/O, no clock, no threads; every random draw comes from the seed. The same seed and the same sequence
/// of (event, now) give the same effects (HEALING.md 7.7). An event that is late, repeated or about an
/// unknown container or workload changes nothing.
///
/// This class routes: it gives an event to the workload that it is about (WorkloadController) or to the host
/// (HostController), and has each workload decided again that the host names. The order within a step is
/// here, the decisions are there.
///
/// An event that is about no single workload:
///
///   event              | what is done about the workloads
///   -------------------+-----------------------------------------------------------------------------------
///   EngineConnected    | remedies that became due while the engine was down are due now
///   EngineLost         | results are unknown; workloads may have gone down with the engine (EngineShutdown)
///   SyncCompleted      | known containers that are not in the list are inspected; a container that ran
///                      | before the loss gets time for its restart policy. The first one: what a former
///                      | process left is taken over (RememberedWorkloads)
///   ProbeOriginLearned | the targets of running workloads are resolved again
///   others             | nothing but what the host names
class Supervisor {
 public:
  /// `seed`: for every random draw of this process, see base/draws.hpp.
  Supervisor(HostPolicy policy, const StoredState& stored, std::uint64_t seed);
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Appends the effects to `out`, in order.
  void step(const Event& event, Instant now, Effects& out);

  /// The key of the workload with this key, else of the workload whose container has this name.
  std::optional<std::string> find(std::string_view key_or_name) const {
    return workloads_.key_of(key_or_name);
  }
  const HostState& host_state() const { return host_.state(); }
  bool engine_up() const { return host_.state().engine_up; }
  bool synced_once() const { return host_.state().synced_once; }
  std::size_t watched() const { return workloads_.size(); }
  /// For tests: calls `watch` at each transition of a workload's machines.
  void watch_transitions(TransitionWatch watch) { host_.watch_transitions(std::move(watch)); }
  /// Calls `look` with each workload.
  template <class F>
  void each(F&& look) const {
    workloads_.each(look);
  }
  /// The workload with this key; null if healer watches none.
  const Workload* workload(const std::string& key) const { return workloads_.find(key); }

 private:
  /// Runs `what`: before it what is due for the host, after it what `what` changed for the other workloads.
  template <class F>
  void decide(HostOut& out, F&& what);
  /// What a change of one workload means for the others, until nothing changes any more.
  void settle(HostOut& out);
  /// Decides again about each workload that the host names.
  void revisit(HostOut& out);
  /// Runs `what(WorkloadController&)`, then everything that is due for the workload, and persists what
  /// changed. Trap: `workload` may be destroyed afterwards.
  template <class F>
  void run(Workload& workload, HostOut& out, F&& what);
  template <class F>
  void run_each(const std::vector<std::string>& keys, HostOut& out, F&& what);

  void on(const EngineEvent& event, HostOut& out);
  void on(const ContainerObserved& event, HostOut& out);
  void on(const ContainerGone& event, HostOut& out);
  void on(const InspectFailed& event, HostOut& out);
  void on(const SyncCompleted& event, HostOut& out);
  void on(const EngineConnected& event, HostOut& out);
  void on(const ProbeOriginLearned& event, HostOut& out);
  void on(const EngineLost& event, HostOut& out);
  void on(const Tick& event, HostOut& out);
  void on(const WallClockMoved& event, HostOut& out);
  /// Any other event is about the workload that it names, else about the host.
  template <class Other>
  void on(const Other& event, HostOut& out);

  /// A report of the engine that counts.
  void report(const EngineEvent& event, HostOut& out);
  void observe(const ContainerObserved& event, HostOut& out);
  Workload& adopt(const std::string& key, const std::string& container_id);
  /// The workload is known under another key from now on. False: another workload has that key.
  bool rekey(Workload& workload, const std::string& key);
  bool collides(const std::string& key, const Container& facts, HostOut& out);
  void take_over_unseen(const std::vector<std::string>& listed, HostOut& out);
  void take_over_incidents(HostOut& out);

  Workloads workloads_;
  HostController host_;
  EngineSession session_;
  RememberedWorkloads remembered_;
  Recreations recreations_;
  Collisions collisions_;
  bool taken_over_ = false;
};

}  // namespace healer
