// Tests of the store's thread and its queue: order, limit, end.
#include <atomic>
#include <future>

#include "adapter/store/fixture.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("commits complete in their order, and never inside commit()") {
  Folder folder;
  PostBox box;
  OpenedStore opened = open_store(folder.file("s.db"), box);
  std::vector<int> finished;
  for (int i = 0; i < 500; ++i)
    opened.store->commit({EventCursor{i}}, [&finished, i](Result<void> result) {
      REQUIRE(result.has_value());
      finished.push_back(i);
    });
  CHECK(finished.empty());
  box.run_until([&] { return finished.size() == 500; });
  CHECK(std::is_sorted(finished.begin(), finished.end()));
}

TEST_CASE("a full queue gives busy, later and once, and the store goes on working") {
  // The store's thread blocks in its first completion until the test releases it.
  PostBox box;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::promise<void> held;
  std::atomic<bool> first{true};
  auto opened = SqliteStore::open_in_memory([&](std::function<void()> work) {
    box.post()(std::move(work));
    if (first.exchange(false)) {
      held.set_value();
      released.wait();
    }
  });
  REQUIRE(opened.has_value());
  std::size_t good = 0;
  std::size_t busy = 0;
  const auto count = [&](Result<void> result) {
    if (result)
      ++good;
    else if (result.error().code == ErrorCode::Busy)
      ++busy;
  };
  opened->store->commit({EventCursor{1}}, count);
  held.get_future().wait();
  for (std::size_t i = 0; i < SqliteStore::queue_limit + 3; ++i)
    opened->store->commit({EventCursor{2}}, count);
  CHECK(busy == 0);
  box.run_until([&] { return busy == 3; });
  release.set_value();
  box.run_until([&] { return good == SqliteStore::queue_limit + 1; });
  CHECK(commit(*opened->store, box, {EventCursor{3}}).has_value());
  CHECK(busy == 3);
}

TEST_CASE("a destroyed store writes its queue and calls no callback") {
  Folder folder;
  PostBox box;
  int called = 0;
  {
    OpenedStore opened = open_store(folder.file("s.db"), box);
    // Few enough to be written within the second that the destructor allows, even on a slow machine.
    for (std::uint64_t i = 1; i <= 50; ++i) {
      Attempt attempt;
      attempt.id = AttemptId{i};
      opened.store->commit({attempt}, [&](Result<void>) { ++called; });
    }
  }
  box.run_ready();
  CHECK(called == 0);
  CHECK(open_store(folder.file("s.db"), box).state.attempts.size() == 50);
}

TEST_CASE("an empty commit and a commit without a callback work") {
  PostBox box;
  auto opened = SqliteStore::open_in_memory(box.post());
  REQUIRE(opened.has_value());
  CHECK(opened->store->location() == "memory");
  CHECK_FALSE(opened->warning.has_value());
  CHECK(commit(*opened->store, box, {}).has_value());
  opened->store->commit({EventCursor{1}}, nullptr);
  CHECK(commit(*opened->store, box, {EventCursor{1}}).has_value());
}
