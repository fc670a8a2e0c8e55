#include "store/history.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "store/tables.hpp"

namespace healer::store {
namespace {

template <class R, class... Values>
SqlResult<std::vector<R>> rows_where(Database& database, const std::string& rest, const Values&... values) {
  auto statement = database.prepare(select_sql<R>(rest));
  if (!statement) return tl::unexpected(std::move(statement.error()));
  if (auto done = bind_all(*statement, values...); !done) return tl::unexpected(std::move(done.error()));
  std::vector<R> rows;
  RowDamage damage;
  if (auto done = read_rows(*statement, rows, damage); !done) return tl::unexpected(std::move(done.error()));
  return rows;
}

std::int64_t bounded(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, std::numeric_limits<std::int64_t>::max()));
}

/// The end of the dedup key of an incident's notifications; the key begins with the host.
std::string notification_key_end(const Incident& incident) {
  return fmt::format("/{:.120}/{}", incident.workload, incident.id.value);
}

}  // namespace

SqlResult<std::vector<PastIncident>> read_history(Database& database, const HistoryQuery& query) {
  const std::int64_t before =
      query.before ? bounded(query.before.value) : std::numeric_limits<std::int64_t>::max();
  auto incidents =
      rows_where<Incident>(database, "WHERE id < ? AND (? = '' OR workload = ?) ORDER BY id DESC LIMIT ?",
                           before, query.workload, query.workload, bounded(query.limit));
  if (!incidents) return tl::unexpected(std::move(incidents.error()));
  std::vector<PastIncident> past;
  past.reserve(incidents->size());
  for (Incident& incident : *incidents) {
    auto attempts = rows_where<Attempt>(database, "WHERE incident = ? ORDER BY id", incident.id);
    if (!attempts) return tl::unexpected(std::move(attempts.error()));
    past.push_back({std::move(incident), std::move(*attempts)});
  }
  return past;
}

SqlResult<std::optional<IncidentFile>> read_incident(Database& database, IncidentId id) {
  auto found = rows_where<Incident>(database, "WHERE id = ?", id);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (found->empty()) return std::optional<IncidentFile>();
  IncidentFile file;
  file.incident = std::move(found->front());

  auto attempts = rows_where<Attempt>(database, "WHERE incident = ? ORDER BY id", id);
  if (!attempts) return tl::unexpected(std::move(attempts.error()));
  file.attempts = std::move(*attempts);
  auto evidence = rows_where<Evidence>(database, "WHERE incident = ? ORDER BY taken_at, rowid", id);
  if (!evidence) return tl::unexpected(std::move(evidence.error()));
  file.evidence = std::move(*evidence);
  auto decisions = rows_where<Decision>(database, "WHERE incident = ? ORDER BY at, rowid", id);
  if (!decisions) return tl::unexpected(std::move(decisions.error()));
  file.decisions = std::move(*decisions);

  const std::string key_end = notification_key_end(file.incident);
  auto notifications = rows_where<Notification>(
      database, "WHERE substr(dedup_key, -length(?)) = ? ORDER BY id", key_end, key_end);
  if (!notifications) return tl::unexpected(std::move(notifications.error()));
  for (Notification& notification : *notifications) {
    auto deliveries =
        rows_where<Delivery>(database, "WHERE notification = ? ORDER BY channel", notification.id);
    if (!deliveries) return tl::unexpected(std::move(deliveries.error()));
    file.notifications.push_back({std::move(notification), std::move(*deliveries)});
  }
  return std::optional<IncidentFile>(std::move(file));
}

SqlResult<std::vector<Decision>> read_decisions(Database& database, const std::string& workload,
                                                std::size_t limit) {
  auto newest = rows_where<Decision>(database, "WHERE workload = ? ORDER BY at DESC, rowid DESC LIMIT ?",
                                     workload, bounded(limit));
  if (newest) std::reverse(newest->begin(), newest->end());
  return newest;
}

}  // namespace healer::store
