#pragma once

// How the model's records become rows and back: shared by what writes, loads and asks.
#include <charconv>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/text.hpp"
#include "model/record.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

// ---- one table each: its columns in the order of the tie below, the first `keys` of them the key. The
// structured bindings make a field that the model gains an error here, not a value that is forgotten.

struct Table {
  const char* name;
  int keys;
  std::vector<const char*> columns;
  /// Columns that no record carries, as SQL to append: their names and their values.
  const char* more_columns = "";
  const char* more_values = "";
};

inline const Table& table_of(const WorkloadRecord*) {
  static const Table table{"workloads",
                           1,
                           {"\"key\"",
                            "name",
                            "last_run_container_id",
                            "last_run_started_at",
                            "was_running",
                            "stopped_by_person",
                            "started_well_once",
                            "starts",
                            "unclean_starts",
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
                            "network_parent",
                            "ran_before_engine_loss",
                            "signals",
                            "run_passed"},
                           ",written_at",
                           ",unixepoch()*1000"};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, WorkloadRecord>
auto fields_of(R& r) {
  auto& [key, name, last_run, was_running, stopped_by_person, started_well_once, starts, unclean_starts,
         breaker, breaker_until, backoff_level, backoff_changed_at, last_announced, unannounced_incidents,
         unannounced_attempts, quiet_since, reset_at, futile_restarts, paused_until, network_parent,
         ran_before_engine_loss, signals, run_passed] = r;
  return std::tie(key, name, last_run.container_id, last_run.started_at, was_running, stopped_by_person,
                  started_well_once, starts, unclean_starts, breaker, breaker_until, backoff_level,
                  backoff_changed_at, last_announced, unannounced_incidents, unannounced_attempts,
                  quiet_since, reset_at, futile_restarts, paused_until, network_parent,
                  ran_before_engine_loss, signals, run_passed);
}

inline const Table& table_of(const Incident*) {
  static const Table table{
      "incidents", 1, {"id",         "workload",  "name",        "image",     "cause",
                       "cause_text", "ill_since", "opened_at",   "closed_at", "outcome",
                       "attempts",   "rung",      "announced",   "gave_up",   "told",
                       "told_at",    "repeats",   "escalations", "acked_at",  "acked_by"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Incident>
auto fields_of(R& r) {
  auto& [id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome, attempts,
         rung, announced, gave_up, told, told_at, repeats, escalations, acked_at, acked_by] = r;
  return std::tie(id, workload, name, image, cause, cause_text, ill_since, opened_at, closed_at, outcome,
                  attempts, rung, announced, gave_up, told, told_at, repeats, escalations, acked_at,
                  acked_by);
}

inline const Table& table_of(const Attempt*) {
  static const Table table{"attempts",
                           1,
                           {"id", "incident", "workload", "number", "remedy", "detail", "run_container_id",
                            "run_started_at", "ordered_at", "state", "note", "ended_at"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Attempt>
auto fields_of(R& r) {
  auto& [id, incident, workload, number, remedy, detail, run, ordered_at, state, note, ended_at] = r;
  return std::tie(id, incident, workload, number, remedy, detail, run.container_id, run.started_at,
                  ordered_at, state, note, ended_at);
}

inline const Table& table_of(const Alert*) {
  static const Table table{"alerts",
                           1,
                           {"id",
                            "kind",
                            "dedup_key",
                            "event",
                            "text",
                            "host",
                            "workload",
                            "image",
                            "cause",
                            "attempt",
                            "attempts_allowed",
                            "excerpt",
                            "raised_at",
                            "incident",
                            "project",
                            "route",
                            "ill_since",
                            "advice",
                            "link",
                            "repeat"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Alert>
auto fields_of(R& r) {
  auto& [id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed, excerpt,
         raised_at, incident, project, route, ill_since, advice, link, repeat] = r;
  return std::tie(id, kind, dedup_key, event, text, host, workload, image, cause, attempt, attempts_allowed,
                  excerpt, raised_at, incident, project, route, ill_since, advice, link, repeat);
}

inline const Table& table_of(const Delivery*) {
  static const Table table{"deliveries", 2, {"alert", "channel", "state", "tries", "next_try", "last_error"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Delivery>
auto fields_of(R& r) {
  auto& [alert, channel, state, tries, next_try, last_error] = r;
  return std::tie(alert, channel, state, tries, next_try, last_error);
}

inline const Table& table_of(const Receipt*) {
  static const Table table{"receipts", 2, {"channel", "dedup_key", "text", "at"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Receipt>
auto fields_of(R& r) {
  auto& [channel, dedup_key, text, at] = r;
  return std::tie(channel, dedup_key, text, at);
}

inline const Table& table_of(const HostRecord*) {
  static const Table table{"host",
                           0,
                           {"paused_until", "engine_alert_key", "mass_alert_key", "mass_since",
                            "mass_critical", "engine_told", "mass_told"},
                           ",id",
                           ",1"};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, HostRecord>
auto fields_of(R& r) {
  auto& [paused_until, engine_alert_key, mass_alert_key, mass_since, mass_critical, engine_told, mass_told] =
      r;
  return std::tie(paused_until, engine_alert_key, mass_alert_key, mass_since, mass_critical, engine_told,
                  mass_told);
}

inline const Table& table_of(const Evidence*) {
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

inline const Table& table_of(const Decision*) {
  static const Table table{"decisions", 0, {"at", "workload", "incident", "rule", "inputs", "outcome"}};
  return table;
}
template <class R>
requires std::is_same_v<std::remove_const_t<R>, Decision>
auto fields_of(R& r) {
  auto& [at, workload, incident, rule, inputs, outcome] = r;
  return std::tie(at, workload, incident, rule, inputs, outcome);
}

inline std::string joined(std::span<const char* const> names) {
  std::string text;
  for (const char* name : names) text += (text.empty() ? "" : ",") + std::string(name);
  return text;
}

template <class R>
std::string plain_insert_sql() {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  std::string marks = "?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) marks += ",?";
  return "INSERT INTO " + std::string(table.name) + " (" + joined(table.columns) + table.more_columns +
         ") VALUES (" + marks + table.more_values + ")";
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
  if (std::string_view(table.more_columns) == ",written_at") sql += ",written_at=excluded.written_at";
  return sql;
}

template <class R>
std::string select_sql(const std::string& rest) {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  return "SELECT " + joined(table.columns) + " FROM " + table.name + " " + rest;
}

// ---- one column each way

template <class T>
SqlResult<void> put(Statement& to, int index, const T& value) {
  if constexpr (std::is_enum_v<T>)
    return to.bind(index, std::string_view(to_string(value)));
  else
    return to.bind(index, static_cast<std::int64_t>(value));
}
inline SqlResult<void> put(Statement& to, int index, const std::string& value) {
  return to.bind(index, std::string_view(value));
}
template <class Tag>
SqlResult<void> put(Statement& to, int index, const StrongId<Tag>& value) {
  return to.bind(index, static_cast<std::int64_t>(value.value));
}
inline SqlResult<void> put(Statement& to, int index, const Instant& value) {
  return to.bind(index, static_cast<std::int64_t>(value.time_since_epoch().count()));
}
inline SqlResult<void> put(Statement& to, int index, const std::optional<Instant>& value) {
  return value ? put(to, index, *value) : to.bind_null(index);
}
inline SqlResult<void> put(Statement& to, int index, const std::vector<Duration>& value) {
  std::string text;
  for (const Duration& each : value) text += (text.empty() ? "" : ",") + std::to_string(each.count());
  return put(to, index, text);
}

// A line each: names are one line of printable text.
inline SqlResult<void> put(Statement& to, int index, const std::vector<std::string>& value) {
  std::string text;
  for (const std::string& each : value) text += printable(each) + '\n';
  return put(to, index, text);
}

// A line each, its fields apart by tabs: what they hold is one line of printable text.
inline SqlResult<void> put(Statement& to, int index, const std::vector<Escalation>& value) {
  std::string text;
  for (const Escalation& each : value)
    text += fmt::format("{}\t{}\t{}\n", printable(each.route), each.due.time_since_epoch().count(),
                        each.done ? 1 : 0);
  return put(to, index, text);
}
inline SqlResult<void> put(Statement& to, int index, const std::vector<FiringSignal>& value) {
  std::string text;
  for (const FiringSignal& each : value) {
    for (const std::string* field : {&each.source, &each.id, &each.name, &each.text})
      text += printable(*field) + '\t';
    text += fmt::format("{}\t{}\t{}\n", each.act ? 1 : 0, each.since.time_since_epoch().count(),
                        each.told_at.time_since_epoch().count());
  }
  return put(to, index, text);
}

// Whether the column holds a value that makes sense for the field.
template <class T>
SqlResult<bool> take(const Statement& from, int index, T& value) {
  if constexpr (std::is_enum_v<T>) {
    const auto text = from.text(index);
    if (!text) return tl::unexpected(text.error());
    const auto read = enum_of<T>(*text);
    if (read) value = *read;
    return read.has_value();
  } else {
    const auto number = from.integer(index);
    if (!number) return tl::unexpected(number.error());
    if (!std::in_range<std::conditional_t<std::is_same_v<T, bool>, int, T>>(*number)) return false;
    value = static_cast<T>(*number);
    return !std::is_same_v<T, bool> || *number == 0 || *number == 1;
  }
}
inline SqlResult<bool> take(const Statement& from, int index, std::string& value) {
  auto text = from.text(index);
  if (!text) return tl::unexpected(std::move(text.error()));
  value = std::move(*text);
  return true;
}
template <class Tag>
SqlResult<bool> take(const Statement& from, int index, StrongId<Tag>& value) {
  const auto number = from.integer(index);
  if (!number) return tl::unexpected(number.error());
  value.value = static_cast<std::uint64_t>(*number);
  return *number >= 0;  // 0: none
}
inline SqlResult<bool> take(const Statement& from, int index, Instant& value) {
  const auto number = from.integer(index);
  if (!number) return tl::unexpected(number.error());
  value = Instant{Duration{*number}};
  return true;
}
inline SqlResult<bool> take(const Statement& from, int index, std::optional<Instant>& value) {
  const auto null = from.is_null(index);
  if (!null) return tl::unexpected(null.error());
  value = std::nullopt;
  return *null ? true : take(from, index, value.emplace());
}

inline bool take_number(const std::string& field, std::int64_t& number) {
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  return error == std::errc{} && end == field.data() + field.size();
}

inline bool take_each(const std::string& text, std::vector<Duration>& value) {
  if (text.empty()) return true;
  for (const std::string& each : split(text, ',')) {
    std::int64_t number = 0;
    if (!take_number(each, number)) return false;
    value.emplace_back(number);
  }
  return true;
}
inline bool take_each(const std::string& text, std::vector<std::string>& value) {
  for (std::string& line : split(text, '\n'))
    if (!line.empty()) value.push_back(std::move(line));
  return true;
}
inline bool take_each(const std::string& text, std::vector<Escalation>& value) {
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = split(line, '\t');
    std::int64_t due = 0;
    if (fields.size() != 3 || !take_number(fields[1], due)) return false;
    value.push_back({fields[0], Instant{Duration{due}}, fields[2] == "1"});
  }
  return true;
}
inline bool take_each(const std::string& text, std::vector<FiringSignal>& value) {
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = split(line, '\t');
    std::int64_t numbers[3] = {};
    if (fields.size() != 7) return false;
    for (std::size_t i = 0; i < 3; ++i)
      if (!take_number(fields[4 + i], numbers[i])) return false;
    value.push_back({fields[0], fields[1], fields[2], fields[3], numbers[0] != 0,
                     Instant{Duration{numbers[1]}}, Instant{Duration{numbers[2]}}});
  }
  return true;
}
template <class Each>
SqlResult<bool> take(const Statement& from, int index, std::vector<Each>& value) {
  const auto text = from.text(index);
  if (!text) return tl::unexpected(text.error());
  value.clear();
  return take_each(*text, value);
}

// ---- whole rows

inline std::string place(const Table& table, int index) {
  return std::string("table ") + table.name + ", column " + table.columns[static_cast<std::size_t>(index)];
}

inline SqlError wrong_count(int code, const char* what, int given, int wanted) {
  return SqlError{code,
                  std::string(what) + ": " + std::to_string(given) + " instead of " + std::to_string(wanted)};
}

/// Binds all of a statement's parameters; fewer or more values than it takes are an error.
template <class Fields>
SqlResult<void> bind_all(Statement& statement, const Fields& fields, const Table* table = nullptr) {
  constexpr int count = static_cast<int>(std::tuple_size_v<Fields>);
  if (count != statement.parameters())
    return tl::unexpected(wrong_count(SqlError::range, "values to bind", count, statement.parameters()));
  SqlResult<void> done;
  int index = 0;
  const auto one = [&](const auto& field) {
    if (!done) return;
    done = put(statement, index, field);
    if (!done && table) done = tl::unexpected(std::move(done.error()).at(place(*table, index)));
    ++index;
  };
  std::apply([&](const auto&... field) { (one(field), ...); }, fields);
  return done;
}

inline SqlResult<void> execute(Statement& statement) {
  auto stepped = statement.step();
  statement.reset();
  if (!stepped) return tl::unexpected(std::move(stepped.error()));
  return {};
}

template <class... Values>
SqlResult<void> execute_with(Statement& statement, const Values&... values) {
  if (auto done = bind_all(statement, std::tie(values...)); !done) return done;
  return execute(statement);
}

template <class R>
SqlResult<void> store_row(Statement& statement, const R& record) {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  if (auto done = bind_all(statement, fields_of(record), &table); !done) return done;
  auto done = execute(statement);
  if (!done) return tl::unexpected(std::move(done.error()).at(std::string("table ") + table.name));
  return done;
}

/// Rows that make no sense: left out, and reported.
struct RowDamage {
  std::size_t rows = 0;
  std::string first;  ///< what was wrong with the first of them
};

/// Reads the rows of a bound statement; resets it afterwards.
template <class R>
SqlResult<void> load_rows(Statement& statement, std::vector<R>& into, RowDamage& damage) {
  const Table& table = table_of(static_cast<const R*>(nullptr));
  constexpr int count = static_cast<int>(std::tuple_size_v<decltype(fields_of(std::declval<R&>()))>);
  if (count != statement.columns())
    return tl::unexpected(
        wrong_count(SqlError::range, "columns to read", count, statement.columns()).at(table.name));
  while (true) {
    const auto row = statement.step();
    if (!row) {
      statement.reset();
      return tl::unexpected(SqlError(row.error()).at(std::string("table ") + table.name));
    }
    if (!*row) break;
    R record;
    int index = 0;
    int wrong = -1;
    std::optional<SqlError> error;
    const auto one = [&](auto& field) {
      if (wrong >= 0) return;
      auto taken = take(statement, index, field);
      if (!taken && !taken.error().mismatch()) error = std::move(taken.error());
      if (!taken || !*taken) wrong = index;
      ++index;
    };
    std::apply([&](auto&... field) { (one(field), ...); }, fields_of(record));
    if (error) {
      statement.reset();
      return tl::unexpected(std::move(*error).at(place(table, wrong)));
    }
    if (wrong < 0) {
      into.push_back(std::move(record));
    } else if (++damage.rows == 1) {
      damage.first = "row " + statement.text(0).value_or("NULL") + " of " + place(table, wrong) +
                     ", holds \"" + statement.text(wrong).value_or("NULL").substr(0, 60) + "\"";
    }
  }
  statement.reset();
  return {};
}

}  // namespace healer::store
