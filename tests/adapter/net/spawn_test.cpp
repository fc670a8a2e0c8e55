#include "net/spawn.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "net/loop.hpp"
#include "support/loop_wait.hpp"

using namespace healer;

namespace {

boost::asio::awaitable<void> note(std::string* into, std::string text) {
  *into = std::move(text);
  co_return;
}

boost::asio::awaitable<void> fails() {
  throw std::runtime_error("broken");
  co_return;
}

}  // namespace

TEST_CASE("a spawned task starts later, on the loop") {
  net::Loop loop;
  std::string seen;
  bool inside = false;
  loop.post([&] {
    net::spawn(loop, note(&seen, "ran"), nullptr);
    inside = !seen.empty();
  });
  REQUIRE(testing::run_until(loop, [&] { return seen == "ran"; }));
  CHECK_FALSE(inside);
}

TEST_CASE("what leaves a task is told, not lost") {
  net::Loop loop;
  std::string told;
  net::spawn(loop, fails(), [&told](std::string what) { told = std::move(what); });
  REQUIRE(testing::run_until(loop, [&] { return !told.empty(); }));
  CHECK(told == "broken");
}
