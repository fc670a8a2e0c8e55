#include "store/schema.hpp"

#include <array>

namespace healer::store {
namespace {

// STRICT: a value of another type than the column's is refused by SQLite itself.
// Instants are Unix milliseconds, durations milliseconds, closed choices their text.
const std::array<Migration, 9> released{
    R"(
CREATE TABLE workloads (
  workload_key TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  run_container TEXT NOT NULL,
  run_started TEXT NOT NULL,
  was_running INTEGER NOT NULL,
  stopped_by_person INTEGER NOT NULL,
  started_well_once INTEGER NOT NULL,
  starts TEXT NOT NULL,
  breaker TEXT NOT NULL,
  breaker_until INTEGER NOT NULL,
  backoff_level INTEGER NOT NULL,
  backoff_changed_at INTEGER NOT NULL,
  last_announced INTEGER NOT NULL,
  unannounced_incidents INTEGER NOT NULL,
  unannounced_attempts INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
  id INTEGER PRIMARY KEY NOT NULL,
  workload TEXT NOT NULL,
  name TEXT NOT NULL,
  image TEXT NOT NULL,
  cause TEXT NOT NULL,
  cause_text TEXT NOT NULL,
  ill_since INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  outcome TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  announced INTEGER NOT NULL,
  gave_up INTEGER NOT NULL
) STRICT;
CREATE INDEX incidents_open ON incidents (id) WHERE outcome = 'open';

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY NOT NULL,
  incident INTEGER NOT NULL,
  workload TEXT NOT NULL,
  number INTEGER NOT NULL,
  remedy TEXT NOT NULL,
  run_container TEXT NOT NULL,
  run_started TEXT NOT NULL,
  ordered_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  note TEXT NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX attempts_by_time ON attempts (ordered_at);
CREATE INDEX attempts_unfinished ON attempts (id) WHERE state IN ('ordered', 'verifying');

CREATE TABLE alerts (
  id INTEGER PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  event TEXT NOT NULL,
  body TEXT NOT NULL,
  host TEXT NOT NULL,
  workload TEXT NOT NULL,
  image TEXT NOT NULL,
  cause TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  attempts_allowed INTEGER NOT NULL,
  raised_at INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  alert INTEGER NOT NULL,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (alert) WHERE state = 'pending';

-- The event cursor, and the highest ids that pruning took away.
CREATE TABLE counters (
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)",
    R"(
ALTER TABLE workloads ADD COLUMN quiet_since INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workloads ADD COLUMN reset_at INTEGER NOT NULL DEFAULT 0;
-- When the row was written last, for pruning.
ALTER TABLE workloads ADD COLUMN written_at INTEGER NOT NULL DEFAULT 0;
UPDATE workloads SET written_at = unixepoch() * 1000;
)",
    R"(
ALTER TABLE workloads ADD COLUMN unclean_starts TEXT NOT NULL DEFAULT '';
ALTER TABLE workloads ADD COLUMN futile_restarts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workloads ADD COLUMN paused_until INTEGER;
ALTER TABLE workloads ADD COLUMN network_parent TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN rung INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempts ADD COLUMN detail TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN excerpt TEXT NOT NULL DEFAULT '';

-- One row: the host as a whole.
CREATE TABLE host (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  paused_until INTEGER,
  engine_alert_key TEXT NOT NULL,
  mass_alert_key TEXT NOT NULL,
  mass_since INTEGER NOT NULL
) STRICT;

CREATE TABLE evidence (
  incident INTEGER NOT NULL,
  workload TEXT NOT NULL,
  container_id TEXT NOT NULL,
  taken_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  health_log TEXT NOT NULL,
  logs TEXT NOT NULL,
  processes TEXT NOT NULL,
  memory TEXT NOT NULL,
  missing TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_by_incident ON evidence (incident, taken_at);
CREATE INDEX evidence_by_time ON evidence (taken_at);

CREATE TABLE decisions (
  at INTEGER NOT NULL,
  workload TEXT NOT NULL,
  incident INTEGER NOT NULL,
  rule TEXT NOT NULL,
  inputs TEXT NOT NULL,
  outcome TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_by_workload ON decisions (workload, at);
CREATE INDEX decisions_by_incident ON decisions (incident);
CREATE INDEX decisions_by_time ON decisions (at);
CREATE INDEX incidents_by_workload ON incidents (workload, opened_at);
CREATE INDEX attempts_by_incident ON attempts (incident);
)",
    R"(
ALTER TABLE workloads ADD COLUMN ran_before_engine_loss INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host ADD COLUMN mass_critical INTEGER NOT NULL DEFAULT 0;
)",
    R"(
ALTER TABLE workloads ADD COLUMN signals TEXT NOT NULL DEFAULT '';
)",
    R"(
ALTER TABLE alerts ADD COLUMN incident INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alerts ADD COLUMN project TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN route TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN ill_since INTEGER;
ALTER TABLE alerts ADD COLUMN advice TEXT NOT NULL DEFAULT '';
ALTER TABLE alerts ADD COLUMN link TEXT NOT NULL DEFAULT '';
)",
    R"(
-- What a channel remembers of a dedup key.
CREATE TABLE receipts (
  channel TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  body TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, dedup_key)
) STRICT, WITHOUT ROWID;
)",
    R"(
ALTER TABLE alerts ADD COLUMN repeat INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN told TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN told_at INTEGER;
ALTER TABLE incidents ADD COLUMN repeats INTEGER NOT NULL DEFAULT 0;
ALTER TABLE incidents ADD COLUMN escalations TEXT NOT NULL DEFAULT '';
ALTER TABLE incidents ADD COLUMN acked_at INTEGER;
ALTER TABLE incidents ADD COLUMN acked_by TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN engine_told TEXT NOT NULL DEFAULT '';
ALTER TABLE host ADD COLUMN mass_told TEXT NOT NULL DEFAULT '';
)",
    R"(
ALTER TABLE workloads ADD COLUMN run_passed INTEGER NOT NULL DEFAULT 0;
)"};

}  // namespace

std::span<const Migration> migrations() {
  return released;
}

SqlResult<void> migrate(Database& database, std::span<const Migration> steps) {
  const auto version = database.number("PRAGMA user_version");
  if (!version) return tl::unexpected(version.error());
  for (auto next = static_cast<std::size_t>(*version); next < steps.size(); ++next) {
    // user_version is part of the transaction: the step and its mark arrive together.
    const auto done = database.run("BEGIN IMMEDIATE;" + steps[next] +
                                   ";PRAGMA application_id=" + std::to_string(application_id) +
                                   ";PRAGMA user_version=" + std::to_string(next + 1) + ";COMMIT;");
    if (!done) {
      (void)database.run("ROLLBACK");
      return done;
    }
  }
  return {};
}

}  // namespace healer::store
