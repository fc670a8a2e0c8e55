#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "model/history.hpp"
#include "model/record.hpp"

namespace healer {

/// What may go.
struct PruneLimits {
  Instant ended_before{};                           ///< closed incidents older than this, and all of theirs
  std::uint64_t evidence_bytes = 64 * 1024 * 1024;  ///< evidence beyond this, the oldest first
  Instant idle_decisions_before{};                  ///< decisions that belong to no incident
  std::size_t decisions = 100'000;                  ///< of all; the oldest go first

  static constexpr Duration idle_decisions_kept = 7 * 24h;
  /// The usual ones, as of `now`.
  static PruneLimits at(Instant now, Duration retention) {
    PruneLimits limits;
    limits.ended_before = now - retention;
    limits.idle_decisions_before = now - (retention < idle_decisions_kept ? retention : idle_decisions_kept);
    return limits;
  }
};

/// The port to what is remembered. A commit is one transaction, all or nothing; commits and questions are
/// executed in the order they were asked for. `done` is called once, on the loop, never from inside; for
/// a commit when the records survive a kill of this process. The queue is bounded; a full one answers Busy.
class Store {
 public:
  virtual ~Store() = default;
  virtual void commit(std::vector<Record> records, std::function<void(Result<void>)> done) = 0;
  /// Deletes closed incidents that ended before the limit with their attempts, notifications, evidence and
  /// decisions, workloads that do not run and were written last before it, and what is beyond the sizes.
  virtual void prune(PruneLimits limits, std::function<void(Result<void>)> done) = 0;

  /// Incidents, open and closed, the newest first.
  virtual void history(HistoryQuery query, std::function<void(Result<std::vector<PastIncident>>)> done) = 0;
  /// NotFound when there is none of that number (any more).
  virtual void incident(IncidentId id, std::function<void(Result<IncidentFile>)> done) = 0;
  /// The newest at most `limit` decisions about a workload (key; empty: about the host), oldest first.
  virtual void decisions(std::string workload, std::size_t limit,
                         std::function<void(Result<std::vector<Decision>>)> done) = 0;

  /// Where it is, for operators: a path, or "memory".
  virtual std::string location() const = 0;
};

}  // namespace healer
