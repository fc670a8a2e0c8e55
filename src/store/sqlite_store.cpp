#include "store/sqlite_store.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "store/connection.hpp"

namespace healer {
namespace {

constexpr auto flush_limit = std::chrono::seconds(1);
/// The log is merged into the file after this long without a commit ...
constexpr auto quiet_before_checkpoint = std::chrono::seconds(5);
/// ... or after this many commits without such a pause, so that it cannot grow for ever.
constexpr unsigned most_commits_between_checkpoints = 20'000;

Result<void> result_of(const char* what, store::SqlResult<void> done) {
  if (done) return {};
  return failure(ErrorCode::Storage, std::string(what) + ": " + done.error().message);
}

}  // namespace

// The thread that owns the connection. `alive_` is read and cleared on the loop only: a completion that
// was posted before the store was destroyed finds it false and does nothing.
class SqliteStore::Worker {
 public:
  struct Prune {
    Instant ended_before;
  };
  struct Job {
    std::variant<std::vector<Record>, Prune> work;
    std::function<void(Result<void>)> done;
  };

  Worker(std::unique_ptr<store::Connection> connection, PostToLoop post)
      : connection_(std::move(connection)), post_(std::move(post)), thread_([this] { run(); }) {}

  ~Worker() {
    *alive_ = false;
    {
      const std::lock_guard guard(mutex_);
      stop_at_ = std::chrono::steady_clock::now() + flush_limit;
    }
    wake_.notify_one();
    thread_.join();
  }

  void add(Job job) {
    {
      const std::lock_guard guard(mutex_);
      if (jobs_.size() < queue_limit) {
        jobs_.push_back(std::move(job));
        wake_.notify_one();
        return;
      }
    }
    answer(std::move(job.done),
           failure(ErrorCode::Busy, "cannot write the state file: " + std::to_string(queue_limit) +
                                        " commits are waiting already"));
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
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      guard.unlock();
      Result<void> result = perform(job);
      answer(std::move(job.done), std::move(result));
    }
  }

  // A failure costs nothing that was committed: the log is kept, and the next checkpoint merges it too.
  void checkpoint() {
    (void)connection_->database->text("PRAGMA wal_checkpoint(TRUNCATE)");
    uncheckpointed_ = 0;
  }

  Result<void> perform(const Job& job) {
    ++uncheckpointed_;
    if (const auto* prune = std::get_if<Prune>(&job.work))
      return result_of("cannot prune the state file", connection_->records->prune(prune->ended_before));
    const auto& records = std::get<std::vector<Record>>(job.work);
    if (records.empty()) return {};
    return result_of("cannot write the state file", connection_->records->write(records));
  }

  void answer(std::function<void(Result<void>)> done, Result<void> result) {
    post_([alive = alive_, done = std::move(done), result = std::move(result)]() mutable {
      if (*alive && done) done(std::move(result));
    });
  }

  std::unique_ptr<store::Connection> connection_;
  PostToLoop post_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  unsigned uncheckpointed_ = 0;  ///< commits since the log was last merged; the worker's own
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::optional<std::chrono::steady_clock::time_point> stop_at_;
  std::thread thread_;  // last: it starts when everything above exists
};

Result<OpenedStore> SqliteStore::open(const std::string& path, PostToLoop post, Instant now) {
  const auto in_memory = [&](const Error& reason) {
    return open_in_memory(post, reason.message +
                                    "; going on in memory: budgets, incidents and alerts are "
                                    "forgotten when healer ends");
  };
  if (auto folder = store::create_folder_for(path); !folder) return in_memory(folder.error());
  auto lock = store::FileLock::acquire(path);
  if (!lock && lock.error().code == ErrorCode::Conflict) return tl::unexpected(std::move(lock.error()));
  if (!lock) return in_memory(lock.error());
  if (auto created = store::create_private_file(path); !created) return in_memory(created.error());

  std::optional<std::string> warning;
  auto connected = store::connect(path, now);
  if (!connected && connected.error().kind == store::OpenProblem::Kind::Damaged) {
    auto aside = store::move_aside(path, wall_time_of(now));
    if (!aside) return in_memory(aside.error());
    warning = connected.error().error.message + "; it was moved to " + *aside + " and a new one was begun";
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
  auto worker = std::make_unique<Worker>(std::move(connection), std::move(post));
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
  worker_->add({std::move(records), std::move(done)});
}

void SqliteStore::prune(Instant ended_before, std::function<void(Result<void>)> done) {
  worker_->add({Worker::Prune{ended_before}, std::move(done)});
}

std::string SqliteStore::location() const {
  return location_;
}

}  // namespace healer
