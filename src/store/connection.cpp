#include "store/connection.hpp"

#include <cstdint>
#include <filesystem>
#include <system_error>
#include <utility>

#include "store/schema.hpp"

namespace healer::store {
namespace {

using Kind = OpenProblem::Kind;

tl::unexpected<OpenProblem> problem(Kind kind, ErrorCode code, std::string message) {
  return tl::unexpected(
      OpenProblem{kind, Error{code, std::move(message)}, kind == Kind::Damaged ? "damaged" : ""});
}

tl::unexpected<OpenProblem> problem_of(const std::string& path, const SqlError& error) {
  const std::string file = "state file " + path;
  if (error.damaged())
    return problem(Kind::Damaged, ErrorCode::Storage, file + " is damaged: " + error.message);
  if (error.locked())
    return problem(Kind::Refused, ErrorCode::Conflict,
                   file + " is locked by another program: " + error.message);
  return problem(Kind::Unusable, ErrorCode::Storage, file + " cannot be used: " + error.message);
}

// SQLite treats a file smaller than this as empty and would overwrite it.
constexpr std::uintmax_t smallest_page = 512;

// Checks whether the file is healer's, its schema version, and whether it is damaged.
tl::expected<void, OpenProblem> examine(Database& database, const std::string& path) {
  const std::string file = "state file " + path;
  std::error_code absent;  // ":memory:" has no size
  const std::uintmax_t size = std::filesystem::file_size(path, absent);
  if (!absent && size > 0 && size < smallest_page)
    return problem(Kind::Damaged, ErrorCode::Storage,
                   file + " is damaged: it has " + std::to_string(size) + " bytes, too few for a database");
  const auto version = database.number("PRAGMA user_version");
  if (!version) return problem_of(path, version.error());
  const auto application = database.number("PRAGMA application_id");
  if (!application) return problem_of(path, application.error());
  const auto objects = database.number("SELECT count(*) FROM sqlite_master");
  if (!objects) return problem_of(path, objects.error());

  const bool empty = *objects == 0 && *version == 0;
  if (!empty && *application != application_id)
    return problem(Kind::Refused, ErrorCode::InvalidInput,
                   file +
                       " is a database of another program; give healer a file of its own (--state, "
                       "HEALER_STATE)");
  const std::int64_t newest = newest_version(migrations());
  if (*version > newest)
    return problem(Kind::Refused, ErrorCode::InvalidInput,
                   file + " was written by a newer healer (schema " + std::to_string(*version) +
                       ", this one knows up to " + std::to_string(newest) +
                       "); run that version, or give this one a state file of its own (--state, "
                       "HEALER_STATE)");
  if (*version < 0)
    return problem(Kind::Damaged, ErrorCode::Storage,
                   file + " is damaged: its schema version is " + std::to_string(*version));
  if (*version > 0 && *version < first_version)
    return tl::unexpected(OpenProblem{
        Kind::Old,
        Error{ErrorCode::Storage, file + " has schema " + std::to_string(*version) +
                                      ", from before the first release; this healer reads schema " +
                                      std::to_string(first_version) + " and later"},
        "schema-" + std::to_string(*version)});
  const auto check = database.text("PRAGMA quick_check(1)");
  if (!check) return problem_of(path, check.error());
  if (*check != "ok")
    return problem(Kind::Damaged, ErrorCode::Storage, file + " is damaged: quick_check says: " + *check);
  return {};
}

SqlResult<Records::Loaded> prepare(Connection& connection, Instant now) {
  Database& database = *connection.database;
  // NORMAL: a commit does not flush the log to the disk. The kernel has the committed data, so the data
  // survives the death of this process, as store.hpp promises. No automatic checkpoint: it would make the
  // commit that fills the log wait for the disk. The worker makes checkpoints when no job waits.
  for (const char* pragma : {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL",
                             "PRAGMA wal_autocheckpoint=0", "PRAGMA journal_size_limit=4194304"}) {
    auto set = database.run(pragma);
    if (!set) return tl::unexpected(std::move(set.error()));
  }
  // The log keeps its size, so that a full disk does not keep a later commit from being written.
  if (auto set = database.keep_log_on_close(); !set) return tl::unexpected(std::move(set.error()));
  auto led = migrate(database, migrations());
  if (!led) return tl::unexpected(std::move(led.error()));
  reserve_space(database);
  auto records = Records::prepare(database);
  if (!records) return tl::unexpected(std::move(records.error()));
  connection.records = std::move(*records);
  return connection.records->load(now);
}

/// Bytes of free pages that the file has for a full disk.
constexpr std::int64_t reserved = 512 << 10;

}  // namespace

void reserve_space(Database& database) {
  const auto pages = database.number("PRAGMA freelist_count");
  const auto size = database.number("PRAGMA page_size");
  if (!pages || !size || *pages * *size >= reserved / 2) return;
  // The pages of a table that is dropped stay in the file, free.
  const std::string filled =
      "BEGIN IMMEDIATE; CREATE TABLE reserve(bytes BLOB); INSERT INTO reserve VALUES(zeroblob(" +
      std::to_string(reserved) + ")); COMMIT; ";
  if (!database.run(filled + "DROP TABLE reserve"))
    (void)database.run("ROLLBACK");
  else
    (void)database.number("PRAGMA wal_checkpoint(RESTART)");  // the next commit overwrites the log
}

Result<std::unique_ptr<Connection>> write_again(Connection& from, const std::string& path) {
  if (auto folder = create_folder_for(path); !folder) return tl::unexpected(std::move(folder.error()));
  std::optional<FileLock> lock;  // the old one was deleted, too
  if (!from.lock || !from.lock->is_of(path)) {
    auto locked = FileLock::acquire(path);
    if (!locked) return tl::unexpected(std::move(locked.error()));
    lock.emplace(std::move(*locked));
  }
  if (auto created = create_private_file(path); !created) return tl::unexpected(std::move(created.error()));
  std::string quoted;
  for (const char c : path) quoted += c == '\'' ? std::string("''") : std::string(1, c);
  if (auto copied = from.database->run("VACUUM INTO '" + quoted + "'"); !copied) {
    remove_file(path);
    return failure(ErrorCode::Storage, std::move(copied.error().message));
  }
  // A log of the deleted file must not be read as the new one's.
  for (const char* part : {"-wal", "-shm"}) remove_file(path + part);
  auto connected = connect(path, Instant{});
  if (!connected) {
    remove_file(path);
    return tl::unexpected(std::move(connected.error().error));
  }
  std::optional<FileLock>& kept = lock ? lock : from.lock;
  connected->connection->lock.emplace(std::move(*kept));
  return std::move(connected->connection);
}

tl::expected<Connected, OpenProblem> connect(const std::string& path, Instant now) {
  auto connection = std::make_unique<Connection>();
  auto database = Database::open(path);
  if (!database) return problem_of(path, database.error());
  connection->database = std::move(*database);
  if (auto set = connection->database->checkpoint_on_close(false); !set) return problem_of(path, set.error());
  // EXCLUSIVE before the first access: SQLite then refuses every other connection, so the defect of SQLite
  // 3.40 that needs two connections cannot happen (docs/decisions).
  if (auto set = connection->database->run("PRAGMA locking_mode=EXCLUSIVE"); !set)
    return problem_of(path, set.error());
  if (auto good = examine(*connection->database, path); !good) return tl::unexpected(std::move(good.error()));
  auto loaded = prepare(*connection, now);
  if (!loaded) return problem_of(path, loaded.error());
  if (auto set = connection->database->checkpoint_on_close(true); !set) return problem_of(path, set.error());
  return Connected{std::move(connection), std::move(*loaded)};
}

}  // namespace healer::store
