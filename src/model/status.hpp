#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "model/container.hpp"
#include "model/describe.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// What an operator is notified about a workload's condition, in one word.
BOOST_DEFINE_ENUM_CLASS(Condition,
                        Starting,  ///< in its start period, or not asked yet
                        Healthy,
                        Suspect,      ///< failing, below the threshold
                        Unhealthy,    ///< unhealthy, waiting for its remedy
                        Healing,      ///< a remedy is under way or being verified
                        GivenUp,      ///< the breaker is open
                        Paused,       ///< by an operator
                        Stopped,      ///< by an operator, or never started
                        Crashed,      ///< exited by itself
                        Unreachable,  ///< nothing to ask by configuration
                        Unknown       ///< could not be checked
)

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
  std::optional<Instant> next_remedy;  ///< when the next remedy is due
  std::optional<IncidentId> incident;
  std::optional<Instant> acked_at;  ///< an operator knows of the incident: no reminders, no escalation
  std::string acked_by;
  unsigned restarts = 0;  ///< remedies executed since this process started
  struct Probe {
    std::string name;  ///< empty: the unnamed one
    std::string text;  ///< "tcp 127.0.0.1:5432"
    Outcome outcome = Outcome::Unknown;
    std::string reason;
    bool stuck = false;  ///< exec: an earlier one has not ended
  };
  std::vector<Probe> probes;            ///< where there are several
  std::optional<Hold> hold;             ///< what keeps it from being healed now
  std::optional<Instant> paused_until;  ///< by `healer pause`; Instant::max(): until resumed
  std::vector<std::string> depends_on;  ///< names of the workloads it depends on, as resolved
  std::string ladder;                   ///< "exec:/reload,restart,recreate"
  unsigned ladder_step = 0;             ///< of the open incident, from 0
  unsigned unknown_streak = 0;
  std::vector<LabelProblem> problems;
  std::vector<FiringAlert> alerts;  ///< rules of Prometheus that fire about it
};
HEALER_DESCRIBE(WorkloadStatus::Probe, name, text, outcome, reason, stuck);
HEALER_DESCRIBE(WorkloadStatus, key, name, container_id, image, condition, probe, reason, failures,
                failure_threshold, attempts_in_window, budget, breaker, running_since, last_check,
                last_duration, next_remedy, incident, acked_at, acked_by, restarts, probes, hold,
                paused_until, depends_on, ladder, ladder_step, unknown_streak, problems, alerts);

/// Something that was seen, for `healer explain`.
struct Fact {
  Instant at{};
  std::string text;  ///< "HTTP 503", "the engine said die (exit code 1)"
};
HEALER_DESCRIBE(Fact, at, text);

/// Why a workload is treated as it is. `healer explain NAME`.
struct WorkloadExplanation {
  WorkloadStatus status;
  std::vector<Fact> facts;           ///< the last ones, oldest first
  std::optional<Decision> decision;  ///< the newest
  std::string next;                  ///< what would be done next, and when
  std::vector<Hold> holds;           ///< everything that holds it now
};
HEALER_DESCRIBE(WorkloadExplanation, status, facts, decision, next, holds);

/// The host as a whole, beyond its workloads.
struct HostStatus {
  std::optional<Instant> paused_until;
  std::string mass;  ///< the mass-failure guard in words: "holding 8 of 10 until ..."; empty: off
  std::size_t in_remedy = 0;
  std::size_t remedies_allowed = 0;
  std::string connectivity;  ///< the connectivity check in words; empty: none is configured
  bool connectivity_failed = false;
};
HEALER_DESCRIBE(HostStatus, paused_until, mass, in_remedy, remedies_allowed, connectivity,
                connectivity_failed);

/// Why a notification was given up for a channel although the channel never refused it.
BOOST_DEFINE_ENUM_CLASS(DropReason,
                        TooOld,    ///< it waited for seven days
                        TooMany,   ///< ten thousand newer ones wait
                        Overtaken  ///< a later one about the same got there first
)

/// The present state of one notification channel.
struct ChannelStatus {
  std::string name;
  bool configured = true;  ///< false: notifications of an earlier configuration wait for it
  std::size_t pending = 0;
  std::size_t set_aside = 0;    ///< of those: the channel takes others, but not them
  std::string last_error;       ///< of the newest failed try, redacted; empty after a delivery
  bool refusing = false;        ///< the newest final answer was a refusal: an operator has to look
  std::uint64_t delivered = 0;  ///< these four since the process started
  std::uint64_t refused = 0;
  EnumArray<DropReason, std::uint64_t> dropped;
  std::uint64_t failed_tries = 0;

  std::uint64_t expired() const { return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0}); }
};
HEALER_DESCRIBE(ChannelStatus, name, configured, pending, set_aside, last_error, refusing, delivered, refused,
                dropped, failed_tries);

}  // namespace healer
