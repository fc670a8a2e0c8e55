#include "store/records.hpp"

#include <utility>

#include "store/tables.hpp"

namespace healer::store {
namespace {

constexpr Duration attempts_kept_in_mind = 24h;

}  // namespace

struct Records::Statements {
  template <class R>
  struct Write {
    Statement statement;
  };

  Database* database;
  Statement begin, commit, rollback, first_delivery, forget_receipt;
  std::tuple<Write<WorkloadRecord>, Write<HostRecord>, Write<EventCursor>, Write<Incident>, Write<Attempt>,
             Write<Notification>, Write<Delivery>, Write<Receipt>, Write<Evidence>, Write<Decision>>
      writes;

  template <class R>
  SqlResult<void> write(const R& record) {
    return write_row(std::get<Write<R>>(writes).statement, record);
  }
};

Records::Records(std::unique_ptr<Statements> statements) : statements_(std::move(statements)) {}
Records::Records(Records&&) noexcept = default;
Records& Records::operator=(Records&&) noexcept = default;
Records::~Records() = default;

SqlResult<Records> Records::prepare(Database& database) {
  auto all = std::make_unique<Statements>();
  all->database = &database;
  std::vector<std::pair<Statement*, std::string>> wanted{
      {&all->begin, "BEGIN IMMEDIATE"},
      {&all->commit, "COMMIT"},
      {&all->rollback, "ROLLBACK"},
      {&all->first_delivery, insert_sql<Delivery>() + " ON CONFLICT DO NOTHING"},
      {&all->forget_receipt, "DELETE FROM receipts WHERE channel = ? AND dedup_key = ?"}};
  for_each_table([&]<class R>(R*) {
    wanted.emplace_back(&std::get<Statements::Write<R>>(all->writes).statement, write_sql<R>());
  });
  for (const auto& [statement, sql] : wanted) {
    auto prepared = database.prepare(sql);
    if (!prepared) return tl::unexpected(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return Records{std::move(all)};
}

namespace {

// Writes one record within the transaction.
template <class Statements>
struct Writer {
  Statements& s;

  template <class R>
  SqlResult<void> operator()(const R& record) const {
    return s.write(record);
  }
  SqlResult<void> operator()(const Receipt& r) const {
    if (!r.text.empty()) return s.write(r);
    auto done = bind_all(s.forget_receipt, r.channel, r.dedup_key);
    if (done) done = execute(s.forget_receipt);
    return done;
  }
  SqlResult<void> operator()(const RoutedNotification& r) const {
    auto done = s.write(r.notification);
    for (const Destination& to : r.destinations) {
      if (!done) break;
      Delivery delivery;
      delivery.notification = r.notification.id;
      delivery.channel = to.channel;
      delivery.next_try = to.not_before;
      done = write_row(s.first_delivery, delivery);
    }
    return done;
  }
};

template <class Statements, class Body>
SqlResult<void> in_transaction(Statements& s, Body body) {
  if (auto begun = execute(s.begin); !begun) return begun;
  auto done = body();
  if (done) done = execute(s.commit);
  // A failed COMMIT (disk full) leaves the transaction open. Other errors may have ended the transaction
  // already; then this rollback fails, and its error is ignored.
  if (!done) (void)execute(s.rollback);
  return done;
}

}  // namespace

SqlResult<void> Records::write(const std::vector<Record>& records) {
  return in_transaction(*statements_, [&]() -> SqlResult<void> {
    for (const Record& record : records) {
      auto done = std::visit(Writer<Statements>{*statements_}, record);
      if (!done) return done;
    }
    return {};
  });
}

namespace {

std::string milliseconds(Instant at) {
  return std::to_string(at.time_since_epoch().count());
}

/// Deletes the evidence of deleted incidents; keeps the newest of the rest that fit into the limit.
std::string prune_evidence_sql(const PruneLimits& limits) {
  std::string bytes;
  for (const Column& column : columns_of<Evidence>())
    if (column.type == "TEXT")
      bytes += std::string(bytes.empty() ? "" : "+") + "length(CAST(" + in_quotes(column.name) + " AS BLOB))";
  return "DELETE FROM evidence WHERE taken_at < " + milliseconds(limits.ended_before) +
         " AND incident NOT IN (SELECT id FROM incidents);"
         "DELETE FROM evidence WHERE rowid IN (SELECT row FROM (SELECT rowid AS row, sum(" +
         bytes + ") OVER (ORDER BY taken_at DESC, rowid DESC) AS total FROM evidence) WHERE total > " +
         std::to_string(limits.evidence_bytes) + ");";
}

/// Deletes the decisions of deleted incidents; keeps the newest of the rest, at most limits.decisions.
std::string prune_decisions_sql(const PruneLimits& limits) {
  return "DELETE FROM decisions WHERE at < " + milliseconds(limits.ended_before) +
         " AND incident <> 0 AND incident NOT IN (SELECT id FROM incidents);"
         "DELETE FROM decisions WHERE incident = 0 AND at < " +
         milliseconds(limits.idle_decisions_before) +
         ";DELETE FROM decisions WHERE rowid IN (SELECT rowid FROM decisions ORDER BY at DESC, rowid DESC "
         "LIMIT -1 OFFSET " +
         std::to_string(limits.decisions) + ");";
}

/// The notifications that a channel still has to get. Two searches: the first has an index.
const std::string unsent =
    "SELECT notification FROM deliveries WHERE state = 'pending' UNION SELECT notification FROM deliveries "
    "WHERE state = 'refused'";

}  // namespace

SqlResult<void> Records::prune(const PruneLimits& limits) {
  const std::string limit = milliseconds(limits.ended_before);
  // Stores the highest ids first: no id may be given twice.
  std::string sql;
  for (const char* table : {"incidents", "attempts", "notifications"})
    sql += std::string("INSERT INTO counters (name,value) SELECT 'last_") + table +
           "', coalesce(max(id), 0) FROM " + table +
           " WHERE true ON CONFLICT DO UPDATE SET value=max(value, excluded.value);";
  // Budgets may count attempts of the last day, so these stay even if the retention is shorter.
  sql += "DELETE FROM attempts WHERE ended_at < min(" + limit + ", (unixepoch() - 86400) * 1000)" +
         " AND incident NOT IN (SELECT id FROM incidents WHERE outcome = 'open' OR closed_at >= " + limit +
         ");";
  sql += "DELETE FROM incidents WHERE outcome <> 'open' AND closed_at < " + limit + ";";
  // Workloads that no longer exist must not accumulate. A workload that still exists is written again when it
  // changes or a new process sees it.
  sql += "DELETE FROM workloads WHERE was_running = 0 AND written_at < " + limit +
         " AND (breaker = 'closed' OR breaker_until < " + limit +
         ") AND \"key\" NOT IN (SELECT workload FROM incidents WHERE outcome = 'open');";
  sql += prune_evidence_sql(limits) + prune_decisions_sql(limits);
  sql += "DELETE FROM notifications WHERE created_at < " + limit + " AND id NOT IN (" + unsent + ");";
  sql +=
      "DELETE FROM deliveries WHERE state NOT IN ('pending', 'refused') AND notification NOT IN (SELECT id "
      "FROM notifications);";
  sql += "DELETE FROM receipts WHERE at < " + limit + ";";
  return in_transaction(*statements_, [&] { return statements_->database->run(sql); });
}

SqlResult<Records::Loaded> Records::load(Instant now) {
  Loaded loaded;
  RowDamage damage;
  StoredState& state = loaded.state;
  Database& database = *statements_->database;
  const std::string recent = milliseconds(now - attempts_kept_in_mind);

  const auto rows = [&](auto& into, const std::string& rest) -> SqlResult<void> {
    using Row = typename std::remove_reference_t<decltype(into)>::value_type;
    auto statement = database.prepare(select_sql<Row>(rest));
    if (!statement) return tl::unexpected(std::move(statement.error()));
    return read_rows(*statement, into, damage);
  };
  SqlResult<void> done = rows(state.workloads, "ORDER BY \"key\"");
  if (done) done = rows(state.open_incidents, "WHERE outcome = 'open' ORDER BY id");
  if (done)
    done = rows(state.attempts,
                "WHERE state IN ('ordered', 'verifying') OR ordered_at >= " + recent + " ORDER BY id");
  if (done) done = rows(state.pending_notifications, "WHERE id IN (" + unsent + ") ORDER BY id");
  if (done)
    done = rows(state.pending_deliveries,
                "WHERE notification IN (" + unsent + ") ORDER BY notification, channel");
  if (done) done = rows(state.receipts, "ORDER BY at, channel, dedup_key");
  std::vector<HostRecord> host;
  if (done) done = rows(host, "");
  std::vector<EventCursor> cursor;
  if (done) done = rows(cursor, "");
  if (!done) return tl::unexpected(std::move(done.error()));
  if (!host.empty()) state.host = std::move(host.front());
  if (!cursor.empty()) state.cursor = cursor.front();

  const std::pair<const char*, std::uint64_t*> highest[] = {{"incidents", &state.last_incident},
                                                            {"attempts", &state.last_attempt},
                                                            {"notifications", &state.last_notification}};
  for (const auto& [table, into] : highest) {
    const auto id = database.number(std::string("SELECT max(coalesce((SELECT max(id) FROM ") + table +
                                    "), 0), coalesce((SELECT value FROM counters WHERE name = 'last_" +
                                    table + "'), 0))");
    if (!id) return tl::unexpected(id.error());
    *into = static_cast<std::uint64_t>(*id);
  }
  loaded.damaged_rows = damage.rows;
  loaded.first_problem = std::move(damage.first);
  return loaded;
}

}  // namespace healer::store
