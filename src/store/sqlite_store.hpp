#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "store/store.hpp"

namespace healer {

/// Calls its argument on the loop, soon, never from inside; may be called from any thread.
using PostToLoop = std::function<void(std::function<void()>)>;

struct OpenedStore {
  std::unique_ptr<Store> store;
  StoredState state;
  /// For the operator: the file could not be written (and the store is in memory), was moved aside because
  /// it is damaged or of an old schema, or holds rows that make no sense.
  std::optional<std::string> warning;
};

/// The store on SQLite: one worker thread, one connection, behind a bounded queue.
///
/// A commit that was answered survives a kill of the process: it is in the write-ahead log, in the kernel's
/// hands. (A power cut may cost the newest ones, never the file; docs/decisions tells why that is enough.)
/// Destroying it carries out what is queued, for at most a second; completions are not called after that.
class SqliteStore final : public Store {
 public:
  static constexpr std::size_t queue_limit = 4096;

  /// Opens or creates the state file and reads what a new process needs. `now` bounds the attempts read
  /// (record.hpp) and stamps the name of a file moved aside.
  ///
  /// A file that cannot be written: a store in memory, with a warning. A damaged file, or one of a schema
  /// before 10: moved aside, a new one begun, with a warning. Errors: Conflict when another process uses it;
  /// InvalidInput when it belongs to a newer healer or to another program (the file stays as it is).
  static Result<OpenedStore> open(const std::string& path, PostToLoop post, Instant now);

  /// A store that forgets everything at the end. `why` becomes the warning.
  static Result<OpenedStore> open_in_memory(PostToLoop post, std::optional<std::string> why = {});

  ~SqliteStore() override;
  SqliteStore(const SqliteStore&) = delete;
  SqliteStore& operator=(const SqliteStore&) = delete;

  void commit(std::vector<Record> records, std::function<void(Result<void>)> done) override;
  void prune(PruneLimits limits, std::function<void(Result<void>)> done) override;
  void history(HistoryQuery query, std::function<void(Result<std::vector<PastIncident>>)> done) override;
  void incident(IncidentId id, std::function<void(Result<IncidentFile>)> done) override;
  void decisions(std::string workload, std::size_t limit,
                 std::function<void(Result<std::vector<Decision>>)> done) override;
  std::string location() const override;

 private:
  class Worker;
  SqliteStore(std::string location, std::unique_ptr<Worker> worker);

  std::string location_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace healer
