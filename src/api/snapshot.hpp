#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/channel_answer.hpp"
#include "model/history.hpp"
#include "model/prometheus_rule.hpp"
#include "model/status.hpp"

namespace healer {

/// Everything that is notified and machines, as of one instant. Taken when asked for, never kept.
struct Snapshot {
  Instant now{};
  std::string host;
  bool dry_run = false;
  bool engine_up = false;
  std::string engine_description;  ///< "Docker Engine 20.10.24 (API 1.41)"; empty before the first contact
  std::string store;               ///< where the state is: a path, or "memory"
  std::vector<WorkloadStatus> workloads;
  HostStatus host_status;
  std::size_t notifications_pending = 0;
  std::vector<ChannelStatus> channels;
  std::vector<RuleStatus> rules;  ///< healer's own, against Prometheus
  Duration loop_lag{0};           ///< the most the loop was late within the last period
  std::size_t stuck_execs = 0;    ///< commands of exec probes that outlived their time-out and go on
};

/// Whether healer can do its work: the engine answers and the first sync is done.
struct Readiness {
  bool ready = false;
  std::string reason;  ///< why not, for operators
};

/// Where the API gets what it tells, and whom it hands an operator's order to. Called on the loop.
struct ApiSources {
  std::function<Snapshot()> snapshot;
  std::function<Readiness()> readiness;
  /// Closes the breaker of the workload with this key, which is in the snapshot.
  std::function<Result<void>(const std::string& key)> reset;
  /// Of the workload with this key; nothing when it is not watched any more.
  std::function<std::optional<WorkloadExplanation>(const std::string& key)> explain = {};
  /// As the store's; the answers come later.
  std::function<void(HistoryQuery, std::function<void(Result<std::vector<PastIncident>>)>)> history = {};
  std::function<void(IncidentId, std::function<void(Result<IncidentFile>)>)> incident = {};
  /// An empty key: all of them. Without a length: until resumed.
  std::function<Result<void>(const std::string& key, std::optional<Duration> length)> pause = {};
  std::function<Result<void>(const std::string& key)> resume = {};
  std::function<Result<void>(const std::string& key)> heal = {};
  /// `by` may be empty.
  std::function<Result<void>(const std::string& key, const std::string& by)> acknowledge = {};
  /// Sends a test notification to the channel of this name, or to all where it is empty; the answers come
  /// later.
  std::function<Result<void>(const std::string& channel, std::function<void(std::vector<ChannelAnswer>)>)>
      test_notification = {};
};

}  // namespace healer
