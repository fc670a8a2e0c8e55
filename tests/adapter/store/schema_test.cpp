// Tests that the SQL schema agrees with the descriptions of the records, and that every released schema is
// read.
#include <algorithm>
#include <set>

#include "adapter/store/fixture.hpp"
#include "store/schema.hpp"
#include "store/tables.hpp"

using namespace healer;
using namespace healer::store;
using namespace healer::testing;

namespace {

Database newest_schema() {
  auto database = Database::open(":memory:");
  REQUIRE(database.has_value());
  REQUIRE(migrate(*database, migrations()).has_value());
  return std::move(*database);
}

std::string line_of(std::string_view name, std::string_view type, bool nullable, bool key) {
  return std::string(name) + " " + std::string(type) + (nullable ? "" : " NOT NULL") + (key ? " KEY" : "");
}

std::set<std::string> in_schema(Database& database, std::string_view table) {
  std::set<std::string> columns;
  auto statement = database.prepare("SELECT name, type, \"notnull\", pk FROM pragma_table_info(?)");
  REQUIRE(statement.has_value());
  REQUIRE(statement->bind(0, table).has_value());
  while (statement->step().value())
    columns.insert(line_of(statement->text(0).value(), statement->text(1).value(),
                           statement->integer(2).value() == 0, statement->integer(3).value() > 0));
  return columns;
}

template <class R>
std::set<std::string> in_description() {
  std::set<std::string> columns;
  for (const Column& column : columns_of<R>())
    columns.insert(line_of(column.name, column.type, column.nullable, column.key));
  constexpr auto own = own_column<R>();
  if (own) columns.insert(line_of(own->name, "INTEGER", false, own->role == OwnColumn::Role::Key));
  return columns;
}

/// "+ line" for a column only in the schema, "- line" for one only in the description, joined by "; ".
template <class R>
std::string differences(Database& database) {
  const auto schema = in_schema(database, Table<R>::name);
  const auto described = in_description<R>();
  std::string found;
  for (const std::string& line : schema)
    if (!described.contains(line)) found += (found.empty() ? "+ " : "; + ") + line;
  for (const std::string& line : described)
    if (!schema.contains(line)) found += (found.empty() ? "- " : "; - ") + line;
  return found;
}

}  // namespace

TEST_CASE("every table has exactly the columns of its record") {
  Database database = newest_schema();
  std::set<std::string> known{"counters"};
  for_each_table([&]<class R>(R*) {
    CAPTURE(Table<R>::name);
    CHECK(differences<R>(database) == "");
    known.insert(std::string(Table<R>::name));
  });
  auto tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'");
  REQUIRE(tables.has_value());
  std::set<std::string> present;
  while (tables->step().value()) present.insert(tables->text(0).value());
  CHECK(present == known);
}

TEST_CASE("an extra or missing column, or one of another type or NULL rule, is reported") {
  Database database = newest_schema();
  REQUIRE(database.run("ALTER TABLE host ADD COLUMN more INTEGER").has_value());
  CHECK(differences<HostRecord>(database) == "+ more INTEGER");
  REQUIRE(
      database.run("ALTER TABLE host DROP COLUMN more; ALTER TABLE host DROP COLUMN mass_notified_channels")
          .has_value());
  CHECK(differences<HostRecord>(database) == "- mass_notified_channels TEXT NOT NULL");
  REQUIRE(database.run("ALTER TABLE host ADD COLUMN mass_notified_channels INTEGER").has_value());
  CHECK(differences<HostRecord>(database) ==
        "+ mass_notified_channels INTEGER; - mass_notified_channels TEXT NOT NULL");
}

TEST_CASE("members of nested structs are columns named after both") {
  std::vector<std::string> names;
  for (const Column& column : columns_of<Attempt>()) names.push_back(column.name);
  CHECK(std::count(names.begin(), names.end(), "instance_container_id") == 1);
  CHECK(std::count(names.begin(), names.end(), "instance_started_at") == 1);
  CHECK(std::count(names.begin(), names.end(), "instance") == 0);
}

TEST_CASE("a value that cannot be bound is an error that names table and column") {
  Database database = newest_schema();
  auto busy = database.prepare("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?");
  REQUIRE(busy.has_value());
  REQUIRE(busy->step() == true);  // SQLite binds no values while a row is open
  const auto refused = write_row(*busy, HostRecord{});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.starts_with("table host, column paused_until: "));
}

TEST_CASE("a statement with another number of columns than its record is an error that names the table") {
  Database database = newest_schema();
  auto narrow = database.prepare("INSERT INTO host (id, mass_since) VALUES (1, ?)");
  REQUIRE(narrow.has_value());
  const auto refused = write_row(*narrow, HostRecord{});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "table host: 9 columns to write instead of 1");

  auto few = database.prepare("SELECT mass_since FROM host");
  REQUIRE(few.has_value());
  std::vector<HostRecord> rows;
  RowDamage damage;
  const auto unread = read_rows(*few, rows, damage);
  REQUIRE_FALSE(unread.has_value());
  CHECK(unread.error().message == "table host: 9 columns to read instead of 1");

  auto receipt = database.prepare("DELETE FROM receipts WHERE channel = ? AND dedup_key = ?");
  REQUIRE(receipt.has_value());
  CHECK_FALSE(bind_all(*receipt, std::string("slack")).has_value());
}

TEST_CASE("a file of every released schema is read by the newest") {
  for (std::int64_t version = first_version; version <= newest_version(migrations()); ++version) {
    CAPTURE(version);
    Folder folder;
    PostBox box;
    const std::string path = folder.file("s.db");
    write_file(path, "");
    {
      auto database = Database::open(path);
      REQUIRE(database.has_value());
      const std::string sql = read_file(FIXTURES "/version_" + std::to_string(version) + ".sql");
      REQUIRE_MESSAGE(!sql.empty(), "each schema has a stored file of its own");
      const auto run = database->run(sql);
      if (!run) FAIL(run.error().message);
      CHECK(database->number("PRAGMA user_version") == version);
    }
    OpenedStore opened = open_store(path, box);
    CHECK(opened.warning.value_or("") == "");
    const StoredState& state = opened.state;

    REQUIRE(state.workloads.size() == 1);
    const WorkloadRecord& workload = state.workloads[0];
    CHECK(workload.key == "shop/web/1");
    CHECK(workload.last_instance == InstanceId{"c0ffee", "2026-11-22T10:00:00.123456789Z"});
    CHECK(workload.starts == std::vector<Duration>{1200ms, 3400ms});
    CHECK(workload.unclean_starts.empty());
    CHECK(workload.breaker == BreakerState::HalfOpen);
    CHECK(workload.paused_until == Instant{Duration{1'799'999'200'003}});
    REQUIRE(workload.alerts.size() == 1);
    CHECK(workload.alerts[0] == FiringAlert{"alertmanager", "f1", "HighErrorRate", "5 % fail", false,
                                            Instant{Duration{1'799'999'200'004}},
                                            Instant{Duration{1'799'999'200'005}}});
    CHECK(state.host.engine_notified_channels == std::vector<std::string>{"slack", "on call"});
    CHECK(state.host.mass_notified_channels == std::vector<std::string>{"slack"});
    CHECK(state.host.mass_critical);
    CHECK(state.cursor == EventCursor{1'790'000'000'123'456'789});
    CHECK(state.host.engine_stops_until == 1'790'000'000'123'456'700);
    REQUIRE(state.open_incidents.size() == 1);
    CHECK(state.open_incidents[0].cause == IncidentCause::ProbeFailed);
    CHECK(std::get<CheckProblem>(state.open_incidents[0].reason).number == 503);
    CHECK(state.open_incidents[0].escalations ==
          std::vector<Escalation>{{"second line", Instant{Duration{1'799'999'500'000}}, true}});
    REQUIRE(state.attempts.size() == 1);
    CHECK(state.attempts[0].state == AttemptState::Ordered);
    CHECK(state.attempts[0].note == AttemptNote{});
    REQUIRE(state.pending_notifications.size() == 1);
    CHECK(state.pending_notifications[0].text == "shop-web-1 is unhealthy");
    REQUIRE(state.pending_deliveries.size() == 1);
    CHECK(state.pending_deliveries[0].tries == 2);
    REQUIRE(state.receipts.size() == 1);
    CHECK(state.receipts[0].text == "C1/100.1");
    CHECK(state.last_incident == 41);
    CHECK(state.last_attempt == 17);
    CHECK(state.last_notification == 30);

    const auto file = incident_file(*opened.store, box, 41);
    REQUIRE(file.has_value());
    CHECK(file->evidence.size() == 1);
    CHECK(file->decisions.size() == 1);
    CHECK(file->notifications.size() == 1);
    CHECK(history(*opened.store, box, {}).size() == 2);
    CHECK(commit(*opened.store, box, {workload, state.host, state.cursor}).has_value());
  }
}
