#include "store/sqlite_store.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

#include "store/connection.hpp"
#include "store/history.hpp"

namespace healer {
namespace {

constexpr auto flush_limit = std::chrono::seconds(1);
/// The write-ahead log is merged into the file after this long without a job ...
constexpr auto quiet_before_checkpoint = std::chrono::seconds(5);
/// ... or after this many commits without such a pause, so that the log cannot grow without limit.
constexpr unsigned most_commits_between_checkpoints = 20'000;
constexpr const char* cannot_read = "cannot read the state file";

template <class T>
Result<T> result_of(const char* what, store::SqlResult<T> done) {
  if constexpr (std::is_void_v<T>) {
    if (done) return {};
  } else {
    if (done) return std::move(*done);
  }
  return failure(ErrorCode::Storage, std::string(what) + ": " + done.error().message);
}

}  // namespace

// The thread that owns the connection. `alive_` is read and cleared only on the loop: a completion that was
// posted before the store was destroyed finds `alive_` false and does nothing.
class SqliteStore::Worker {
 public:
  /// `path`: of the state file; empty: the store is in memory.
  Worker(std::unique_ptr<store::Connection> connection, PostToLoop post, std::string path = {},
         std::function<void(std::string)> notice = {})
      : connection_(std::move(connection)),
        post_(std::move(post)),
        path_(std::move(path)),
        notice_(std::move(notice)),
        identity_(store::identity_of(path_)),
        thread_([this] { run(); }) {}

  ~Worker() {
    *alive_ = false;
    {
      const std::lock_guard guard(mutex_);
      stop_at_ = std::chrono::steady_clock::now() + flush_limit;
    }
    wake_.notify_one();
    thread_.join();
  }

  enum class Kind { Writes, Asks };

  /// Runs `work` on the worker's thread, then `done` with the result on the loop.
  template <class T>
  void add(Kind kind, std::function<Result<T>(store::Connection&)> work,
           std::function<void(Result<T>)> done) {
    {
      const std::lock_guard guard(mutex_);
      if (jobs_.size() < queue_limit) {
        jobs_.push_back([this, kind, work = std::move(work), done = std::move(done)]() mutable {
          if (kind == Kind::Writes) {
            keep_file();
            ++uncheckpointed_;
          }
          answer<T>(std::move(done), work(*connection_));
        });
        wake_.notify_one();
        return;
      }
    }
    answer<T>(std::move(done),
              failure(ErrorCode::Busy, "the state file is too slow: " + std::to_string(queue_limit) +
                                           " commits and questions are waiting already"));
  }

 private:
  void run() {
    while (true) {
      std::unique_lock guard(mutex_);
      const auto called = [this] { return !jobs_.empty() || stop_at_; };
      if (uncheckpointed_ == 0) {
        wake_.wait(guard, called);
      } else if (uncheckpointed_ >= most_commits_between_checkpoints ||
                 !wake_.wait_for(guard, quiet_before_checkpoint, called)) {
        guard.unlock();
        checkpoint();
        continue;
      }
      if (jobs_.empty() || (stop_at_ && std::chrono::steady_clock::now() >= *stop_at_)) return;
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      guard.unlock();
      job();
    }
  }

  // A failure is ignored: the log with every commit stays, and the next checkpoint merges it.
  void checkpoint() {
    (void)connection_->database->number("PRAGMA wal_checkpoint(RESTART)");
    store::reserve_space(*connection_->database);
    uncheckpointed_ = 0;
  }

  /// Writes to a file that has no name any more would be lost when the process ends.
  void keep_file() {
    if (path_.empty()) return;
    const auto now = store::identity_of(path_);
    if (now == identity_) return;
    if (now) {
      identity_ = now;  // operators are notified once
      tell(
          "state file " + path_ +
          " was replaced by another file while healer runs. healer leaves that one as it is and goes on with "
          "its own, which has no name any more and is lost when healer ends: move the other one away");
      return;
    }
    auto again = store::write_again(*connection_, path_);
    if (!again) {
      if (!std::exchange(failed_again_, true))
        tell("state file " + path_ + " was deleted while healer runs, and cannot be written again: " +
             again.error().message + "; healer tries again with each record");
      return;
    }
    failed_again_ = false;
    connection_ = std::move(*again);
    identity_ = store::identity_of(path_);
    tell("state file " + path_ +
         " was deleted while healer runs; it is written again, with everything in it");
  }

  void tell(std::string text) {
    post_([alive = alive_, this, text = std::move(text)]() mutable {
      if (*alive && notice_) notice_(std::move(text));
    });
  }

  template <class T>
  void answer(std::function<void(Result<T>)> done, Result<T> result) {
    post_([alive = alive_, done = std::move(done), result = std::move(result)]() mutable {
      if (*alive && done) done(std::move(result));
    });
  }

  std::unique_ptr<store::Connection> connection_;
  PostToLoop post_;
  const std::string path_;
  const std::function<void(std::string)> notice_;  ///< called on the loop
  std::optional<store::FileIdentity> identity_;    ///< this and the next: used only by the worker's thread
  bool failed_again_ = false;                      ///< the deleted file could not be written again
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  unsigned uncheckpointed_ = 0;  ///< commits since the last checkpoint; used only by the worker's thread
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::optional<std::chrono::steady_clock::time_point> stop_at_;
  std::thread thread_;  // last member: the thread uses all members above
};

Result<OpenedStore> SqliteStore::open(const std::string& path, PostToLoop post, Instant now,
                                      std::function<void(std::string)> notice) {
  const auto in_memory = [&](const Error& reason) {
    return open_in_memory(post, reason.message +
                                    "; going on in memory: budgets, incidents and notifications are "
                                    "forgotten when healer ends");
  };
  if (auto folder = store::create_folder_for(path); !folder) return in_memory(folder.error());
  if (auto own = store::check_own_files(path); !own) return in_memory(own.error());
  if (auto own = store::check_own_content(path); !own) return in_memory(own.error());
  auto lock = store::FileLock::acquire(path);
  if (!lock && lock.error().code == ErrorCode::Conflict) return tl::unexpected(std::move(lock.error()));
  if (!lock) return in_memory(lock.error());
  if (auto created = store::create_private_file(path); !created) return in_memory(created.error());

  std::optional<std::string> warning;
  auto connected = store::connect(path, now);
  if (!connected && !connected.error().mark.empty()) {
    auto aside = store::move_aside(path, connected.error().mark, wall_time_of(now));
    if (!aside) return in_memory(aside.error());
    warning = connected.error().error.message + ". It is kept as " + *aside +
              "; in the new one, history, restart budgets and undelivered notifications begin anew";
    if (auto created = store::create_private_file(path); !created) return in_memory(created.error());
    connected = store::connect(path, now);
  }
  if (!connected && connected.error().kind == store::OpenProblem::Kind::Refused)
    return tl::unexpected(std::move(connected.error().error));
  if (!connected) return in_memory(connected.error().error);

  auto& [connection, loaded] = *connected;
  if (loaded.damaged_rows > 0)
    warning = "state file " + path + ": " + std::to_string(loaded.damaged_rows) +
              " rows make no sense and are left out; the first: " + loaded.first_problem;
  connection->lock.emplace(std::move(*lock));
  auto worker = std::make_unique<Worker>(std::move(connection), std::move(post), path, std::move(notice));
  return OpenedStore{std::unique_ptr<Store>(new SqliteStore(path, std::move(worker))),
                     std::move(loaded.state), std::move(warning)};
}

Result<OpenedStore> SqliteStore::open_in_memory(PostToLoop post, std::optional<std::string> why) {
  auto connected = store::connect(":memory:", Instant{});
  if (!connected) return tl::unexpected(std::move(connected.error().error));
  auto worker = std::make_unique<Worker>(std::move(connected->connection), std::move(post));
  return OpenedStore{
      std::unique_ptr<Store>(new SqliteStore("memory", std::move(worker))), {}, std::move(why)};
}

SqliteStore::SqliteStore(std::string location, std::unique_ptr<Worker> worker)
    : location_(std::move(location)), worker_(std::move(worker)) {}

SqliteStore::~SqliteStore() = default;

void SqliteStore::commit(std::vector<Record> records, std::function<void(Result<void>)> done) {
  worker_->add<void>(
      Worker::Kind::Writes,
      [records = std::move(records)](store::Connection& connection) -> Result<void> {
        if (records.empty()) return {};
        return result_of("cannot write the state file", connection.records->write(records));
      },
      std::move(done));
}

void SqliteStore::prune(PruneLimits limits, std::function<void(Result<void>)> done) {
  worker_->add<void>(
      Worker::Kind::Writes,
      [limits](store::Connection& connection) {
        return result_of("cannot prune the state file", connection.records->prune(limits));
      },
      std::move(done));
}

void SqliteStore::history(HistoryQuery query, std::function<void(Result<std::vector<PastIncident>>)> done) {
  worker_->add<std::vector<PastIncident>>(
      Worker::Kind::Asks,
      [query = std::move(query)](store::Connection& connection) {
        return result_of(cannot_read, store::read_history(*connection.database, query));
      },
      std::move(done));
}

void SqliteStore::incident(IncidentId id, std::function<void(Result<IncidentFile>)> done) {
  worker_->add<IncidentFile>(
      Worker::Kind::Asks,
      [id](store::Connection& connection) -> Result<IncidentFile> {
        auto found = result_of(cannot_read, store::read_incident(*connection.database, id));
        if (!found) return tl::unexpected(std::move(found.error()));
        if (!*found)
          return failure(ErrorCode::NotFound, "there is no incident " + std::to_string(id.value) +
                                                  " (any more); `healer history` lists those there are");
        return std::move(**found);
      },
      std::move(done));
}

void SqliteStore::decisions(std::string workload, std::size_t limit,
                            std::function<void(Result<std::vector<Decision>>)> done) {
  worker_->add<std::vector<Decision>>(
      Worker::Kind::Asks,
      [workload = std::move(workload), limit](store::Connection& connection) {
        return result_of(cannot_read, store::read_decisions(*connection.database, workload, limit));
      },
      std::move(done));
}

std::string SqliteStore::location() const {
  return location_;
}

}  // namespace healer
