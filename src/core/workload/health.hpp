#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/workload/probe_target.hpp"
#include "core/workload/tracker.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

/// One probe of a workload; most workloads have only one. All must pass.
struct WorkloadProbe {
  std::string name;  ///< empty: the unnamed probe
  TargetResolution resolution;
  bool open = false;   ///< its check in this round has no result yet
  bool hangs = false;  ///< exec: a command in this instance ran into its timeout and may still run
  std::optional<Verdict>
      verdict;  ///< the newest of this instance; for a HEALTHCHECK the engine's last report
};

/// A round of checks, one of each probe, without a verdict yet. "open": a check has no result yet.
///
///   state    | input                                        | next     | what is done
///   ---------+----------------------------------------------+----------+------------------------------------
///   none     | due                                          | open     | one check of each probe target
///   none     | due, and the HEALTHCHECK is the only probe   | none     | inspect
///   open     | a result, not the last                       | open     | judged and kept
///   open     | the last result                              | none     | the round's verdict counts
///   open     | the same; the verdict would make the         | awaiting | the connectivity check is due now
///            | workload unhealthy, and the connectivity     |          |
///            | check has no result since the round began    |          |
///   open     | out of time                                  | as above | missing results are unknown
///   awaiting | the connectivity check's result              | none     | the verdict counts, or is unknown
///   awaiting | out of time                                  | none     | the verdict is unknown
///   any      | a new instance, pause, exit, removal, other  | none     | late results are ignored
///            | target, or an order that ends the instance   |          |
struct OpenProbe {
  ProbeId id;  ///< of the first probe; the next ids are the other probes', in their order
  Instant started{};
  Instant give_up{};      ///< end of the round even if a prober gives no result
  bool awaiting = false;  ///< the verdict waits for the connectivity check
  bool answered = false;  ///< at least one result has come
};

/// What the checks and the alerts say of the workload.
struct Health {
  std::vector<WorkloadProbe> probes;  ///< not empty after the workload was once seen running
  Instant health_from{};              ///< older verdicts of the HEALTHCHECK do not count (pause, remedy)
  Tracker tracker;
  Instant start_period_until{};
  bool instance_passed_before = false;     ///< a former process saw the restored instance pass
  bool unhealthy_in_start_period = false;  ///< HEALTHCHECK: applied at the end of the start period
  std::optional<OpenProbe> probe;
  std::optional<Instant> probe_due;
  std::uint64_t rounds = 0;  ///< rounds of checks begun by this process
  std::optional<Instant> last_check;
  Verdict last_verdict;
  std::chrono::microseconds last_duration{0};
  unsigned unknown_streak = 0;
  std::optional<Instant> unknown_since;  ///< when operators were notified that it cannot be checked
  Instant health_looked_at{};            ///< last inspect for a HEALTHCHECK that is one of several probes
  Instant failing_since{};
  bool started_healthy_once = false;
  std::vector<Duration> starts;
  std::vector<Duration> unclean_starts;   ///< starts after an instance that was killed or crashed
  Rare<std::vector<FiringAlert>> alerts;  ///< rules of Prometheus that fire about it
  Instant alerts_from{};      ///< an older alert counts after the policy's alert_lookback from here
  bool alert_firing = false;  ///< an alert makes it unhealthy, whatever the result of its probes

  /// The engine's HEALTHCHECK is the only probe: healer runs no checks.
  bool uses_engine_health() const;
  /// The engine's HEALTHCHECK is one of its probes.
  bool listens_to_engine() const;
  /// The configuration gives no probe target and no HEALTHCHECK.
  bool unprobed() const;
  /// For operators: "http 127.0.0.1:8080/health"; several probes with their names.
  std::string probe_text() const;
};

}  // namespace healer
