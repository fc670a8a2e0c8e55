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

  /// Runs what arrives until `finished`; fails the test after a generous limit.
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

  /// Runs what is there already.
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

/// A folder of this test's own, removed at the end.
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
  /// Names in it that start so.
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

inline Result<void> commit(Store& store, PostBox& box, std::vector<Record> records) {
  std::optional<Result<void>> answer;
  store.commit(std::move(records), [&](Result<void> result) { answer = std::move(result); });
  box.run_until([&] { return answer.has_value(); });
  return *answer;
}

}  // namespace healer::testing
