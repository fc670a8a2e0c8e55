#include "store/sqlite.hpp"

#include <utility>

#include <sqlite3.h>

namespace healer::store {
namespace {

constexpr int busy_timeout_ms = 2000;
constexpr std::size_t shown_sql = 60;  // bytes of a statement in an error's text

SqlError error_of(sqlite3* handle, int code, std::string_view sql) {
  std::string message = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  message += " (SQLite code " + std::to_string(code);
  if (!sql.empty()) message += ", in \"" + std::string(sql.substr(0, shown_sql)) + "\"";
  return SqlError{code, message + ")"};
}

}  // namespace

static_assert(SqlError::range == SQLITE_RANGE);

SqlError SqlError::at(const std::string& place) && {
  message.insert(0, place + ": ");
  return std::move(*this);
}

bool SqlError::mismatch() const {
  return (code & 0xFF) == SQLITE_MISMATCH;
}

bool SqlError::damaged() const {
  const int primary = code & 0xFF;
  return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool SqlError::locked() const {
  const int primary = code & 0xFF;
  return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}

void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

SqlResult<Database> Database::open(const std::string& path) {
  // Never CREATE: create_private_file() makes the file with its mode. NOMUTEX: one thread at a time uses it.
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  if (path == ":memory:") flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database;
  database.handle_.reset(handle);  // also after a failure: SQLite requires that the handle is closed
  if (code != SQLITE_OK) return tl::unexpected(error_of(handle, code, {}));
  if (const int set = sqlite3_busy_timeout(handle, busy_timeout_ms); set != SQLITE_OK)
    return tl::unexpected(error_of(handle, set, {}));
  return database;
}

SqlResult<void> Database::run(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error_of(handle_.get(), code, sql));
  return {};
}

SqlResult<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error_of(handle_.get(), code, sql));
  Statement statement;
  statement.handle_.reset(handle);
  return statement;
}

SqlResult<std::int64_t> Database::number(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return 0;
  return statement->integer(0);
}

SqlResult<std::string> Database::text(const std::string& sql) {
  auto statement = prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  const auto row = statement->step();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return std::string{};
  return statement->text(0);
}

SqlResult<void> Database::checkpoint_on_close(bool wanted) {
  const int code =
      sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, wanted ? 0 : 1, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(error_of(handle_.get(), code, {}));
  return {};
}

SqlResult<void> Database::keep_log_on_close() {
  int on = 1;
  const int code = sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_PERSIST_WAL, &on);
  // In memory there is no log.
  if (code != SQLITE_OK && code != SQLITE_NOTFOUND) return tl::unexpected(error_of(handle_.get(), code, {}));
  return {};
}

SqlResult<bool> Statement::step() {
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(error_of(sqlite3_db_handle(handle_.get()), code, sqlite3_sql(handle_.get())));
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

// Not sqlite3_errmsg: some of these failures do not set it.
SqlError Statement::error(int code, std::string_view what) const {
  std::string message = sqlite3_errstr(code);
  message += " (SQLite code " + std::to_string(code) + ", " + std::string(what) + " of \"" +
             std::string(sqlite3_sql(handle_.get())).substr(0, shown_sql) + "\")";
  return SqlError{code, std::move(message)};
}

SqlResult<void> Statement::bound(int code, int index) {
  if (code != SQLITE_OK) return tl::unexpected(error(code, "parameter " + std::to_string(index)));
  return {};
}

SqlResult<void> Statement::bind(int index, std::int64_t value) {
  return bound(sqlite3_bind_int64(handle_.get(), index + 1, value), index);
}

SqlResult<void> Statement::bind(int index, std::string_view value) {
  // A null pointer would bind NULL instead of the empty text.
  return bound(sqlite3_bind_text64(handle_.get(), index + 1, value.data() ? value.data() : "", value.size(),
                                   SQLITE_TRANSIENT, SQLITE_UTF8),
               index);
}

SqlResult<void> Statement::bind_null(int index) {
  return bound(sqlite3_bind_null(handle_.get(), index + 1), index);
}

int Statement::parameters() const {
  return sqlite3_bind_parameter_count(handle_.get());
}

int Statement::columns() const {
  return sqlite3_column_count(handle_.get());
}

// SQLite gives NULL for a column that does not exist and, without a row, for every column.
SqlResult<int> Statement::type(int index) const {
  if (index < 0 || index >= sqlite3_data_count(handle_.get()))
    return tl::unexpected(error(SQLITE_RANGE, "column " + std::to_string(index)));
  return sqlite3_column_type(handle_.get(), index);
}

SqlResult<std::int64_t> Statement::integer(int index) const {
  const auto stored = type(index);
  if (!stored) return tl::unexpected(stored.error());
  if (*stored != SQLITE_INTEGER)
    return tl::unexpected(error(SQLITE_MISMATCH, "column " + std::to_string(index)));
  return sqlite3_column_int64(handle_.get(), index);
}

SqlResult<std::string> Statement::text(int index) const {
  const auto stored = type(index);
  if (!stored) return tl::unexpected(stored.error());
  if (*stored == SQLITE_NULL)
    return tl::unexpected(error(SQLITE_MISMATCH, "column " + std::to_string(index)));
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), index));
  // A null pointer also stands for an empty BLOB.
  if (!bytes && sqlite3_errcode(sqlite3_db_handle(handle_.get())) == SQLITE_NOMEM)
    return tl::unexpected(error(SQLITE_NOMEM, "column " + std::to_string(index)));
  if (!bytes) return std::string{};
  return std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), index)));
}

SqlResult<bool> Statement::is_null(int index) const {
  const auto stored = type(index);
  if (!stored) return tl::unexpected(stored.error());
  return *stored == SQLITE_NULL;
}

}  // namespace healer::store
