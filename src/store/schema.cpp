#include "store/schema.hpp"

#include <array>

namespace healer::store {
namespace {

// STRICT: SQLite refuses a value whose type is not the column's. A column has the name of the record's
// member; for a member of a nested struct, the names of both. Instants are Unix milliseconds, durations
// milliseconds, enum values their text, lists JSON.
const std::array<Migration, 1> released{
    R"(
CREATE TABLE workloads (
  "key" TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  last_instance_container_id TEXT NOT NULL,
  last_instance_started_at TEXT NOT NULL,
  was_running INTEGER NOT NULL,
  stopped_by_operator INTEGER NOT NULL,
  started_healthy_once INTEGER NOT NULL,
  starts TEXT NOT NULL,
  unclean_starts TEXT NOT NULL,
  breaker TEXT NOT NULL,
  breaker_until INTEGER NOT NULL,
  backoff_level INTEGER NOT NULL,
  backoff_changed_at INTEGER NOT NULL,
  last_notified INTEGER NOT NULL,
  unnotified_incidents INTEGER NOT NULL,
  unnotified_attempts INTEGER NOT NULL,
  unnotified_since INTEGER NOT NULL,
  reset_at INTEGER NOT NULL,
  ineffective_restarts INTEGER NOT NULL,
  paused_until INTEGER,
  network_parent TEXT NOT NULL,
  ran_before_engine_loss INTEGER NOT NULL,
  alerts TEXT NOT NULL,
  instance_passed INTEGER NOT NULL,
  trusted_probes TEXT NOT NULL,
  unproven_notified TEXT NOT NULL,
  starts_image TEXT NOT NULL,
  failing TEXT,
  -- When the row was written last, for pruning.
  written_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row: the host as a whole.
CREATE TABLE host (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  paused_until INTEGER,
  engine_notification_key TEXT NOT NULL,
  mass_notification_key TEXT NOT NULL,
  mass_since INTEGER NOT NULL,
  mass_critical INTEGER NOT NULL,
  engine_notified_channels TEXT NOT NULL,
  mass_notified_channels TEXT NOT NULL,
  engine_stops_until INTEGER NOT NULL,
  unsent_groups TEXT NOT NULL
) STRICT;

-- One row: up to where the engine's events were seen.
CREATE TABLE event_cursor (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  unix_nanoseconds INTEGER NOT NULL
) STRICT;

CREATE TABLE incidents (
  id INTEGER PRIMARY KEY NOT NULL,
  workload TEXT NOT NULL,
  name TEXT NOT NULL,
  image TEXT NOT NULL,
  cause TEXT NOT NULL,
  reason TEXT NOT NULL,
  unhealthy_since INTEGER NOT NULL,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,
  outcome TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  ladder_step INTEGER NOT NULL,
  notified INTEGER NOT NULL,
  gave_up INTEGER NOT NULL,
  notified_channels TEXT NOT NULL,
  notified_at INTEGER,
  repeats INTEGER NOT NULL,
  escalations TEXT NOT NULL,
  group_key TEXT NOT NULL,
  acked_at INTEGER,
  acked_by TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_open ON incidents (id) WHERE outcome = 'open';
CREATE INDEX incidents_by_workload ON incidents (workload, opened_at);

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY NOT NULL,
  incident INTEGER NOT NULL,
  workload TEXT NOT NULL,
  number INTEGER NOT NULL,
  remedy TEXT NOT NULL,
  detail TEXT NOT NULL,
  instance_container_id TEXT NOT NULL,
  instance_started_at TEXT NOT NULL,
  ordered_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  dry_run INTEGER NOT NULL,
  note_error TEXT NOT NULL,
  note_ending TEXT NOT NULL,
  note_reason TEXT NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX attempts_by_time ON attempts (ordered_at);
CREATE INDEX attempts_unfinished ON attempts (id) WHERE state IN ('ordered', 'verifying');
CREATE INDEX attempts_by_incident ON attempts (incident);

CREATE TABLE notifications (
  id INTEGER PRIMARY KEY NOT NULL,
  kind TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  event TEXT NOT NULL,
  text TEXT NOT NULL,
  host TEXT NOT NULL,
  workload TEXT NOT NULL,
  image TEXT NOT NULL,
  cause TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  attempts_allowed INTEGER NOT NULL,
  excerpt TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  incident INTEGER NOT NULL,
  project TEXT NOT NULL,
  route TEXT NOT NULL,
  unhealthy_since INTEGER,
  advice TEXT NOT NULL,
  link TEXT NOT NULL,
  repeat INTEGER NOT NULL
) STRICT;

CREATE TABLE deliveries (
  notification INTEGER NOT NULL,
  channel TEXT NOT NULL,
  state TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_try INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  PRIMARY KEY (notification, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (notification) WHERE state = 'pending';

-- What a channel keeps for a dedup key.
CREATE TABLE receipts (
  channel TEXT NOT NULL,
  dedup_key TEXT NOT NULL,
  text TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (channel, dedup_key)
) STRICT, WITHOUT ROWID;

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
  fact TEXT NOT NULL
) STRICT;
CREATE INDEX decisions_by_workload ON decisions (workload, at);
CREATE INDEX decisions_by_incident ON decisions (incident);
CREATE INDEX decisions_by_time ON decisions (at);

-- The highest ids that pruning took away.
CREATE TABLE counters (
  name TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)"};

}  // namespace

std::span<const Migration> migrations() {
  return released;
}

std::int64_t newest_version(std::span<const Migration> steps) {
  return first_version + static_cast<std::int64_t>(steps.size()) - 1;
}

SqlResult<void> migrate(Database& database, std::span<const Migration> steps) {
  const auto stored = database.number("PRAGMA user_version");
  if (!stored) return tl::unexpected(stored.error());
  std::int64_t version = *stored;
  if (version != 0 && (version < first_version || version > newest_version(steps)))
    return tl::unexpected(SqlError{0, "no step leads from schema " + std::to_string(version) + " to " +
                                          std::to_string(newest_version(steps))});
  while (version < newest_version(steps)) {
    const std::int64_t next = version == 0 ? first_version : version + 1;
    // user_version is part of the transaction, so a step and its version number are committed together.
    const auto done =
        database.run("BEGIN IMMEDIATE;" + steps[static_cast<std::size_t>(next - first_version)] +
                     ";PRAGMA application_id=" + std::to_string(application_id) +
                     ";PRAGMA user_version=" + std::to_string(next) + ";COMMIT;");
    if (!done) {
      (void)database.run("ROLLBACK");
      return done;
    }
    version = next;
  }
  return {};
}

}  // namespace healer::store
