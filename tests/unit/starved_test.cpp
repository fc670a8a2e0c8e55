#include <doctest/doctest.h>

#include "support/one_container.hpp"

using namespace healer;
using namespace healer::test;

namespace {

/// Failures counted after one probe that timed out while the loop stood still for `lag`; timeout 2 s.
unsigned failures_after_stall(Duration lag) {
  Policy policy;
  policy.timeout = 2s;
  policy.start_period = Duration{0};
  OneContainer web(policy);
  const Instant asked = web.start + 15s;
  std::optional<StartProbe> probe;
  for (const Action& action : web.step(Tick{"web"}, asked))
    if (const auto* found = std::get_if<StartProbe>(&action)) probe = *found;
  REQUIRE(probe.has_value());
  web.step(LoopStalled{lag}, asked + 1s);
  ProbeFacts facts;
  facts.end = ProbeEnd::AnswerTimeout;
  web.step(ProbeFinished{probe->probe, "web", facts}, asked + 2s);
  return web.status(asked + 2s).failures;
}

}  // namespace

TEST_CASE("a timeout counts unless healer was starved for a good part of it") {
  CHECK(failures_after_stall(100ms) == 1);
  CHECK(failures_after_stall(600ms) == 0);
  CHECK(failures_after_stall(5s) == 0);
}
