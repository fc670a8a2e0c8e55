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

/// Limits beyond which records are deleted.
struct PruneLimits {
  Instant ended_before{};  ///< closed incidents that ended before this, with all their records
  std::uint64_t evidence_bytes = 64 * 1024 * 1024;  ///< of all evidence; the oldest is deleted first
  Instant idle_decisions_before{};                  ///< decisions before this that belong to no incident
  std::size_t decisions = 100'000;                  ///< number of all decisions; the oldest are deleted first

  static constexpr Duration idle_decisions_kept = 7 * 24h;
  /// The default limits at `now`.
  static PruneLimits at(Instant now, Duration retention) {
    PruneLimits limits;
    limits.ended_before = now - retention;
    limits.idle_decisions_before = now - (retention < idle_decisions_kept ? retention : idle_decisions_kept);
    return limits;
  }
};

/// The port to the state file. A commit is one transaction, all or nothing. Commits and queries are executed
/// in the order of the calls. `done` is called once, on the loop, never before the call returns; for a
/// commit, once its records would survive a kill of this process. A full queue gives Busy.
class Store {
 public:
  virtual ~Store() = default;
  virtual void commit(std::vector<Record> records, std::function<void(Result<void>)> done) = 0;
  /// Deletes closed incidents that ended before the limit, with their attempts, notifications, evidence and
  /// decisions; workloads that do not run and were last written before the limit; and records beyond the
  /// sizes.
  virtual void prune(PruneLimits limits, std::function<void(Result<void>)> done) = 0;

  /// Open and closed incidents, the newest first.
  virtual void history(HistoryQuery query, std::function<void(Result<std::vector<PastIncident>>)> done) = 0;
  /// NotFound if the incident does not exist or was deleted.
  virtual void incident(IncidentId id, std::function<void(Result<IncidentFile>)> done) = 0;
  /// The newest `limit` decisions at most about a workload (key; empty: the host), oldest first.
  virtual void decisions(std::string workload, std::size_t limit,
                         std::function<void(Result<std::vector<Decision>>)> done) = 0;

  /// Where the data is, for operators: a path, or "memory".
  virtual std::string location() const = 0;
};

}  // namespace healer
