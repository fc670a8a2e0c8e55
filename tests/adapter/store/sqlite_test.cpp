// Tests that errors of SQLite reach the caller.
#include <sqlite3.h>

#include "adapter/store/fixture.hpp"
#include "store/records.hpp"
#include "store/schema.hpp"
#include "store/sqlite.hpp"

using namespace healer;
using namespace healer::store;

namespace {

Database with_table() {
  auto database = Database::open(":memory:");
  REQUIRE(database.has_value());
  REQUIRE(
      database->run("CREATE TABLE t (number INTEGER, word TEXT, CHECK (number < 100)) STRICT").has_value());
  return std::move(*database);
}

Statement prepared(Database& database, const std::string& sql) {
  auto statement = database.prepare(sql);
  if (!statement) FAIL(statement.error().message);
  return std::move(*statement);
}

template <class T>
int code_of(const SqlResult<T>& result) {
  return result ? SQLITE_OK : result.error().code & 0xFF;
}

}  // namespace

TEST_CASE("a value for a parameter that the statement lacks is an error") {
  Database database = with_table();
  Statement insert = prepared(database, "INSERT INTO t VALUES (?, ?)");
  CHECK(insert.parameters() == 2);
  CHECK(insert.bind(0, std::int64_t{1}).has_value());
  CHECK(insert.bind(1, "word").has_value());
  for (const int beyond : {-1, 2, 7}) {
    CHECK(code_of(insert.bind(beyond, std::int64_t{1})) == SQLITE_RANGE);
    CHECK(code_of(insert.bind(beyond, "word")) == SQLITE_RANGE);
    CHECK(code_of(insert.bind_null(beyond)) == SQLITE_RANGE);
  }
  const auto refused = insert.bind(2, "word");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message.find("parameter 2") != std::string::npos);
  CHECK(refused.error().message.find("INSERT INTO t") != std::string::npos);
}

TEST_CASE("a value for a running statement is an error") {
  Database database = with_table();
  REQUIRE(database.run("INSERT INTO t VALUES (1, 'a'), (2, 'b')").has_value());
  Statement select = prepared(database, "SELECT word FROM t WHERE number > ?");
  REQUIRE(select.bind(0, std::int64_t{0}).has_value());
  REQUIRE(select.step() == true);
  CHECK(code_of(select.bind(0, std::int64_t{1})) == SQLITE_MISUSE);
  select.reset();
  CHECK(select.bind(0, std::int64_t{1}).has_value());
}

TEST_CASE("a column that is missing or of another type is an error") {
  Database database = with_table();
  REQUIRE(database.run("INSERT INTO t VALUES (7, 'word'), (NULL, NULL)").has_value());
  Statement select = prepared(database, "SELECT number, word FROM t ORDER BY rowid");
  CHECK(select.columns() == 2);
  CHECK(code_of(select.integer(0)) == SQLITE_RANGE);  // before the first row

  REQUIRE(select.step() == true);
  CHECK(select.integer(0) == 7);
  CHECK(select.text(1) == "word");
  CHECK(select.is_null(1) == false);
  for (const int beyond : {-1, 2, 7}) {
    CHECK(code_of(select.integer(beyond)) == SQLITE_RANGE);
    CHECK(code_of(select.text(beyond)) == SQLITE_RANGE);
    CHECK(code_of(select.is_null(beyond)) == SQLITE_RANGE);
  }
  CHECK(code_of(select.integer(1)) == SQLITE_MISMATCH);

  REQUIRE(select.step() == true);
  CHECK(select.is_null(0) == true);
  CHECK(code_of(select.integer(0)) == SQLITE_MISMATCH);
  CHECK(code_of(select.text(1)) == SQLITE_MISMATCH);

  REQUIRE(select.step() == false);
  CHECK(code_of(select.text(1)) == SQLITE_RANGE);  // after the last row
}

TEST_CASE("a step that fails is an error, and the statement can be used again") {
  Database database = with_table();
  Statement insert = prepared(database, "INSERT INTO t VALUES (?, ?)");
  REQUIRE(insert.bind(0, std::int64_t{100}).has_value());
  const auto refused = insert.step();
  CHECK(code_of(refused) == SQLITE_CONSTRAINT);
  insert.reset();
  REQUIRE(insert.bind(0, "no number").has_value());
  CHECK(code_of(insert.step()) == SQLITE_CONSTRAINT);
  insert.reset();
  REQUIRE(insert.bind(0, std::int64_t{99}).has_value());
  CHECK(insert.step() == false);
  CHECK(database.number("SELECT count(*) FROM t") == 1);
}

TEST_CASE("number and text report a column of another type and a failed statement") {
  Database database = with_table();
  CHECK(database.number("SELECT 5") == 5);
  CHECK(database.number("SELECT 5 WHERE false") == 0);
  CHECK(code_of(database.number("SELECT 'five'")) == SQLITE_MISMATCH);
  CHECK(code_of(database.number("SELECT NULL")) == SQLITE_MISMATCH);
  CHECK(code_of(database.text("SELECT NULL")) == SQLITE_MISMATCH);
  CHECK(code_of(database.number("SELECT abs(-9223372036854775808)")) == SQLITE_ERROR);
}

TEST_CASE("a record that the table refuses is an error that names the table, and nothing is written") {
  auto database = Database::open(":memory:");
  REQUIRE(database.has_value());
  REQUIRE(migrate(*database, migrations()).has_value());
  REQUIRE(
      database->run("CREATE TRIGGER no BEFORE INSERT ON host WHEN new.mass_critical "
                    "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END"));
  auto records = Records::prepare(*database);
  REQUIRE(records.has_value());
  HostRecord host;
  host.mass_critical = true;
  const auto refused = records->write({EventCursor{1}, host});
  CHECK(code_of(refused) == SQLITE_CONSTRAINT);
  CHECK(refused.error().message.find("table host") != std::string::npos);
  CHECK(refused.error().message.find("refused by the test") != std::string::npos);
  CHECK(database->number("SELECT count(*) FROM event_cursor") == 0);
}
