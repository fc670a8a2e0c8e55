#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "store/file.hpp"
#include "store/records.hpp"
#include "store/sqlite.hpp"

namespace healer::store {

/// Why a state file was not opened: it decides between moving aside, refusing to start and going on in
/// memory.
struct OpenProblem {
  enum class Kind {
    Damaged,  ///< the content is wrong
    Old,      ///< of a schema from before the first release
    Refused,  ///< another program's, or a newer healer's: not ours to change
    Unusable  ///< the disk or the rights do not allow it
  };
  Kind kind = Kind::Unusable;
  Error error;
  std::string mark = {};  ///< for the name of a file moved aside: "damaged", "schema-7"; else empty
};

/// An open state file with its statements. Members are destroyed from the end: the statements before
/// their database, the lock last.
struct Connection {
  std::optional<FileLock> lock;
  std::optional<Database> database;
  std::optional<Records> records;
};

struct Connected {
  std::unique_ptr<Connection> connection;
  Records::Loaded loaded;
};

/// Opens a file that exists (or ":memory:"), examines it before anything is changed, leads it to the
/// newest schema and reads it.
tl::expected<Connected, OpenProblem> connect(const std::string& path, Instant now);

}  // namespace healer::store
