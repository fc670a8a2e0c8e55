#include "core/workload/breaker.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

const Instant zero{Duration{1'000'000'000}};

Instant at(Duration after) {
  return zero + after;
}

}  // namespace

TEST_CASE("breaker: after five attempts in 30 minutes the breaker opens for 30 minutes") {
  const Policy policy;
  Breaker breaker;
  for (int i = 0; i < 5; ++i) {
    REQUIRE(breaker.permit(policy, at(i * 1min)) == at(i * 1min));
    breaker.count_attempt(at(i * 1min));
  }
  CHECK_FALSE(breaker.permit(policy, at(5min)));
  CHECK(breaker.state() == BreakerState::Open);
  CHECK(breaker.until() == at(35min));
  CHECK_FALSE(breaker.permit(policy, at(34min)));
  CHECK(breaker.permit(policy, at(35min)) == at(35min));
  CHECK(breaker.state() == BreakerState::HalfOpen);
}

TEST_CASE("breaker: attempts older than the window do not count") {
  const Policy policy;
  Breaker breaker;
  for (int i = 0; i < 5; ++i) breaker.count_attempt(at(i * 1min));
  CHECK(breaker.attempts_in_window(policy, at(29min)) == 5);
  CHECK(breaker.attempts_in_window(policy, at(30min)) == 4);
  CHECK(breaker.permit(policy, at(30min)) == at(30min));
  CHECK(breaker.state() == BreakerState::Closed);
}

TEST_CASE("breaker: half-open allows one attempt; failure opens the breaker again, recovery closes it") {
  const Policy policy;
  Breaker failed(BreakerState::Open, at(0s), {});
  CHECK(failed.advance(at(0s)));
  CHECK_FALSE(failed.advance(at(0s)));
  failed.count_attempt(at(1s));
  failed.attempt_failed(policy, at(2min), 5);
  CHECK(failed.state() == BreakerState::Open);
  CHECK(failed.until() == at(32min));

  Breaker recovered(BreakerState::HalfOpen, at(0s), {});
  recovered.count_attempt(at(1s));
  recovered.attempt_recovered();
  CHECK(recovered.state() == BreakerState::Closed);
  CHECK(recovered.attempts().size() == 1);  // a recovery does not refill the budget
}

TEST_CASE("breaker: as many attempts in a row as the budget has open it, however far apart they are") {
  const Policy policy;
  Breaker breaker;
  for (unsigned failed = 1; failed < 5; ++failed) {
    breaker.count_attempt(at(failed * 1h));
    breaker.attempt_failed(policy, at(failed * 1h + 20min), failed);
    CHECK(breaker.state() == BreakerState::Closed);
  }
  breaker.attempt_failed(policy, at(6h), 5);
  CHECK(breaker.state() == BreakerState::Open);
  CHECK(breaker.until() == at(6h + 30min));
}

TEST_CASE("breaker: each further attempt that does not help doubles the time that it is open") {
  const Policy policy;
  for (const auto& [in_vain, open] : {std::pair(5U, 30min), std::pair(6U, 60min), std::pair(7U, 120min),
                                      std::pair(8U, 240min), std::pair(100U, 240min)}) {
    Breaker breaker(BreakerState::HalfOpen, at(0s), {});
    breaker.attempt_failed(policy, at(0s), in_vain);
    CHECK(breaker.until() == at(open));
    CHECK_FALSE(breaker.permit(policy, at(open - 1s)));
    CHECK(breaker.permit(policy, at(open)) == at(open));
  }
}

TEST_CASE("breaker: half-open allows no attempt while the budget window is full") {
  Policy policy;
  policy.retry.breaker_open_for = 1min;
  Breaker breaker(BreakerState::HalfOpen, at(0s), {at(1min), at(2min), at(3min), at(4min), at(5min)});
  CHECK(breaker.permit(policy, at(6min)) == at(31min));
}

TEST_CASE("breaker: a reset closes the breaker and forgets the attempts") {
  const Policy policy;
  Breaker breaker(BreakerState::Open, at(1h), {at(0s), at(1s), at(2s), at(3s), at(4s)});
  breaker.reset();
  CHECK(breaker.permit(policy, at(5s)) == at(5s));
}

TEST_CASE("breaker: a budget of 0 allows no attempt") {
  Policy policy;
  policy.retry.budget_attempts = 0;
  Breaker closed;
  CHECK_FALSE(closed.permit(policy, at(0s)));
  Breaker half_open(BreakerState::HalfOpen, at(0s), {});
  CHECK_FALSE(half_open.permit(policy, at(0s)));
}
