#include <doctest/doctest.h>

#include "support/one_container.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// Failures counted after one probe that timed out while the loop stood still for `lag`; timeout 2 s.
unsigned failures_after_stall(Duration lag) {
  Policy policy;
  policy.timeout = 2s;
  policy.start_period = Duration{0};
  OneContainer web(policy);
  const Instant asked = web.start + 15s;
  std::optional<StartProbe> probe;
  for (const Effect& effect : web.step(Tick{"web"}, asked))
    if (const auto* found = std::get_if<StartProbe>(&effect)) probe = *found;
  REQUIRE(probe.has_value());
  web.step(LoopStalled{lag}, asked + 1s);
  ProbeFacts facts;
  facts.end = ProbeEnd::AnswerTimeout;
  web.step(ProbeFinished{probe->probe, "web", facts}, asked + 2s);
  return web.status(asked + 2s).failures;
}

}  // namespace

TEST_CASE("a timeout counts unless healer's loop stood still for a large part of it") {
  CHECK(failures_after_stall(100ms) == 1);
  CHECK(failures_after_stall(600ms) == 0);
  CHECK(failures_after_stall(5s) == 0);
}

TEST_CASE("after descriptors or memory ran out, failures of every workload are unknown for 5 s") {
  Scene scene;
  INFO(scene.transcript());
  Box& web = scene.healthy("web");
  Box& api = scene.healthy("api");
  ProbeFacts exhausted;
  exhausted.end = ProbeEnd::NoResources;
  web.answer = exhausted;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").health.unknown_streak == 1; }));
  const Instant since = scene.now();
  api.broken = true;
  web.answer.reset();
  ProbeFacts refused;
  refused.end = ProbeEnd::Refused;
  // The test answers the check itself, so that the result surely arrives within the 5 s.
  scene.answers_probes = false;
  scene.restart(api);
  REQUIRE(scene.pass_until([&] { return scene.workload("api").health.probe.has_value(); }, 4s));
  scene.send(ProbeFinished{scene.workload("api").health.probe->id, "api", refused});
  CHECK(scene.status("api").failures == 0);
  CHECK(scene.status("api").unknown_streak == 1);
  CHECK(scene.workload("api").health.last_verdict.cause == Cause::Starved);
  REQUIRE(scene.pass_until([&] { return scene.now() - since >= 5s && scene.workload("api").health.probe; },
                           1min));
  scene.send(ProbeFinished{scene.workload("api").health.probe->id, "api", refused});
  CHECK(scene.status("api").failures == 1);
}

TEST_CASE("starved: the pressure of the host is notified once, not for each workload") {
  Scene scene;
  INFO(scene.transcript());
  std::vector<Box*> boxes;
  for (const char* name : {"web", "api", "db"}) boxes.push_back(&scene.healthy(name));
  scene.send(HostPressure{true, "memory 62 %"});
  for (Box* box : boxes) box->answer.emplace().end = ProbeEnd::AnswerTimeout;
  scene.pass(9min);
  CHECK(scene.orders.empty());
  CHECK(scene.workload("web").health.unknown_streak > 10);
  CHECK(scene.notifications.size() == 1);
}

TEST_CASE("starved: a check without a result is cancelled when its round is given up, and is no failure") {
  Policy policy;
  policy.timeout = 2s;
  policy.start_period = Duration{0};
  OneContainer web(policy);
  const Instant asked = web.start + 15s;
  ProbeId open;
  for (const Effect& effect : web.step(Tick{"web"}, asked))
    if (const auto* found = std::get_if<StartProbe>(&effect)) open = found->probe;
  REQUIRE(open);
  std::vector<ProbeId> cancelled;
  for (const Effect& effect : web.step(Tick{"web"}, asked + 1min))
    if (const auto* found = std::get_if<CancelProbe>(&effect)) cancelled.push_back(found->probe);
  CHECK(cancelled == std::vector<ProbeId>{open});
  CHECK(web.status(asked + 1min).failures == 0);
}
