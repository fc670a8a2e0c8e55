#include "runtime/progress.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

const Activity before{10s, 1'000'000, WallTime{5000}};

bool progress(const Activity& now) {
  return shows_progress(before, now, 60s);
}

}  // namespace

TEST_CASE("a new log line is progress, an old one or none is not") {
  CHECK(progress({10s, 1'000'000, WallTime{5001}}));
  CHECK_FALSE(progress({10s, 1'000'000, WallTime{5000}}));
  CHECK_FALSE(progress({10s, 1'000'000, {}}));
  CHECK(shows_progress({}, {0s, 0, WallTime{1}}, 60s));
}

TEST_CASE("CPU time and block I/O are progress only well above those of a process that waits") {
  CHECK(progress({13s, 1'000'000, {}}));
  CHECK_FALSE(progress({12s, 1'000'000, {}}));
  CHECK(progress({10s, 1'000'000 + 60 * 16'384, {}}));
  CHECK_FALSE(progress({10s, 1'000'000 + 59 * 16'384, {}}));
}

TEST_CASE("counters that went down are those of a new instance") {
  CHECK(progress({4s, 0, {}}));
  CHECK_FALSE(progress({2s, 100, {}}));
}

TEST_CASE("two looks at the same time need a second's work") {
  CHECK_FALSE(shows_progress(before, before, 0s));
  CHECK(shows_progress(before, {11s, 1'000'000, {}}, 0s));
}
