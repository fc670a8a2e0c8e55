#include "core/host/mass_guard.hpp"

#include <optional>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace healer;

namespace {

using Change = MassGuard::Change;
using Phase = MassGuard::Phase;

Instant at(Duration time) {
  return Instant{time};
}

/// A guard that holds since 0 s, with 8 of 10 workloads failing.
MassGuard holding() {
  MassGuard guard;
  REQUIRE(guard.update(8, 10, at(0s), HostPolicy{}) == Change::Began);
  return guard;
}

MassGuard trying() {
  MassGuard guard = holding();
  REQUIRE(guard.update(8, 10, at(60s), HostPolicy{}) == Change::Trying);
  return guard;
}

}  // namespace

TEST_CASE("mass guard: it begins when more than half and at least three are failing") {
  const HostPolicy policy;
  MassGuard guard;
  CHECK(guard.update(5, 10, at(0s), policy) == Change::None);
  CHECK(guard.update(2, 2, at(0s), policy) == Change::None);
  CHECK_FALSE(guard.on());
  CHECK(guard.update(3, 5, at(1s), policy) == Change::Began);
  CHECK(guard.on());
  CHECK(guard.since() == at(1s));
}

TEST_CASE("mass guard: of failures that began together one is tried at once, and then all") {
  const HostPolicy policy;
  MassGuard guard;
  REQUIRE(guard.update(9, 40, at(0s), policy, MassGuard::Spread::Together) == Change::Began);
  CHECK(guard.room(0) == 1);
  CHECK(guard.room(1) == 0);
  SUBCASE("the canary recovers: all may begin") {
    CHECK(guard.remedy_ended(true, at(5s), policy) == Change::Widened);
    CHECK(guard.room(0) == 40);
  }
  SUBCASE("the canary does not recover: a hold of twice the length follows") {
    CHECK(guard.remedy_ended(false, at(5s), policy) == Change::NotRecovered);
    CHECK(guard.room(0) == 0);
    CHECK(guard.deadline() == at(125s));
    CHECK(guard.update(9, 40, at(125s), policy, MassGuard::Spread::Together) == Change::Trying);
    CHECK(guard.room(0) == 1);
  }
  SUBCASE("more than half fail before the canary has ended: remedies are held as for any mass failure") {
    CHECK(guard.update(21, 40, at(1s), policy, MassGuard::Spread::Together) == Change::Began);
    CHECK(guard.room(0) == 0);
    CHECK(guard.deadline() == at(61s));
  }
  SUBCASE("more than half fail after the canary recovered: it goes on") {
    guard.remedy_ended(true, at(5s), policy);
    CHECK(guard.update(21, 40, at(6s), policy, MassGuard::Spread::Together) == Change::None);
    CHECK(guard.room(0) == 40);
  }
  SUBCASE("it is over after 15 s without so many") {
    CHECK(guard.update(8, 40, at(10s), policy) == Change::None);
    CHECK(guard.update(8, 40, at(25s), policy) == Change::Over);
  }
}

TEST_CASE("mass guard: no remedy may begin during the hold") {
  MassGuard guard = holding();
  CHECK(guard.room(0) == 0);
  CHECK(guard.deadline() == at(60s));
  CHECK(guard.update(8, 10, at(59s), HostPolicy{}) == Change::None);
  CHECK(guard.room(0) == 0);
}

TEST_CASE("mass guard: it is over after 15 s without too many failing workloads") {
  for (MassGuard guard : {holding(), trying()}) {
    CHECK(guard.update(6, 10, at(61s), HostPolicy{}) != Change::Over);
    CHECK(guard.update(5, 10, at(61s), HostPolicy{}) == Change::None);
    CHECK(guard.on());
    CHECK(guard.deadline() == at(76s));
    CHECK(guard.update(5, 10, at(75s), HostPolicy{}) == Change::None);
    CHECK(guard.update(5, 10, at(76s), HostPolicy{}) == Change::Over);
    CHECK_FALSE(guard.on());
    CHECK(guard.room(100) > 100);
    CHECK_FALSE(guard.deadline());
    CHECK(guard.fact(at(76s)).phase == Phase::Off);
  }
}

TEST_CASE("mass guard: a short recovery neither ends a mass failure nor begins a new one") {
  const HostPolicy policy;
  MassGuard guard;
  REQUIRE(guard.update(3, 3, at(0s), policy) == Change::Began);
  for (int second = 10; second < 60; second += 10) {
    CHECK(guard.update(2, 3, at(Duration{second * 1s}), policy) == Change::None);
    CHECK(guard.update(3, 3, at(Duration{second * 1s + 5s}), policy) == Change::None);
  }
  CHECK(guard.update(3, 3, at(60s), policy) == Change::Trying);
  SUBCASE("after a longer recovery the hold that has passed still counts") {
    CHECK(guard.update(2, 3, at(70s), policy) == Change::None);
    CHECK(guard.update(2, 3, at(85s), policy) == Change::Over);
    CHECK(guard.update(3, 3, at(144s), policy) == Change::Began);
    CHECK(guard.since() == at(144s));
    CHECK(guard.room(0) == 1);
  }
  SUBCASE("the longer hold after a failed canary still counts") {
    CHECK(guard.remedy_ended(false, at(61s), policy) == Change::NotRecovered);
    CHECK(guard.update(2, 3, at(70s), policy) == Change::None);
    CHECK(guard.update(2, 3, at(85s), policy) == Change::Over);
    CHECK(guard.update(3, 3, at(90s), policy) == Change::Began);
    CHECK(guard.room(0) == 0);
    CHECK(guard.deadline() == at(181s));
    CHECK(guard.failures() == 1);
  }
}

TEST_CASE("mass guard: after the hold one canary is allowed, and no second beside it") {
  MassGuard guard = trying();
  CHECK(guard.room(0) == 1);
  CHECK(guard.room(1) == 0);
  CHECK_FALSE(guard.deadline());
}

TEST_CASE("mass guard: each recovered batch doubles the next") {
  const HostPolicy policy;
  MassGuard guard = trying();
  CHECK(guard.remedy_ended(true, at(70s), policy) == Change::Widened);
  CHECK(guard.room(0) == 2);
  CHECK(guard.remedy_ended(true, at(80s), policy) == Change::None);
  CHECK(guard.remedy_ended(true, at(80s), policy) == Change::Widened);
  CHECK(guard.room(1) == 3);
}

TEST_CASE("mass guard: each failed canary doubles the next hold, up to 30 minutes") {
  const HostPolicy policy;
  MassGuard guard = trying();
  CHECK(guard.failures() == 0);
  Instant now = at(100s);
  for (const Duration expected :
       {Duration{120s}, Duration{240s}, Duration{480s}, Duration{960s}, Duration{30min}, Duration{30min}}) {
    CHECK(guard.remedy_ended(false, now, policy) == Change::NotRecovered);
    CHECK(guard.failures() > 0);
    CHECK(guard.room(0) == 0);
    CHECK(guard.deadline() == now + expected);
    now += expected;
    CHECK(guard.update(8, 10, now, policy) == Change::Trying);
    CHECK(guard.room(0) == 1);
  }
}

TEST_CASE("mass guard: after a failure the batch is one again") {
  const HostPolicy policy;
  MassGuard guard = trying();
  guard.remedy_ended(true, at(70s), policy);
  CHECK(guard.remedy_ended(false, at(80s), policy) == Change::NotRecovered);
  CHECK(guard.update(8, 10, at(200s), policy) == Change::Trying);
  CHECK(guard.batch() == 1);
}

TEST_CASE("mass guard: a remedy that ends during the hold is no result of a canary") {
  const HostPolicy policy;
  MassGuard guard = holding();
  CHECK(guard.remedy_ended(false, at(10s), policy) == Change::None);
  CHECK(guard.remedy_ended(true, at(10s), policy) == Change::None);
  CHECK(guard.failures() == 0);
  CHECK(guard.deadline() == at(60s));
}

TEST_CASE("mass guard: a mass failure that begins 60 s after the last one starts anew") {
  const HostPolicy policy;
  MassGuard guard = trying();
  guard.remedy_ended(false, at(70s), policy);
  CHECK(guard.update(1, 10, at(80s), policy) == Change::None);
  CHECK(guard.update(1, 10, at(95s), policy) == Change::Over);
  CHECK(guard.update(8, 10, at(155s), policy) == Change::Began);
  CHECK(guard.failures() == 0);
  CHECK(guard.deadline() == at(215s));
}

TEST_CASE("mass guard: a mass failure restored by a new process is not over before a full hold") {
  const HostPolicy policy;
  MassGuard guard = MassGuard::restored(policy, at(0s), at(1000s));
  CHECK(guard.on());
  CHECK(guard.since() == at(0s));
  CHECK(guard.update(0, 10, at(1001s), policy) == Change::None);
  CHECK(guard.room(0) == 0);
  CHECK(guard.update(0, 10, at(1060s), policy) == Change::Over);
  MassGuard lasting = MassGuard::restored(policy, at(0s), at(1000s));
  CHECK(lasting.update(8, 10, at(1060s), policy) == Change::Trying);
}

TEST_CASE("mass guard: its fact has the numbers, the rest of the hold and the failed canary") {
  const auto fact = [](const MassGuard& guard, Instant now) {
    const fact::MassFailure mass = guard.fact(now);
    CHECK(mass.failing == 8);
    CHECK(mass.among == 10);
    return std::pair{mass.phase, mass.wait};
  };
  MassGuard guard = holding();
  CHECK(fact(guard, at(20s)) == std::pair{Phase::Holding, Duration{40s}});
  guard.update(8, 10, at(60s), HostPolicy{});
  CHECK(fact(guard, at(60s)) == std::pair{Phase::Canary, Duration{0}});
  CHECK(guard.fact(at(60s)).batch == 1);
  guard.remedy_ended(false, at(61s), HostPolicy{});
  CHECK(fact(guard, at(61s)) == std::pair{Phase::Backoff, Duration{2min}});
}

TEST_CASE("mass guard: it is on while too many workloads fail, and allows no more remedies than its batch") {
  REQUIRE(rc::check("mass guard", [] {
    HostPolicy policy;
    MassGuard guard;
    Instant now{};
    std::size_t in_remedy = 0;
    std::size_t largest = 1;
    std::optional<Instant> last;  // the last time with too many failing workloads
    for (int step = 0; step < 80; ++step) {
      now += Duration{*rc::gen::inRange(0, 50000)};
      if (in_remedy > 0 && *rc::gen::arbitrary<bool>()) {
        --in_remedy;
        const bool recovered = *rc::gen::arbitrary<bool>();
        const auto change = guard.remedy_ended(recovered, now, policy);
        if (change == Change::NotRecovered) largest = 1;
        if (change == Change::Widened) largest *= 2;
      } else {
        const auto among = *rc::gen::inRange<std::size_t>(0, 12);
        const auto failing = *rc::gen::inRange<std::size_t>(0, among + 1);
        const bool too_many = failing >= 3 && failing * 2 > among;
        const auto change = guard.update(failing, among, now, policy);
        RC_ASSERT(guard.on() || !too_many);
        if (too_many) last = now;
        if (change == Change::Over) RC_ASSERT(now >= last.value_or(now) + 15s);
        if (change == Change::Over || change == Change::Began || change == Change::Trying) largest = 1;
        RC_ASSERT((guard.fact(now).phase == Phase::Off) != guard.on());
      }
      if (!guard.on()) continue;
      if (guard.phase() != Phase::Canary) {
        RC_ASSERT(guard.room(0) == 0U);
        RC_ASSERT(guard.deadline().has_value());
        RC_ASSERT(*guard.deadline() <= now + policy.mass_hold_max);
      } else {
        RC_ASSERT(in_remedy + guard.room(in_remedy) <= std::max(largest, in_remedy));
        if (guard.room(in_remedy) > 0) ++in_remedy;
      }
    }
  }));
}
