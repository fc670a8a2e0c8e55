#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/file.hpp"
#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

/// Why a state file was not opened. The kind decides whether healer moves the file aside, refuses to start,
/// or continues in memory.
struct OpenProblem {
  enum class Kind {
    Damaged,  ///< the content is wrong
    Old,      ///< the schema is older than the first release
    Refused,  ///< the file belongs to another program or a newer healer: healer must not change it
    Unusable  ///< the disk or the file's permissions do not allow it
  };
  Kind kind = Kind::Unusable;
  Error error;
  std::string mark = {};  ///< part of the name of a file moved aside: "damaged", "schema-7"; else empty
};

/// An open state file with its statements. The order of the members matters for destruction: first the
/// statements, then their database, the lock last.
struct Connection {
  std::optional<FileLock> lock;
  std::optional<Database> database;
  std::optional<Records> records;
};

struct Connected {
  std::unique_ptr<Connection> connection;
  Records::Loaded loaded;
};

/// Opens an existing file (or ":memory:"), examines it before any change, migrates it to the newest schema
/// and reads it.
tl::expected<Connected, OpenProblem> connect(const std::string& path, Instant now);

/// Writes everything that `from` holds to a new file at this path, where there is none, and opens it. When it
/// fails, there is no file, and `from` is as it was. Conflict: another healer has locked the path meanwhile.
Result<std::unique_ptr<Connection>> write_again(Connection& from, const std::string& path);

/// Makes room ahead of need, for the time when the disk is full: free pages in the file, and a write-ahead
/// log that has its size already. Commits then overwrite what is there, until the log is merged into the free
/// pages and begins again. Without room for it, nothing happens.
void reserve_space(Database& database);

}  // namespace healer::store
