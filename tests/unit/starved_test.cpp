#include <doctest/doctest.h>

#include "core/supervisor.hpp"

using namespace healer;

namespace {

/// Failures counted after one probe that timed out while the loop stood still for `lag`; timeout 2 s.
unsigned failures_after_stall(Duration lag) {
  const Instant start{Duration{100'000'000}};
  Supervisor supervisor("host", {});
  Policy policy;
  policy.selection = Selection::OptedIn;
  policy.timeout = 2s;
  policy.start_period = Duration{0};
  Container container;
  container.id = "c1";
  container.name = "web";
  container.state = ContainerState::Running;
  container.started_at = "2026-11-22T10:00:00Z";
  container.started = wall_time_of(start - 1h);
  container.ports = {PortBinding{80, true, "127.0.0.1", 8080}};
  Actions out;
  supervisor.step(EngineConnected{"engine", false}, start, Draws(1), out);
  supervisor.step(ContainerObserved{container, std::make_shared<const Policy>(policy), {}}, start, Draws(2),
                  out);
  supervisor.step(SyncCompleted{{"c1"}}, start, Draws(3), out);
  out.clear();
  const Instant asked = start + 15s;
  supervisor.step(Tick{"web"}, asked, Draws(4), out);
  std::optional<StartProbe> probe;
  for (const Action& action : out)
    if (const auto* found = std::get_if<StartProbe>(&action)) probe = *found;
  REQUIRE(probe.has_value());
  supervisor.step(LoopStalled{lag}, asked + 1s, Draws(5), out);
  ProbeFacts facts;
  facts.end = ProbeEnd::AnswerTimeout;
  supervisor.step(ProbeFinished{probe->probe, "web", facts}, asked + 2s, Draws(6), out);
  return supervisor.status_of("web", asked + 2s)->failures;
}

}  // namespace

TEST_CASE("a timeout counts unless healer was starved for a good part of it") {
  CHECK(failures_after_stall(100ms) == 1);
  CHECK(failures_after_stall(600ms) == 0);
  CHECK(failures_after_stall(5s) == 0);
}
