#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "core/supervisor.hpp"
#include "present/status.hpp"

namespace healer::testing {

/// The core with one watched container "web", which has run for an hour and passed its first check, and a
/// reachable engine: for tests of a few events that need no simulated world.
class OneContainer {
 public:
  explicit OneContainer(Policy policy = {}, StoredState stored = {},
                        StopReports stop_reports = StopReports::Reliable)
      : supervisor(HostPolicy{.host_name = "host"}, stored, 1) {
    policy.selection = Selection::OptedIn;
    policy_ = std::make_shared<const Policy>(std::move(policy));
    container.id = "c1";
    container.name = "web";
    container.state = ContainerState::Running;
    container.started_at = "2026-11-22T10:00:00Z";
    container.started = wall_time_of(start - 1h);
    container.ports = {PortBinding{80, true, "127.0.0.1", 8080}};
    step(EngineConnected{"engine", stop_reports}, start);
    std::optional<StartProbe> first;
    for (const Effect& effect : observe(start))
      if (const auto* probe = std::get_if<StartProbe>(&effect)) first = *probe;
    if (first) {
      ProbeFacts passes;
      passes.status = 200;
      step(ProbeFinished{first->probe, "web", passes}, start);
    }
    step(SyncCompleted{{container.id}}, start);
  }

  /// The effects of one step.
  const Effects& step(const Event& event, Instant at) {
    effects_.clear();
    supervisor.step(event, at, effects_);
    return effects_;
  }
  /// An inspect shows the container as it is now.
  const Effects& observe(Instant at) { return step(ContainerObserved{container, policy_, {}}, at); }
  WorkloadStatus status(Instant at) const { return *present::status_of(supervisor, "web", at); }

  static constexpr Instant start{Duration{100'000'000}};
  Supervisor supervisor;
  Container container;

 private:
  PolicyPtr policy_;
  Effects effects_;
};

}  // namespace healer::testing
