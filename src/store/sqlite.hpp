#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "base/ids.hpp"
#include "base/time.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace healer::store {

/// SQLite's result code and one sentence that names the statement.
struct SqlError {
  static constexpr int range = 25;  ///< SQLITE_RANGE

  int code = 0;
  std::string message;
  /// The same error with a place before its message, e.g. "table host, column paused_until".
  SqlError at(const std::string& place) &&;
  /// The value has another type than the caller wants (SQLITE_MISMATCH).
  bool mismatch() const;
  /// The file's content is wrong (SQLITE_CORRUPT, SQLITE_NOTADB), not the disk or the permissions.
  bool damaged() const;
  bool locked() const;
};

template <class T>
using SqlResult = tl::expected<T, SqlError>;

class Statement;

/// One connection. Used by one thread at a time.
class Database {
 public:
  /// Opens an existing file, or ":memory:".
  static SqlResult<Database> open(const std::string& path);

  SqlResult<void> run(const std::string& sql);  ///< one or more statements, results ignored
  SqlResult<Statement> prepare(const std::string& sql);
  /// The first column of the first row, e.g. of a PRAGMA; 0 without a row.
  SqlResult<std::int64_t> number(const std::string& sql);
  SqlResult<std::string> text(const std::string& sql);
  /// Whether closing merges the write-ahead log into the file (SQLite's default). False for a file that
  /// healer must not change.
  SqlResult<void> checkpoint_on_close(bool wanted);
  /// Whether the write-ahead log stays, with its size, when the file is closed.
  SqlResult<void> keep_log_on_close();

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement, for repeated use. Columns and parameters have positions from 0. A position that the
/// statement does not have is an error (SQLITE_RANGE).
class Statement {
 public:
  SqlResult<bool> step();  ///< true: a row is there; false: done
  /// Makes the statement ready for the next use. Reports no error: step() has reported it.
  void reset();

  SqlResult<void> bind(int index, std::int64_t value);
  SqlResult<void> bind(int index, std::string_view value);
  SqlResult<void> bind_null(int index);
  /// How many values the statement takes. Values of an earlier use stay until they are bound again.
  int parameters() const;

  /// Errors of the next three: SQLITE_RANGE without a row or such a column. SQLITE_MISMATCH when integer() or
  /// text() finds NULL, or integer() finds another type.
  SqlResult<std::int64_t> integer(int index) const;
  SqlResult<std::string> text(int index) const;
  SqlResult<bool> is_null(int index) const;
  /// How many columns a row has.
  int columns() const;

 private:
  friend class Database;
  SqlResult<void> bound(int code, int index);
  SqlError error(int code, std::string_view what) const;
  SqlResult<int> type(int index) const;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace healer::store
