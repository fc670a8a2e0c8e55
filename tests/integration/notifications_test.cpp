// Tests that notifications arrive although the channel fails for a while.
#include <doctest/doctest.h>

#include "integration/engine_scene.hpp"

using namespace healer::testing;

TEST_CASE("a webhook that first answers 429 and 500 gets each notification once in the end") {
  EngineScene scene;
  scene.script_slack(
      {answer(429, "slow down", "text/plain", "Retry-After: 1\r\n"), answer(500, "oops", "text/plain")});
  const std::string name = scene.app("notified");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  scene.wait("both notifications", [&] { return scene.slack().accepted().size() >= 2; });
  scene.wait("the outbox is empty", [&] { return healer.metric("healer_notifications_pending") == 0; });
  const std::vector<SlackMessage> reported = scene.slack().accepted();
  REQUIRE(reported.size() == 2);
  REQUIRE(reported[0].color == SlackSink::degraded);
  REQUIRE(reported[1].color == SlackSink::recovered);
  REQUIRE(scene.slack().requests() == 4);
  REQUIRE(healer.metric("healer_notifications_total", {"outcome=\"delivered\""}) == 2);
  REQUIRE(healer.metric("healer_notifications_total", {"outcome=\"failed_try\""}) == 2);
}

TEST_CASE("a notification that was not delivered when healer was killed is delivered by the next process") {
  EngineScene scene;
  // For the first process the webhook is down; for the second it works.
  scene.script_slack({answer(503, "down"), answer(503, "down"), answer(503, "down"), answer(503, "down")});
  const std::string name = scene.app("late");
  HealerProcess& healer = scene.healer();
  scene.wait_condition(name, "healthy");
  scene.instruct(name, "/break");
  scene.wait_said(name + " — RECOVERED after 1 attempt");
  REQUIRE(healer.metric("healer_notifications_pending") >= 1);
  healer.kill();
  healer.start();
  scene.wait("both notifications", [&] { return scene.slack().accepted().size() >= 2; });
  scene.wait("the outbox is empty", [&] { return healer.metric("healer_notifications_pending") == 0; });
  const std::vector<SlackMessage> reported = scene.slack().accepted();
  REQUIRE(reported.size() == 2);
  REQUIRE(reported[0].color == SlackSink::degraded);
  REQUIRE(reported[1].color == SlackSink::recovered);
}
