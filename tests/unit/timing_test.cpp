#include "core/workload/timing.hpp"

#include <vector>

#include <doctest/doctest.h>

using namespace healer;

TEST_CASE("timing: a probe's period carries 10 % jitter around the interval") {
  const Policy policy;
  CHECK(probe_delay(policy, false, 0.0) == Duration{14250});
  CHECK(probe_delay(policy, false, 0.5) == Duration{15000});
  CHECK(probe_delay(policy, false, 0.999999) == Duration{15750});
  CHECK(probe_delay(policy, true, 0.5) == Duration{5000});
}

TEST_CASE("timing: the fast interval is interval / 3, at least 250 ms, never above the interval") {
  Policy policy;
  CHECK(policy.effective_fast_interval() == 5s);
  policy.interval = 600ms;
  CHECK(policy.effective_fast_interval() == 250ms);
  policy.interval = 200ms;
  CHECK(policy.effective_fast_interval() == 200ms);
  policy.fast_interval = 10s;
  CHECK(policy.effective_fast_interval() == 200ms);
}

TEST_CASE("timing: no check period is shorter than 10 ms") {
  Policy policy;
  policy.interval = 0s;
  CHECK(probe_delay(policy, true, 0.0) == 10ms);
}

TEST_CASE("timing: the checks before a decision are in equal steps, the last exactly at it") {
  CHECK(step_towards(1s, 250ms) == 250ms);
  CHECK(step_towards(1s, 300ms) == Duration{333});
  CHECK(step_towards(1s, 600ms) == 1s);
  CHECK(step_towards(1s, 1050ms) == 1s);
  // An interval much longer than the rest is kept, and so is one after the rest is over.
  CHECK(step_towards(1s, 5s) == 5s);
  CHECK(step_towards(Duration{-50}, 250ms) == 250ms);
  CHECK(step_towards(-5s, 250ms) == 250ms);
}

TEST_CASE("timing: the first rounds of a hundred workloads are spread over one interval") {
  const Policy policy;
  CHECK(first_rounds(99) == FirstRounds::AtOnce);
  CHECK(first_rounds(100) == FirstRounds::Spread);
  CHECK(first_probe_delay(policy, FirstRounds::Spread, 0.0) == 0s);
  CHECK(first_probe_delay(policy, FirstRounds::Spread, 0.5) == Duration{7500});
  CHECK(first_probe_delay(policy, FirstRounds::AtOnce, 0.5) == 0s);
}

TEST_CASE("timing: the start period is the setting, or three times the slowest learned start") {
  Policy policy;
  const std::vector<Duration> none;
  CHECK(start_period_of(policy, false, none) == 120s);
  CHECK(start_period_of(policy, true, std::vector<Duration>{20s, 8s}) == 60s);
  CHECK(start_period_of(policy, true, std::vector<Duration>{1s}) == 15s);      // at least one interval
  CHECK(start_period_of(policy, true, std::vector<Duration>{400s}) == 10min);  // at most
  policy.interval = 20min;
  CHECK(start_period_of(policy, true, std::vector<Duration>{1s}) == 10min);
  policy.start_period = 7s;
  CHECK(start_period_of(policy, true, std::vector<Duration>{400s}) == 7s);
}

TEST_CASE("timing: backoff doubles from the interval to its cap, with 25 % jitter") {
  const Policy policy;
  CHECK(backoff_delay(policy, 0, 0.5) == 0s);
  const std::vector<Duration> expected{15s, 30s, 60s, 120s, 240s, 300s, 300s};
  for (unsigned n = 1; n <= expected.size(); ++n) {
    CHECK(backoff_delay(policy, n, 0.5) == expected[n - 1]);
    CHECK(backoff_delay(policy, n, 0.0) == expected[n - 1] * 3 / 4);
    CHECK(backoff_delay(policy, n, 0.9999999) <= expected[n - 1] * 5 / 4);
  }
  CHECK(backoff_delay(policy, 4'000'000'000u, 0.5) == 300s);
}

TEST_CASE("timing: backoff steps down once for each 10 minutes healthy") {
  const Policy policy;
  CHECK(decayed_level(policy, 3, 9min) == 3);
  CHECK(decayed_level(policy, 3, 10min) == 2);
  CHECK(decayed_level(policy, 3, 25min) == 1);
  CHECK(decayed_level(policy, 3, 24h) == 0);
  CHECK(decayed_level(policy, 3, Duration{-5}) == 3);
}
