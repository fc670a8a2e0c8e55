// HEALING.md 2: the failure window, m failures of the last n checks.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Policy windowed(unsigned failures, unsigned of) {
  Policy policy = Scene::policy();
  policy.interval = 6s;
  policy.fast_interval = 2s;
  policy.window = FailureWindow{failures, of};
  return policy;
}

ProbeFacts http(int status) {
  ProbeFacts facts;
  facts.status = status;
  return facts;
}

/// Sets the results of the next checks, one letter each: p pass, f fail.
void answer(Scene& scene, Box& box, const std::string& samples) {
  for (const char sample : samples) {
    box.answer = http(sample == 'p' ? 200 : 503);
    const unsigned asked = scene.probes;
    REQUIRE(scene.pass_until([&] { return scene.probes > asked; }));
    REQUIRE(scene.pass_until([&] { return !scene.workload("web").health.probe; }));
  }
}

}  // namespace

TEST_CASE("window: failures between passes open an incident, and the cause names their number") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", windowed(3, 10));
  answer(scene, box, "fpfp");
  CHECK(scene.decisions() == "");
  answer(scene, box, "f");
  REQUIRE(scene.pass_until([&] { return !scene.orders.empty(); }, 1s));
  const auto& found = std::get<reason::Checks>(scene.incidents.at(1).reason);
  CHECK(found.failed == 3);
  CHECK(found.of == 10);
  REQUIRE(found.probes.size() == 1);
  CHECK(found.probes[0].problem.number == 503);
  CHECK(scene.logged("RESTARTING web — 3 of the last 10 checks failed: HTTP 503"));
}

TEST_CASE("window: without a window the same results open no incident") {
  Policy policy = windowed(3, 10);
  policy.window.reset();
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  answer(scene, box, "fpfpfpfpfpffpffp");
  CHECK(scene.decisions() == "");
}

TEST_CASE("window: failures in the start period are not counted") {
  Policy policy = windowed(2, 10);
  policy.failure_threshold = 5;
  policy.start_period = 1min;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.ready_after = 30s;
  scene.connect();
  scene.pass(40s);
  answer(scene, box, "pfp");
  scene.pass(1min);
  CHECK(scene.decisions() == "");
}

TEST_CASE("window: a workload that is healthy for five seconds after each restart has never recovered") {
  Policy policy = windowed(3, 10);
  policy.retry.backoff_max = 30s;
  SUBCASE("with the window") {}
  SUBCASE("without the window") {
    policy.window.reset();
  }
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.fails_after = 5s;
  scene.pass(10min);
  const bool windowed = policy.window.has_value();
  CHECK((scene.notifications_of(NotificationKind::Recovered) == 0) == windowed);
  if (windowed) {
    CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
    CHECK(scene.incidents.size() == 1);
    for (const auto& [id, attempt] : scene.attempts) CHECK(attempt.state == AttemptState::NotRecovered);
  }
}

TEST_CASE("window: an attempt has recovered once the old failures have left the window") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", windowed(3, 10));
  box.broken = true;  // the restart ends it
  REQUIRE(scene.pass_until_decision("restart web"));
  const unsigned asked = scene.probes;
  REQUIRE(scene.pass_until_decision("recovered", 5min));
  CHECK(scene.probes - asked == 8);  // three failures among ten: eight passes leave two
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("window: verification waits long enough for a long window") {
  Policy policy = windowed(3, 60);
  policy.retry.verify_limit = 10s;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.answer = http(503);
  REQUIRE(scene.pass_until_decision("restart web"));
  box.answer = http(200);
  REQUIRE(scene.pass_until_decision("recovered", 20min));
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
}
