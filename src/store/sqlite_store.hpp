#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "store/store.hpp"

namespace healer {

/// Calls its argument soon on the loop, never before it returns. May be called from any thread.
using PostToLoop = std::function<void(std::function<void()>)>;

struct OpenedStore {
  std::unique_ptr<Store> store;
  StoredState state;
  /// For operators: the file is not writable (the store is in memory), or was moved aside because it is
  /// damaged or has an old schema, or holds invalid rows.
  std::optional<std::string> warning;
};

/// The store on SQLite: one worker thread and one connection behind a bounded queue.
///
/// A commit whose `done` was called survives a kill of the process: the kernel has the write-ahead log. (A
/// power cut may lose the newest commits, never the file; docs/decisions explains why that is enough.) The
/// destructor executes queued jobs for at most a second; no completion is called afterwards.
class SqliteStore final : public Store {
 public:
  static constexpr std::size_t queue_limit = 4096;

  /// Opens or creates the state file and reads the StoredState. `now` limits the attempts that are read
  /// (record.hpp) and is part of the name of a file moved aside.
  ///
  /// A file that is not writable: a store in memory, with a warning. A damaged file, or a schema before 10:
  /// the file is moved aside and a new file begun, with a warning. Errors: Conflict if another process uses
  /// the file; InvalidInput if the file belongs to a newer healer or another program (it is not changed).
  /// A file that is not healer's own (check_own_files, check_own_content in store/file.hpp) is left as it is:
  /// a store in memory, with a warning.
  ///
  /// `notice` is called on the loop with a text for operators when the file is deleted while healer
  /// runs (it is written again, with everything in it) or another one is put in its place (that one is left
  /// alone).
  static Result<OpenedStore> open(const std::string& path, PostToLoop post, Instant now,
                                  std::function<void(std::string)> notice = {});

  /// A store in memory: everything is lost when the process ends. `why` becomes the warning.
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
