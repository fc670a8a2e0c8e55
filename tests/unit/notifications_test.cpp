// HEALING.md 6: an incident opens once and closes once; the cooldown limits notifications.
#include <set>

#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("notifications: an incident gives one degraded and one recovered notification with all fields") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(2min);
  REQUIRE(scene.notifications.size() == 2);
  const Notification& degraded = scene.notifications[0];
  CHECK(degraded.kind == NotificationKind::Degraded);
  CHECK(degraded.event == "DEGRADED");
  CHECK(degraded.host == "host1");
  CHECK(degraded.workload == "web");
  CHECK(degraded.image == "image:1");
  CHECK(degraded.cause == "HTTP 503");
  CHECK(degraded.text == "web is unhealthy: HTTP 503. It is being restarted.");
  const Notification& recovered = scene.notifications[1];
  CHECK(recovered.kind == NotificationKind::Recovered);
  CHECK(recovered.dedup_key == degraded.dedup_key);
  CHECK(recovered.attempt == 1);
  CHECK(recovered.text.find("healthy again after 1 remedy attempt") != std::string::npos);
  CHECK(scene.incidents.size() == 1);
}

TEST_CASE("notifications: a recovery without an attempt is called recovered by itself") {
  Policy policy = Scene::policy();
  policy.remedies.front().kind = RemedyKind::None;
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  scene.pass(1min);
  box.broken = false;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, recovered");
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::RecoveredAlone);
  CHECK(scene.notifications[1].text.find("by itself") != std::string::npos);
}

TEST_CASE("notifications: what happens within the cooldown arrives as one summary at its end") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  const Instant notified_channels = scene.workload("web").notifications.last_notified;
  for (int i = 0; i < 2; ++i) {
    box.broken = true;
    scene.pass(100s);
  }
  CHECK(scene.decisions() == "restart web, restart web");
  REQUIRE(scene.pass_until_decision("info"));
  CHECK(scene.now() - notified_channels >= 5min);
  CHECK(scene.now() - notified_channels < 5min + 1s);
  CHECK(scene.notifications.back().event == "SUMMARY");
  CHECK(scene.notifications.back().text.find("became unhealthy 2 times and was restarted 2 times in") !=
        std::string::npos);
  scene.pass(1h);
  CHECK(scene.decisions() == "info");
}

TEST_CASE("notifications: a summary of what is still unhealthy is degraded, and its recovery is notified") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  scene.decisions();
  box.broken = true;
  box.fixed_by_start = false;
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 50;
  box.policy = std::make_shared<const Policy>(policy);
  scene.resync();
  REQUIRE(scene.pass_until_decision("degraded"));
  CHECK(scene.notifications.back().text.find("it is still unhealthy: HTTP 503") != std::string::npos);
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(scene.notifications[2].dedup_key == scene.notifications[3].dedup_key);
  CHECK(scene.notifications[2].dedup_key != scene.notifications[0].dedup_key);
}

TEST_CASE("notifications: the cooldown survives a restart of healer") {
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

TEST_CASE("notifications: a critical notification does not wait for the cooldown") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  scene.pass(1min);
  scene.decisions();
  box.broken = true;
  box.fixed_by_start = false;
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 2;
  box.policy = std::make_shared<const Policy>(policy);
  scene.resync();
  scene.pass(90s);
  CHECK(scene.decisions() == "restart web, critical");
  scene.pass(10min);
  CHECK(scene.decisions() == "");  // no summary follows
}

TEST_CASE("notifications: notification ids and dedup keys stay unique across restarts of healer") {
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
  std::set<std::pair<std::string, NotificationKind>> said;
  for (const Notification& notification : scene.notifications) {
    CHECK(ids.insert(notification.id.value).second);
    CHECK(said.insert({notification.dedup_key, notification.kind}).second);
    CHECK(notification.dedup_key.size() <= 255);
  }
  CHECK(scene.incidents.size() == 6);
}

TEST_CASE("notifications: a very long name still gives a dedup key of at most 255 bytes") {
  Scene scene;
  Box& box = scene.healthy(std::string(300, 'n'));
  box.broken = true;
  scene.pass(2min);
  REQUIRE(scene.notifications.size() == 2);
  CHECK(scene.notifications[0].dedup_key.size() <= 255);
}

TEST_CASE("notifications: a workload counts as unhealthy since its first failed check") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  box.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }));
  const Instant first = scene.now();
  scene.pass(1min);
  CHECK(scene.incidents.at(1).unhealthy_since == first);
  CHECK(scene.incidents.at(1).opened_at > first);
  CHECK(scene.incidents.at(1).closed_at.has_value());
}

TEST_CASE("notifications: a label problem is logged once per change") {
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
