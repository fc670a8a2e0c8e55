#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/draws.hpp"
#include "base/time.hpp"
#include "core/host/concurrency.hpp"
#include "core/host/connectivity.hpp"
#include "core/host/graph.hpp"
#include "core/host/mass_guard.hpp"
#include "core/workload/workload.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/record.hpp"

namespace healer {

using Workloads = std::unordered_map<std::string, std::unique_ptr<Workload>>;

/// The newest number of each kind; the next one is one more.
struct Ids {
  std::uint64_t probe = 0;
  std::uint64_t attempt = 0;
  std::uint64_t incident = 0;
  std::uint64_t notification = 0;
};

/// A container whose network watched containers share.
struct SharedNetwork {
  std::string id;                  ///< of the present container; empty: gone
  std::set<std::string> children;  ///< keys of the workloads that share the network
};

/// State of the supervisor that belongs to no single workload.
struct HostState {
  HostState(HostPolicy settings, std::uint64_t seed) : policy(std::move(settings)), draws(seed) {}

  HostPolicy policy;
  Draws draws;
  ProbeOrigin probe_origin;
  bool engine_up = false;
  bool synced_once = false;  ///< the first full list was processed
  Instant synced_at{};       ///< when the newest full list was processed
  StopReports stop_reports = StopReports::Reliable;
  Capabilities capabilities;
  std::optional<Instant> stalled_at;  ///< when the loop last stood still, for `stall`
  Duration stall{0};
  Instant starved_until{};         ///< descriptors or memory ran out: failed checks before this are unknown
  ConnectivityCheck connectivity;  ///< whether healer itself reaches anything
  Workloads workloads;             ///< by key
  DependencyGraph graph;
  MassGuard mass;
  ConcurrencyLimiter concurrency;
  HostRecord host;
  Duration wall_ahead{0};  ///< wall clock minus wall_time_of(now): steps since the process began
  /// Facts of the containers whose network a watched container shares, by id; the parents may be unwatched.
  std::unordered_map<std::string, Container> network_parents;
  std::unordered_map<std::string, SharedNetwork> shared_networks;          ///< by the parent's key
  std::unordered_map<std::string, std::set<std::string>> awaited_parents;  ///< by id: keys of the children
  Ids ids;

  /// When the newest live event arrived, minus its time by the engine's clock: the difference of the clocks.
  Duration engine_lag{0};
  Instant live_from = Instant::max();  ///< this connection's earlier events may be replayed old ones

  /// A time from the engine, on the core's timeline. The engine uses the wall clock, which may be stepped.
  Instant instant(WallTime engine) const { return instant_of(engine) - wall_ahead; }

  /// When an event happened, on the core's timeline: events may arrive much later.
  Instant happened(std::int64_t unix_nanoseconds) const {
    return instant(WallTime{unix_nanoseconds / 1'000'000}) + engine_lag;
  }

  const Workload* find(const std::string& key) const {
    const auto found = workloads.find(key);
    return found == workloads.end() ? nullptr : found->second.get();
  }
};

}  // namespace healer
