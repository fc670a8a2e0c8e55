#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/container.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// What a person is told about a workload's condition, in one word.
enum class Condition {
  Starting,  ///< in its start grace, or not asked yet
  Healthy,
  Suspect,      ///< failing, below the threshold
  Unhealthy,    ///< ill, waiting for its remedy
  Healing,      ///< a remedy is under way or being verified
  GivenUp,      ///< the breaker is open
  Paused,       ///< by a person
  Stopped,      ///< by a person, or never started
  Crashed,      ///< exited by itself
  Unreachable,  ///< nothing to ask by configuration
  Unknown,      ///< could not be asked
};

const char* to_string(Condition condition);

/// The present state of one watched workload: for `healer status`, the metrics and the dashboard.
struct WorkloadStatus {
  std::string key;
  std::string name;
  std::string container_id;
  std::string image;
  Condition condition = Condition::Starting;
  std::string probe;   ///< "http 127.0.0.1:8080/health"
  std::string reason;  ///< last verdict, or what holds it
  unsigned failures = 0;
  unsigned failure_threshold = 0;
  unsigned attempts_in_window = 0;
  unsigned budget = 0;
  BreakerState breaker = BreakerState::Closed;
  std::optional<Instant> running_since;
  std::optional<Instant> last_check;
  std::chrono::microseconds last_duration{0};
  std::optional<Instant> next_action;  ///< when the next remedy is due
  std::optional<IncidentId> incident;
  unsigned restarts = 0;  ///< remedies carried out since this process started
  std::vector<LabelProblem> problems;
};

/// The present state of one alert channel.
struct ChannelStatus {
  std::string name;
  bool configured = true;  ///< false: alerts of an earlier configuration wait for it
  std::size_t pending = 0;
  std::string last_error;       ///< of the newest failed try, redacted; empty after a delivery
  std::uint64_t delivered = 0;  ///< these four since the process started
  std::uint64_t refused = 0;
  std::uint64_t expired = 0;
  std::uint64_t failed_tries = 0;
};

}  // namespace healer
