#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/draws.hpp"
#include "base/time.hpp"
#include "core/host/concurrency.hpp"
#include "core/host/connectivity.hpp"
#include "core/host/deployments.hpp"
#include "core/host/graph.hpp"
#include "core/host/look_around.hpp"
#include "core/host/mass_guard.hpp"
#include "core/host/shared_networks.hpp"
#include "core/host/workloads.hpp"
#include "core/notification/incident_groups.hpp"
#include "core/workload/workload.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"

namespace healer {

/// The newest number of each kind; the next one is one more.
struct Ids {
  std::uint64_t probe = 0;
  std::uint64_t attempt = 0;
  std::uint64_t incident = 0;
  std::uint64_t notification = 0;
};

/// `healer pause --all`.
struct PauseOfAll {
  std::optional<Instant> until;  ///< empty: not paused; Instant::max(): until resumed
  unsigned times = 0;            ///< that an operator paused all
};

/// When healer, or the whole machine, last stood still: what timed out or failed meanwhile proves nothing.
struct Standstill {
  struct Episode {
    Instant at{};  ///< its end
    Duration lasted{0};
  };
  std::optional<Episode> stall;   ///< of the loop; stalls close together are one, with the longest's length
  std::optional<Episode> newest;  ///< a stall, or a jump of the clock: streaks begin again
};

/// From when on the engine knows what happened.
struct EngineMemory {
  std::optional<Instant> began;        ///< when the engine's present process began; empty: before healer
  std::optional<Instant> lost_before;  ///< the engine forgot events before this
};

/// The differences between the core's timeline, the wall clock and the engine's clock.
struct Clocks {
  Duration wall_ahead{0};  ///< wall clock minus wall_time_of(now): steps since the process began
  /// When the newest live event arrived, minus its time by the engine's clock.
  Duration engine_lag{0};
};

/// The state of the host that decisions about a workload read. What only decisions about the host need is in
/// HostController.
struct HostState {
  HostState(HostPolicy settings, std::uint64_t seed, const Workloads& workloads)
      : policy(std::move(settings)), draws(seed), workloads_(workloads) {}

  HostPolicy policy;
  Draws draws;
  ProbeOrigin probe_origin;
  bool engine_up = false;
  bool synced_once = false;  ///< the first full list was processed
  Instant synced_at{};       ///< when the newest full list was processed
  StopReports stop_reports = StopReports::Reliable;
  Capabilities capabilities;
  PauseOfAll pause;
  Standstill standstill;
  /// Since when the host is under pressure, and from what; empty: it is not.
  struct Pressure {
    Instant since{};
    std::string text;
  };
  std::optional<Pressure> pressure;
  EngineMemory engine_memory;
  Deployments deployments;
  Instant disk_full_until{};       ///< an order failed because a disk is full: no remedy before this
  Instant starved_until{};         ///< descriptors or memory ran out: failed checks before this are unknown
  ConnectivityCheck connectivity;  ///< whether healer itself reaches anything
  DependencyGraph graph;
  SharedNetworks networks;
  MassGuard mass;
  IncidentGroups groups;
  ConcurrencyLimiter concurrency;
  LookAround look_around;
  Clocks clocks;
  Ids ids;
  TransitionWatch transition_watch;  ///< tests: called at each transition of a workload's machines

  /// A time from the engine, on the core's timeline. The engine uses the wall clock, which may be stepped.
  Instant instant(WallTime engine) const { return instant_of(engine) - clocks.wall_ahead; }

  /// When an event happened, on the core's timeline: events may arrive much later.
  Instant happened(std::int64_t unix_nanoseconds) const {
    return instant(WallTime{unix_nanoseconds / 1'000'000}) + clocks.engine_lag;
  }

  std::size_t watched() const { return workloads_.size(); }
  /// Another workload; null: none with this key is watched.
  const Workload* find(const std::string& key) const { return workloads_.find(key); }

 private:
  const Workloads& workloads_;
};

}  // namespace healer
