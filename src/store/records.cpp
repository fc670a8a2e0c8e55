#include "store/records.hpp"

#include <charconv>
#include <limits>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>

#include "store/enum_text.hpp"

namespace healer::store {
namespace {

constexpr Duration attempts_kept_in_mind = 24h;

// ---- one table each: its columns in the order of the tie below, the first `keys` of them the key. The
// structured bindings make a field that the model gains an error here, not a value that is forgotten.

struct Table {
  const char* name;
  int keys;
  std::vector<const char*> columns;
  bool stamped = false;  // has a column written_at, in SQLite's own time: the records carry none
};

const Table& table_of(const WorkloadRecord*) {
  static const Table table{"workloads",
                           1,
                           {"workload_key",
                            "name",
                            "run_container",
                            "run_started",
                            "was_running",
                            "stopped_by_person",
                            "started_well_once",
                            "starts",
                            "breaker",
                            "breaker_until",
                            "backoff_level",
                            "backoff_changed_at",
                            "last_announced",
                            "unannounced_incidents",
                            "unannounced_attempts",
                            "quiet_since",
                            "reset_at",
                            "futile_restarts",
                            "paused_until",
                            "network_parent"},
                           true};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, WorkloadRecord>
auto fields_of(R& r) {
  auto& [key, name, last_run, was_running, stopped_by_person, started_well_once, starts, breaker,
         breaker_until, backoff_level, backoff_changed_at, last_announced, unannounced_incidents,
         unannounced_attempts, quiet_since, reset_at, futile_restarts, paused_until, network_parent] = r;
  return std::tie(key, name, last_run.container_id, last_run.started_at, was_running, stopped_by_person,
                  started_well_once, starts, breaker, breaker_until, backoff_level, backoff_changed_at,
                  last_announced, unannounced_incidents, unannounced_attempts, quiet_since, reset_at,
                  futile_restarts, paused_until, network_parent);
}

const Table& table_of(const Incident*) {
  static const Table table{"incidents",
                           1,
                           {"id", "workload", "name", "image", "cause", "cause_text", "ill_since",
                            "opened_at", "closed_at", "outcome", "attempts", "rung", "announced", "gave_up"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Incident>
auto fields_of(R& r) {
  auto& [id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome, attempts,
         rung, announced, gave_up] = r;
  return std::tie(id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome,
                  attempts, rung, announced, gave_up);
}

const Table& table_of(const Attempt*) {
  static const Table table{"attempts",
                           1,
                           {"id", "incident", "workload", "number", "remedy", "detail", "run_container",
                            "run_started", "ordered_at", "state", "note", "ended_at"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Attempt>
auto fields_of(R& r) {
  auto& [id, incident, workload, number, remedy, detail, run, ordered_at, state, note, ended_at] = r;
  return std::tie(id, incident, workload, number, remedy, detail, run.container_id, run.started_at,
                  ordered_at, state, note, ended_at);
}

const Table& table_of(const Alert*) {
  static const Table table{"alerts",
                           1,
                           {"id", "kind", "dedup_key", "event", "body", "host", "workload", "image", "cause",
                            "attempt", "attempts_allowed", "excerpt", "raised_at"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Alert>
auto fields_of(R& r) {
  auto& [id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed, excerpt,
         raised_at] = r;
  return std::tie(id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed,
                  excerpt, raised_at);
}

const Table& table_of(const Delivery*) {
  static const Table table{"deliveries", 2, {"alert", "channel", "state", "tries", "next_try", "last_error"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Delivery>
auto fields_of(R& r) {
  auto& [alert, channel, state, tries, next_try, last_error] = r;
  return std::tie(alert, channel, state, tries, next_try, last_error);
}

const Table& table_of(const HostRecord*) {
  static const Table table{"host", 0, {"paused_until", "engine_alert_key", "mass_alert_key", "mass_since"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, HostRecord>
auto fields_of(R& r) {
  auto& [paused_until, engine_alert_key, mass_alert_key, mass_since] = r;
  return std::tie(paused_until, engine_alert_key, mass_alert_key, mass_since);
}

const Table& table_of(const Evidence*) {
  static const Table table{"evidence",
                           0,
                           {"incident", "workload", "container_id", "taken_at", "state", "health_log", "logs",
                            "processes", "memory", "missing"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Evidence>
auto fields_of(R& r) {
  auto& [incident, workload, container_id, taken_at, state, health_log, logs, processes, memory, missing] = r;
  return std::tie(incident, workload, container_id, taken_at, state, health_log, logs, processes, memory,
                  missing);
}

const Table& table_of(const Decision*) {
  static const Table table{"decisions", 0, {"at", "workload", "incident", "rule", "inputs", "outcome"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Decision>
auto fields_of(R& r) {
  auto& [at, workload, incident, rule, inputs, outcome] = r;
  return std::tie(at, workload, incident, rule, inputs, outcome);
}

std::string joined(std::span<const char* const> names) {
  std::string text;
  for (const char* name : names) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

template <class R>
std::string plain_insert_sql() {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  std::string marks = "?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) marks += ",?";
  if (table.stamped) marks += ",unixepoch()*1000";
  return "INSERT INTO " + std::string(table.name) + " (" + joined(table.columns) +
         (table.stamped ? ",written_at" : "") + ") VALUES (" + marks + ")";
}

template <class R>
std::string insert_sql() {
  return plain_insert_sql<R>() + " ON CONFLICT DO ";
}

template <class R>
std::string upsert_sql() {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  std::string sql = insert_sql<R>() + "UPDATE SET ";
  for (std::size_t i = static_cast<std::size_t>(table.keys); i < table.columns.size(); ++i) {
    const std::string column = table.columns[i];
    sql += (i == static_cast<std::size_t>(table.keys) ? "" : ",") + column + "=excluded." + column;
  }
  if (table.stamped) sql += ",written_at=excluded.written_at";
  return sql;
}

template <class R>
std::string select_sql(const std::string& rest) {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  return "SELECT " + joined(table.columns) + " FROM " + table.name + " " + rest;
}

// ---- one column each way

template <class T>
void put(Statement& to, int index, const T& value) {
  if constexpr (std::is_enum_v<T>)
    to.bind(index, std::string_view(to_string(value)));
  else
    to.bind(index, static_cast<std::int64_t>(value));
}
void put(Statement& to, int index, const std::string& value) {
  to.bind(index, std::string_view(value));
}
template <class Tag>
void put(Statement& to, int index, const StrongId<Tag>& value) {
  to.bind(index, static_cast<std::int64_t>(value.value));
}
void put(Statement& to, int index, const Instant& value) {
  to.bind(index, static_cast<std::int64_t>(value.time_since_epoch().count()));
}
void put(Statement& to, int index, const std::optional<Instant>& value) {
  if (value)
    put(to, index, *value);
  else
    to.bind_null(index);
}
void put(Statement& to, int index, const std::vector<Duration>& value) {
  std::string text;
  for (const Duration& each : value) text += (text.empty() ? "" : ",") + std::to_string(each.count());
  put(to, index, text);
}

template <class T>
bool take(const Statement& from, int index, T& value) {
  if constexpr (std::is_enum_v<T>) {
    const auto read = enum_of<T>(from.text(index));
    if (!read) return false;
    value = *read;
    return true;
  } else {
    const std::int64_t number = from.integer(index);
    if (!std::in_range<std::conditional_t<std::is_same_v<T, bool>, int, T>>(number)) return false;
    value = static_cast<T>(number);
    return !std::is_same_v<T, bool> || number == 0 || number == 1;
  }
}
bool take(const Statement& from, int index, std::string& value) {
  value = from.text(index);
  return true;
}
template <class Tag>
bool take(const Statement& from, int index, StrongId<Tag>& value) {
  const std::int64_t number = from.integer(index);
  value.value = static_cast<std::uint64_t>(number);
  return number >= 0;  // 0: none
}
bool take(const Statement& from, int index, Instant& value) {
  value = Instant{Duration{from.integer(index)}};
  return true;
}
bool take(const Statement& from, int index, std::optional<Instant>& value) {
  value = std::nullopt;
  if (!from.is_null(index)) value = Instant{Duration{from.integer(index)}};
  return true;
}
bool take(const Statement& from, int index, std::vector<Duration>& value) {
  const std::string text = from.text(index);
  const char* at = text.data();
  const char* const end = at + text.size();
  value.clear();
  while (at != end) {
    Duration::rep number = 0;
    const auto [stop, error] = std::from_chars(at, end, number);
    if (error != std::errc{} || (stop != end && *stop != ',')) return false;
    value.emplace_back(number);
    at = stop == end ? end : stop + 1;
  }
  return true;
}

// ---- whole rows

template <class Fields>
void bind_all(Statement& statement, const Fields& fields) {
  int index = 0;
  std::apply([&](const auto&... field) { (put(statement, index++, field), ...); }, fields);
}

SqlResult<void> execute(Statement& statement) {
  auto stepped = statement.step();
  statement.reset();
  if (!stepped) return tl::unexpected(std::move(stepped.error()));
  return {};
}

template <class R>
SqlResult<void> store_row(Statement& statement, const R& record) {
  bind_all(statement, fields_of(record));
  return execute(statement);
}

template <class R>
SqlResult<void> load_rows(Statement& statement, std::vector<R>& into, Records::Loaded& loaded) {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  while (true) {
    auto row = statement.step();
    if (!row) {
      statement.reset();
      return tl::unexpected(std::move(row.error()));
    }
    if (!*row) break;
    R record;
    int index = 0;
    int wrong = -1;
    std::apply(
        [&](auto&... field) {
          ((wrong < 0 && !take(statement, index, field) ? void(wrong = index) : void(), ++index), ...);
        },
        fields_of(record));
    if (wrong < 0) {
      into.push_back(std::move(record));
    } else if (++loaded.damaged_rows == 1) {
      loaded.first_problem = std::string("table ") + table.name + ", row " + statement.text(0) + ": column " +
                             table.columns[static_cast<std::size_t>(wrong)] + " holds \"" +
                             statement.text(wrong).substr(0, 60) + "\"";
    }
  }
  statement.reset();
  return {};
}

}  // namespace

struct Records::Statements {
  Database* database;
  Statement begin, commit, rollback;
  Statement workload, incident, attempt, alert, delivery, first_delivery, counter, host, evidence, decision;
};

Records::Records(std::unique_ptr<Statements> statements) : statements_(std::move(statements)) {}
Records::Records(Records&&) noexcept = default;
Records& Records::operator=(Records&&) noexcept = default;
Records::~Records() = default;

SqlResult<Records> Records::prepare(Database& database) {
  auto all = std::make_unique<Statements>();
  all->database = &database;
  const std::pair<Statement*, std::string> wanted[] = {
      {&all->begin, "BEGIN IMMEDIATE"},
      {&all->commit, "COMMIT"},
      {&all->rollback, "ROLLBACK"},
      {&all->workload, upsert_sql<WorkloadRecord>()},
      {&all->incident, upsert_sql<Incident>()},
      {&all->attempt, upsert_sql<Attempt>()},
      {&all->alert, upsert_sql<Alert>()},
      {&all->delivery, upsert_sql<Delivery>()},
      {&all->host,
       "INSERT INTO host (paused_until,engine_alert_key,mass_alert_key,mass_since,id) VALUES (?,?,?,?,1) "
       "ON CONFLICT DO UPDATE SET paused_until=excluded.paused_until, "
       "engine_alert_key=excluded.engine_alert_key, mass_alert_key=excluded.mass_alert_key, "
       "mass_since=excluded.mass_since"},
      {&all->evidence, plain_insert_sql<Evidence>()},
      {&all->decision, plain_insert_sql<Decision>()},
      {&all->first_delivery, insert_sql<Delivery>() + "NOTHING"},
      {&all->counter,
       "INSERT INTO counters (name,value) VALUES (?,?) ON CONFLICT DO UPDATE SET value=excluded.value"}};
  for (const auto& [statement, sql] : wanted) {
    auto prepared = database.prepare(sql);
    if (!prepared) return tl::unexpected(std::move(prepared.error()));
    *statement = std::move(*prepared);
  }
  return Records{std::move(all)};
}

namespace {

// What one record does within the transaction.
template <class Statements>
struct Writer {
  Statements& s;

  SqlResult<void> operator()(const WorkloadRecord& r) const { return store_row(s.workload, r); }
  SqlResult<void> operator()(const Incident& r) const { return store_row(s.incident, r); }
  SqlResult<void> operator()(const Attempt& r) const { return store_row(s.attempt, r); }
  SqlResult<void> operator()(const Delivery& r) const { return store_row(s.delivery, r); }
  SqlResult<void> operator()(const HostRecord& r) const { return store_row(s.host, r); }
  SqlResult<void> operator()(const Evidence& r) const { return store_row(s.evidence, r); }
  SqlResult<void> operator()(const Decision& r) const { return store_row(s.decision, r); }
  SqlResult<void> operator()(const EventCursor& r) const {
    bind_all(s.counter, std::make_tuple(std::string("event_cursor"), r.unix_nanoseconds));
    return execute(s.counter);
  }
  SqlResult<void> operator()(const RaisedAlert& r) const {
    auto done = store_row(s.alert, r.alert);
    for (const std::string& channel : r.channels) {
      if (!done) break;
      Delivery delivery;
      delivery.alert = r.alert.id;
      delivery.channel = channel;
      delivery.next_try = r.alert.raised_at;
      done = store_row(s.first_delivery, delivery);
    }
    return done;
  }
};

template <class Statements, class Body>
SqlResult<void> in_transaction(Statements& s, Body body) {
  if (auto begun = execute(s.begin); !begun) return begun;
  auto done = body();
  if (done) done = execute(s.commit);
  // A failed COMMIT (disk full) leaves the transaction open; an error may also have ended it already,
  // and then this rollback says so and is ignored.
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

SqlResult<void> Records::prune(Instant ended_before) {
  const std::string limit = std::to_string(ended_before.time_since_epoch().count());
  // The highest ids are written down first: none may ever be given twice.
  std::string sql;
  for (const char* table : {"incidents", "attempts", "alerts"})
    sql += std::string("INSERT INTO counters (name,value) SELECT 'last_") + table +
           "', coalesce(max(id), 0) FROM " + table +
           " WHERE true ON CONFLICT DO UPDATE SET value=max(value, excluded.value);";
  // Budgets count attempts of up to a day, whatever the retention is.
  sql += "DELETE FROM attempts WHERE ended_at < min(" + limit + ", (unixepoch() - 86400) * 1000)" +
         " AND incident NOT IN (SELECT id FROM incidents WHERE outcome = 'open' OR closed_at >= " + limit +
         ");";
  sql += "DELETE FROM incidents WHERE outcome <> 'open' AND closed_at < " + limit + ";";
  // Workloads that are long gone, or names that were used once, must not pile up for ever. One that still
  // exists is written anew when it changes or a new process sees it.
  sql += "DELETE FROM workloads WHERE was_running = 0 AND written_at < " + limit +
         " AND (breaker = 'closed' OR breaker_until < " + limit +
         ") AND workload_key NOT IN (SELECT workload FROM incidents WHERE outcome = 'open');";
  sql += "DELETE FROM alerts WHERE raised_at < " + limit +
         " AND id NOT IN (SELECT alert FROM deliveries WHERE state = 'pending');";
  sql += "DELETE FROM deliveries WHERE state <> 'pending' AND alert NOT IN (SELECT id FROM alerts);";
  return in_transaction(*statements_, [&] { return statements_->database->run(sql); });
}

SqlResult<Records::Loaded> Records::load(Instant now) {
  Loaded loaded;
  StoredState& state = loaded.state;
  Database& database = *statements_->database;
  const std::string recent = std::to_string((now - attempts_kept_in_mind).time_since_epoch().count());

  const auto rows = [&](auto& into, const std::string& rest) -> SqlResult<void> {
    using Row = typename std::remove_reference_t<decltype(into)>::value_type;
    auto statement = database.prepare(select_sql<Row>(rest));
    if (!statement) return tl::unexpected(std::move(statement.error()));
    return load_rows(*statement, into, loaded);
  };
  SqlResult<void> done = rows(state.workloads, "ORDER BY workload_key");
  if (done) done = rows(state.open_incidents, "WHERE outcome = 'open' ORDER BY id");
  if (done)
    done = rows(state.attempts,
                "WHERE state IN ('ordered', 'verifying') OR ordered_at >= " + recent + " ORDER BY id");
  if (done)
    done = rows(state.pending_alerts,
                "WHERE id IN (SELECT alert FROM deliveries WHERE state = 'pending') ORDER BY id");
  if (done) done = rows(state.pending_deliveries, "WHERE state = 'pending' ORDER BY alert, channel");
  std::vector<HostRecord> host;
  if (done) done = rows(host, "");
  if (!done) return tl::unexpected(std::move(done.error()));
  if (!host.empty()) state.host = std::move(host.front());

  const auto cursor = database.number("SELECT value FROM counters WHERE name = 'event_cursor'");
  if (!cursor) return tl::unexpected(cursor.error());
  state.cursor.unix_nanoseconds = *cursor;
  const std::pair<const char*, std::uint64_t*> highest[] = {
      {"incidents", &state.last_incident}, {"attempts", &state.last_attempt}, {"alerts", &state.last_alert}};
  for (const auto& [table, into] : highest) {
    const auto id = database.number(std::string("SELECT max(coalesce((SELECT max(id) FROM ") + table +
                                    "), 0), coalesce((SELECT value FROM counters WHERE name = 'last_" +
                                    table + "'), 0))");
    if (!id) return tl::unexpected(id.error());
    *into = static_cast<std::uint64_t>(*id);
  }
  return loaded;
}

}  // namespace healer::store
