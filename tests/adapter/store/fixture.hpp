#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "store/sqlite_store.hpp"

namespace healer::testing {

/// A loop without Asio: completions wait here until the test runs them.
class PostBox {
 public:
  PostToLoop post() {
    return [this](std::function<void()> work) {
      const std::lock_guard guard(mutex_);
      waiting_.push_back(std::move(work));
      arrived_.notify_one();
    };
  }

  /// Runs completions as they arrive until `finished`; fails the test after 60 s.
  template <class Condition>
  void run_until(Condition finished) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!finished()) {
      std::unique_lock guard(mutex_);
      REQUIRE(arrived_.wait_until(guard, limit, [this] { return !waiting_.empty(); }));
      auto work = std::move(waiting_.front());
      waiting_.pop_front();
      guard.unlock();
      work();
    }
  }

  /// Runs the completions that have already arrived.
  void run_ready() {
    while (true) {
      std::unique_lock guard(mutex_);
      if (waiting_.empty()) return;
      auto work = std::move(waiting_.front());
      waiting_.pop_front();
      guard.unlock();
      work();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::function<void()>> waiting_;
};

/// A folder for one test, removed at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "healer-store-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  /// The names in the folder that begin with `prefix`.
  std::vector<std::string> names(const std::string& prefix) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path_))
      if (entry.path().filename().string().starts_with(prefix))
        found.push_back(entry.path().filename().string());
    return found;
  }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline void write_file(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << content;
  REQUIRE(out.flush().good());
}

inline const Instant noon{Duration{1'700'000'000'000}};

inline OpenedStore open_store(const std::string& path, PostBox& box, Instant now = noon) {
  auto opened = SqliteStore::open(path, box.post(), now);
  if (!opened) FAIL(opened.error().message);
  return std::move(*opened);
}

/// Calls the store and waits for its result.
template <class T, class Ask>
Result<T> answer_of(PostBox& box, Ask ask) {
  std::optional<Result<T>> answer;
  ask([&](Result<T> result) { answer = std::move(result); });
  box.run_until([&] { return answer.has_value(); });
  return std::move(*answer);
}

inline Result<void> commit(Store& store, PostBox& box, std::vector<Record> records) {
  return answer_of<void>(box, [&](auto done) { store.commit(std::move(records), std::move(done)); });
}

inline void prune(Store& store, PostBox& box, const PruneLimits& limits) {
  const auto done = answer_of<void>(box, [&](auto answer) { store.prune(limits, std::move(answer)); });
  if (!done) FAIL(done.error().message);
}

inline std::vector<PastIncident> history(Store& store, PostBox& box, const HistoryQuery& query) {
  auto past = answer_of<std::vector<PastIncident>>(
      box, [&](auto answer) { store.history(query, std::move(answer)); });
  if (!past) FAIL(past.error().message);
  return std::move(*past);
}

inline Result<IncidentFile> incident_file(Store& store, PostBox& box, std::uint64_t id) {
  return answer_of<IncidentFile>(box,
                                 [&](auto answer) { store.incident(IncidentId{id}, std::move(answer)); });
}

inline std::vector<Decision> decisions(Store& store, PostBox& box, const std::string& workload,
                                       std::size_t limit) {
  auto found = answer_of<std::vector<Decision>>(
      box, [&](auto answer) { store.decisions(workload, limit, std::move(answer)); });
  if (!found) FAIL(found.error().message);
  return std::move(*found);
}

}  // namespace healer::testing
