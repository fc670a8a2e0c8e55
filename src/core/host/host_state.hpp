#pragma once

#include <cstdint>
#include <optional>
#include <set>
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
  std::optional<Instant> paused_until;  ///< `healer pause --all`
  unsigned pauses = 0;                  ///< times that an operator paused all
  std::optional<Instant> stalled_at;    ///< when the loop last stood still, for `stall`
  Duration stall{0};
  /// When healer, or the whole machine, last stood still, and for how long: streaks begin again.
  struct StoodStill {
    Instant at{};
    Duration lasted{0};
  };
  std::optional<StoodStill> stood_still;
  /// Since when the host is under pressure, and from what; empty: it is not.
  struct Pressure {
    Instant since{};
    std::string text;
  };
  std::optional<Pressure> pressure;
  std::optional<Instant> engine_began;  ///< when the engine's present process began; empty: before healer
  std::optional<Instant> events_lost;   ///< the engine forgot events before this
  std::set<std::string> awaited_jobs;   ///< services whose completion others await
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
  Duration wall_ahead{0};  ///< wall clock minus wall_time_of(now): steps since the process began
  Ids ids;
  TransitionWatch transition_watch;  ///< tests: called at each transition of a workload's machines

  /// When the newest live event arrived, minus its time by the engine's clock: the difference of the clocks.
  Duration engine_lag{0};

  /// A time from the engine, on the core's timeline. The engine uses the wall clock, which may be stepped.
  Instant instant(WallTime engine) const { return instant_of(engine) - wall_ahead; }

  /// When an event happened, on the core's timeline: events may arrive much later.
  Instant happened(std::int64_t unix_nanoseconds) const {
    return instant(WallTime{unix_nanoseconds / 1'000'000}) + engine_lag;
  }

  std::size_t watched() const { return workloads_.size(); }
  /// Another workload; null: none with this key is watched.
  const Workload* find(const std::string& key) const { return workloads_.find(key); }

 private:
  const Workloads& workloads_;
};

}  // namespace healer
