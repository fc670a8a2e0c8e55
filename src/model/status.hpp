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

/// A workload's condition in one word, for operators.
BOOST_DEFINE_ENUM_CLASS(Condition,
                        Starting,  ///< in its start period, or not checked yet
                        Healthy,
                        Suspect,      ///< failing, below the failure threshold
                        Unhealthy,    ///< the threshold was reached; the remedy waits
                        Healing,      ///< a remedy is under way or being verified
                        GivenUp,      ///< the circuit breaker is open
                        Paused,       ///< by an operator
                        Stopped,      ///< by an operator, or never started
                        Completed,    ///< a job that ended with exit code 0
                        Crashed,      ///< exited by itself
                        Unreachable,  ///< the configuration gives no probe target
                        Unknown       ///< could not be checked
)

/// A hold, as `healer status` shows it.
struct HoldStatus {
  HoldKind kind = HoldKind::EngineDown;
  std::string text;              ///< "db is unhealthy; it is healed first"
  std::optional<Instant> until;  ///< the latest end of the hold; empty: no limit
};
HEALER_DESCRIBE(HoldStatus, kind, text, until);

/// The attempts on a workload, made and to come.
struct RemedyStatus {
  std::string ladder;        ///< "exec:/reload,restart,recreate"
  unsigned ladder_step = 0;  ///< step of the open incident, from 0
  unsigned attempts_in_window = 0;
  unsigned budget = 0;
  BreakerState breaker = BreakerState::Closed;
  std::optional<Instant> next_at;  ///< when the next remedy is due
};
HEALER_DESCRIBE(RemedyStatus, ladder, ladder_step, attempts_in_window, budget, breaker, next_at);

/// The present state of one watched workload: for `healer status`, the metrics and the dashboard.
struct WorkloadStatus {
  std::string key;
  std::string name;
  std::string container_id;
  std::string image;
  Condition condition = Condition::Starting;
  std::string probe;   ///< "http 127.0.0.1:8080/health"
  std::string reason;  ///< the last verdict, or the hold
  unsigned failures = 0;
  unsigned failure_threshold = 0;
  RemedyStatus remedies;
  std::optional<Instant> running_since;
  std::optional<Instant> last_check;
  std::chrono::microseconds last_duration{0};
  std::optional<IncidentId> incident;
  std::optional<Instant> acked_at;  ///< by `healer ack`: no more reminders or escalations
  std::string acked_by;
  unsigned restarts = 0;  ///< remedies executed since this process started
  struct Probe {
    std::string name;  ///< empty: the unnamed probe
    std::string text;  ///< "tcp 127.0.0.1:5432"
    Outcome outcome = Outcome::Unknown;
    std::string reason;
    bool stuck = false;  ///< exec: an earlier command has not ended
  };
  std::vector<Probe> probes;            ///< filled only when there are several
  std::optional<HoldStatus> hold;       ///< why the due remedy waits
  std::optional<Instant> paused_until;  ///< by `healer pause`; Instant::max(): until resumed
  std::vector<std::string> depends_on;  ///< names of the workloads that it depends on, after resolving
  unsigned unknown_streak = 0;
  std::vector<LabelProblem> problems;
  std::vector<FiringAlert> alerts;  ///< rules of Prometheus that fire about the workload
};
HEALER_DESCRIBE(WorkloadStatus::Probe, name, text, outcome, reason, stuck);
HEALER_DESCRIBE(WorkloadStatus, key, name, container_id, image, condition, probe, reason, failures,
                failure_threshold, remedies, running_since, last_check, last_duration, incident, acked_at,
                acked_by, restarts, probes, hold, paused_until, depends_on, unknown_streak, problems, alerts);

/// Something that healer saw, for `healer explain`.
struct Observation {
  Instant at{};
  std::string text;  ///< "HTTP 503", "the engine said die (exit code 1)"
};
HEALER_DESCRIBE(Observation, at, text);

/// The answer of `healer explain NAME`: a workload's state, the reasons for it, and what follows.
struct WorkloadExplanation {
  WorkloadStatus status;
  std::vector<Observation> facts;    ///< the newest facts, oldest first
  std::optional<Decision> decision;  ///< the newest decision
  std::string next;                  ///< what healer does next, and when
  std::vector<HoldStatus> holds;     ///< every hold of the remedy now
};
HEALER_DESCRIBE(WorkloadExplanation, status, facts, decision, next, holds);

/// The present state of the host.
struct HostStatus {
  std::optional<Instant> paused_until;
  std::string mass;  ///< the mass failure in words: "holding 8 of 10 until ..."; empty: none
  std::size_t in_remedy = 0;
  std::size_t remedies_allowed = 0;
  std::string connectivity;  ///< the connectivity check in words; empty: none is configured
  bool connectivity_failed = false;
};
HEALER_DESCRIBE(HostStatus, paused_until, mass, in_remedy, remedies_allowed, connectivity,
                connectivity_failed);

/// Why the delivery of a notification to a channel was given up without a refusal.
BOOST_DEFINE_ENUM_CLASS(DropReason,
                        TooOld,    ///< it waited for seven days
                        TooMany,   ///< ten thousand newer notifications wait
                        Overtaken  ///< a later notification of the same incident arrived first
)

/// The present state of one notification channel.
struct ChannelStatus {
  std::string name;
  bool configured = true;  ///< false: removed from the configuration, but notifications wait for it
  std::size_t pending = 0;
  std::size_t set_aside = 0;    ///< part of `pending`: refused, or the channel accepts others but not these
  std::string last_error;       ///< of the newest failed try, redacted; after a delivery that of a refusal
  bool refusing = false;        ///< the newest final answer was a refusal; an operator must act
  std::uint64_t delivered = 0;  ///< this and the next three count since the process started
  std::uint64_t refused = 0;
  EnumArray<DropReason, std::uint64_t> dropped;
  std::uint64_t failed_tries = 0;

  std::uint64_t expired() const { return std::accumulate(dropped.begin(), dropped.end(), std::uint64_t{0}); }
};
HEALER_DESCRIBE(ChannelStatus, name, configured, pending, set_aside, last_error, refusing, delivered, refused,
                dropped, failed_tries);

}  // namespace healer
