#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/channel_answer.hpp"
#include "model/history.hpp"
#include "model/operator_command.hpp"
#include "model/prometheus_rule.hpp"
#include "model/status.hpp"

namespace healer {

/// The state at one instant, for operators and machines. Made for each request, never kept.
struct Snapshot {
  Instant now{};
  std::string host;
  bool dry_run = false;
  bool engine_up = false;
  std::string engine_description;  ///< "Docker Engine 20.10.24 (API 1.41)"; empty before the first contact
  bool engine_guarded = false;     ///< by healer-guard, at the newest contact
  std::string store;               ///< place of the state: a path, or "memory"
  std::vector<WorkloadStatus> workloads;
  HostStatus host_status;
  std::size_t notifications_pending = 0;
  std::vector<ChannelStatus> channels;
  std::vector<RuleStatus> rules;   ///< healer's own rules on Prometheus
  Duration loop_lag{0};            ///< the loop's longest delay within the last period
  std::size_t stuck_execs = 0;     ///< commands of exec probes that still run after their timeout
  std::size_t waiting_checks = 0;  ///< checks that wait because more are wanted than limits: allows
};

/// Ready: the engine answers, the first sync is done, and containers can be inspected.
struct Readiness {
  bool ready = false;
  std::string reason;  ///< why healer is not ready, for operators
};

/// The API's sources of data, and the receivers of operators' commands. Called on the loop.
struct ApiSources {
  std::function<Snapshot()> snapshot;
  std::function<Readiness()> readiness;
  /// Executes an operator's command about a workload in the snapshot, or about all.
  std::function<Result<void>(OperatorCommand)> command = {};
  /// Explains the workload with this key; empty optional when it is not watched any more.
  std::function<std::optional<WorkloadExplanation>(const std::string& key)> explain = {};
  /// As in the store; the callbacks are called later.
  std::function<void(HistoryQuery, std::function<void(Result<std::vector<PastIncident>>)>)> history = {};
  std::function<void(IncidentId, std::function<void(Result<IncidentFile>)>)> incident = {};
  /// Sends a test notification to the channel of this name, or to all if the name is empty; the answers come
  /// later.
  std::function<Result<void>(const std::string& channel, std::function<void(std::vector<ChannelAnswer>)>)>
      test_notification = {};
};

}  // namespace healer
