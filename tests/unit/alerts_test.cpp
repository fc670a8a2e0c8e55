// HEALING.md 6: an incident opens once and closes once, and people are told with restraint.
#include <set>

#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("alerts: one degraded and one recovered, with everything a reader needs") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(2min);
  REQUIRE(scene.alerts.size() == 2);
  const Alert& degraded = scene.alerts[0];
  CHECK(degraded.kind == AlertKind::Degraded);
  CHECK(degraded.event == "DEGRADED");
  CHECK(degraded.host == "host1");
  CHECK(degraded.workload == "web");
  CHECK(degraded.image == "image:1");
  CHECK(degraded.cause == "HTTP 503");
  CHECK(degraded.text == "web is ill: HTTP 503. It is being restarted.");
  const Alert& recovered = scene.alerts[1];
  CHECK(recovered.kind == AlertKind::Recovered);
  CHECK(recovered.dedup_key == degraded.dedup_key);
  CHECK(recovered.attempt == 1);
  CHECK(recovered.text.find("healthy again after 1 remedy attempt") != std::string::npos);
  CHECK(scene.incidents.size() == 1);
}

TEST_CASE("alerts: by itself is said differently") {
  Policy policy = Scene::policy();
  policy.actions.front().kind = RemedyKind::None;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  scene.pass(1min);
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, recovered");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::RecoveredAlone);
  CHECK(scene.alerts[1].text.find("by itself") != std::string::npos);
}

TEST_CASE("alerts: what happens within the cooldown arrives as one summary") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  const Instant told = scene.workload("web").last_announced;
  for (int i = 0; i < 2; ++i) {
    box.broken = true;
    scene.pass(100s);
  }
  CHECK(scene.decisions() == "restart web, restart web");
  REQUIRE(scene.pass_until_decision("info"));
  CHECK(scene.now() - told >= 5min);
  CHECK(scene.now() - told < 5min + 1s);
  CHECK(scene.alerts.back().event == "SUMMARY");
  CHECK(scene.alerts.back().text.find("fell ill 2 times and was restarted 2 times in") != std::string::npos);
  scene.pass(1h);
  CHECK(scene.decisions() == "info");
}

TEST_CASE("alerts: still ill when the cooldown ends: the summary is a degraded alert, and its end is told") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  scene.decisions();
  box.broken = true;
  box.cured_by_start = false;
  Policy policy = Scene::policy();
  policy.budget_attempts = 50;
  box.policy = std::make_shared<const Policy>(policy);
  scene.resync();
  REQUIRE(scene.pass_until_decision("degraded"));
  CHECK(scene.alerts.back().text.find("it is still ill: HTTP 503") != std::string::npos);
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.alerts[2].dedup_key == scene.alerts[3].dedup_key);
  CHECK(scene.alerts[2].dedup_key != scene.alerts[0].dedup_key);
}

TEST_CASE("alerts: the cooldown outlives healer") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "restart web");
  scene.restart_healer();
  scene.pass(10min);
  CHECK(scene.decisions() == "info");
}

TEST_CASE("alerts: a critical one in the cooldown is not held back") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  scene.decisions();
  box.broken = true;
  box.cured_by_start = false;
  Policy policy = Scene::policy();
  policy.budget_attempts = 2;
  box.policy = std::make_shared<const Policy>(policy);
  scene.resync();
  scene.pass(90s);
  CHECK(scene.decisions() == "restart web, critical");
  scene.pass(10min);
  CHECK(scene.decisions() == "");  // and no summary after it
}

TEST_CASE("alerts: ids and incident keys are never given twice, not even after a restart") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  for (int i = 0; i < 6; ++i) {
    box.broken = true;
    scene.pass(12min);
    scene.restart_healer();
    scene.pass(1min);
  }
  std::set<std::uint64_t> ids;
  std::set<std::pair<std::string, AlertKind>> said;
  for (const Alert& alert : scene.alerts) {
    CHECK(ids.insert(alert.id.value).second);
    CHECK(said.insert({alert.dedup_key, alert.kind}).second);
    CHECK(alert.dedup_key.size() <= 255);
  }
  CHECK(scene.incidents.size() == 6);
}

TEST_CASE("alerts: a very long name still gives a key of at most 255 bytes") {
  Scene scene;
  Box& box = scene.healthy(std::string(300, 'n'));
  box.broken = true;
  scene.pass(2min);
  REQUIRE(scene.alerts.size() == 2);
  CHECK(scene.alerts[0].dedup_key.size() <= 255);
}

TEST_CASE("alerts: ill since its first failed check, healed by the time it is verified") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }));
  const Instant first = scene.now();
  scene.pass(1min);
  CHECK(scene.incidents.at(1).ill_since == first);
  CHECK(scene.incidents.at(1).opened_at > first);
  CHECK(scene.incidents.at(1).closed_at.has_value());
}

TEST_CASE("alerts: a label problem is said once per change") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  const LabelProblem problem{"healer.intervall", "5s", "unknown label; did you mean healer.interval?"};
  for (int i = 0; i < 3; ++i) scene.send(ContainerObserved{box.facts, box.policy, {problem}});
  int said = 0;
  for (const std::string& line : scene.logs)
    if (line.find("did you mean") != std::string::npos) ++said;
  CHECK(said == 1);
  CHECK(scene.status("web").problems.size() == 1);
}
