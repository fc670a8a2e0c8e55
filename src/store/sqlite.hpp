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

/// What SQLite answered: its result code and one sentence naming the statement.
struct SqlError {
  int code = 0;
  std::string message;
  /// The file's content is wrong (SQLITE_CORRUPT, SQLITE_NOTADB), as opposed to the disk or the rights.
  bool damaged() const;
  bool locked() const;
};

template <class T>
using SqlResult = tl::expected<T, SqlError>;

class Statement;

/// One connection. Used by one thread at a time.
class Database {
 public:
  /// Opens a file that exists, or ":memory:".
  static SqlResult<Database> open(const std::string& path);

  SqlResult<void> run(const std::string& sql);  ///< one or more statements, results ignored
  SqlResult<Statement> prepare(const std::string& sql);
  /// The first column of the first row, e.g. of a PRAGMA; 0 when there is no row.
  SqlResult<std::int64_t> number(const std::string& sql);
  SqlResult<std::string> text(const std::string& sql);
  /// Whether closing merges the write-ahead log into the file (SQLite's default); not for a file that is
  /// not ours to change.
  void checkpoint_on_close(bool wanted);

 private:
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
};

/// A prepared statement, reused. Columns and parameters are addressed by position, from 0.
class Statement {
 public:
  SqlResult<bool> step();  ///< true: a row is there; false: done
  void reset();

  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind_null(int index);
  std::int64_t integer(int index) const;
  std::string text(int index) const;
  bool is_null(int index) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace healer::store
