#include "core/host/together.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace healer;

namespace {

Instant at(Duration time) {
  return Instant{1h + time};
}

/// So many workloads that were good until `good` and failed first at `failed`.
void begin(Together& together, const std::string& names, std::size_t number, Duration good, Duration failed) {
  for (std::size_t i = 0; i < number; ++i) together.began(names + std::to_string(i), at(good), at(failed));
}

}  // namespace

TEST_CASE(
    "together: failures began together if one moment lies between their last good and first failed checks") {
  Together together;
  SUBCASE("checked at the same interval") {
    begin(together, "w", Together::many, 0s, 15s);
    CHECK(together.largest() == Together::many);
  }
  SUBCASE("checked at different intervals") {
    begin(together, "often", 4, 100s, 105s);
    begin(together, "seldom", 5, 0s, 5min);
    CHECK(together.largest() == 9);
  }
  SUBCASE("one moment is enough") {
    begin(together, "w", 5, 0s, 10s);
    begin(together, "v", 5, 10s, 20s);
    CHECK(together.largest() == 10);
  }
  SUBCASE("one after the other is not together") {
    begin(together, "w", 5, 0s, 10s);
    begin(together, "v", 5, 11s, 20s);
    CHECK(together.largest() == 5);
  }
}

TEST_CASE("together: what is checked very seldom began to fail in the last 15 minutes") {
  Together together;
  begin(together, "w", 8, 0s, 10s);
  begin(together, "daily", 1, 0s, 1h);
  CHECK(together.largest() == 8);
}

TEST_CASE("together: a workload that does not fail any more does not count, nor does a few") {
  Together together;
  begin(together, "w", Together::many, 0s, 15s);
  together.ended("w3");
  together.ended("unknown");
  CHECK(together.largest() == 0);
  together.began("w3", at(5s), at(16s));
  CHECK(together.largest() == Together::many);
}

TEST_CASE("together: many began together until fewer are left, however often it is asked") {
  Together together;
  CHECK_FALSE(together.many_began());
  begin(together, "w", Together::many + 2, 0s, 15s);
  begin(together, "other", 1, 1h, 2h);
  for (const char* ended : {"other0", "w0", "w1"}) {
    CHECK(together.many_began());
    together.ended(ended);
  }
  CHECK(together.many_began());
  together.ended("w2");
  CHECK_FALSE(together.many_began());
  together.began("w2", at(5s), at(16s));
  CHECK(together.many_began());
}
