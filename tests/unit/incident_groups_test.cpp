// HEALING.md 6: incidents that begin close together are notified together.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// So many services that a few of them are no mass failure.
Scene& with_services(Scene& scene, const Policy& policy = Scene::policy()) {
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"})
    scene.add(name, policy);
  scene.connect();
  scene.pass(1min);
  scene.decisions();
  return scene;
}

void break_all(Scene& scene, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    scene.box(name).broken = true;
    scene.box(name).fixed_by_start = false;
  }
}

Policy quick() {
  Policy policy = Scene::policy();
  policy.interval = 1s;
  policy.retry.budget_attempts = 1000;  // no operator is called
  return policy;
}

std::vector<Notification> of_groups(const Scene& scene) {
  std::vector<Notification> found;
  for (const Notification& each : scene.notifications)
    if (each.dedup_key.find("/incidents/") != std::string::npos) found.push_back(each);
  return found;
}

/// Every dedup key that was notified as degraded, and no end followed.
std::vector<std::string> unended(const Scene& scene) {
  std::vector<std::string> keys;
  for (const Notification& each : scene.notifications) {
    if (each.kind == NotificationKind::Degraded) keys.push_back(each.dedup_key);
    if (each.kind == NotificationKind::Recovered) std::erase(keys, each.dedup_key);
  }
  return keys;
}

}  // namespace

TEST_CASE("groups: the third and later incidents of ten seconds share one notification and one end") {
  Scene scene;
  INFO(scene.transcript());
  with_services(scene, quick());
  break_all(scene, {"a", "b", "c", "d", "e"});
  scene.pass(25s);
  CHECK(scene.incidents.size() == 5);
  CHECK(scene.notifications_of(NotificationKind::Degraded) == 3);
  REQUIRE(of_groups(scene).size() == 1);
  const Notification group = of_groups(scene)[0];
  CHECK(group.workload.empty());
  CHECK(group.text.find("3 more containers became unhealthy within 10s") != std::string::npos);
  CHECK(group.text.find("(HTTP 503)") != std::string::npos);

  for (const char* name : {"a", "b", "c", "d", "e"}) scene.box(name).fixed_by_start = true;
  REQUIRE(scene.pass_until([&] { return unended(scene).empty(); }));
  CHECK(scene.notifications_of(NotificationKind::Recovered) == 3);
  REQUIRE(of_groups(scene).size() == 2);
  CHECK(of_groups(scene)[1].dedup_key == group.dedup_key);
  CHECK(of_groups(scene)[1].text.find("All are healthy again") != std::string::npos);
}

TEST_CASE("groups: two incidents, and three that begin further apart, are notified by themselves") {
  Scene scene;
  INFO(scene.transcript());
  with_services(scene, quick());
  break_all(scene, {"a", "b"});
  scene.pass(12s);
  break_all(scene, {"c", "d"});
  scene.pass(12s);
  CHECK(scene.incidents.size() == 4);
  CHECK(scene.notifications_of(NotificationKind::Degraded) == 4);
  CHECK(of_groups(scene).empty());
}

TEST_CASE("groups: incidents that end before their group is notified cause one notification without an end") {
  Scene scene;
  INFO(scene.transcript());
  with_services(scene, quick());
  for (const char* name : {"a", "b", "c", "d"}) scene.box(name).broken = true;
  scene.pass(1min);
  CHECK(scene.incidents.size() == 4);
  REQUIRE(of_groups(scene).size() == 1);
  CHECK(of_groups(scene)[0].kind == NotificationKind::Info);
  CHECK(of_groups(scene)[0].text.find("All of these incidents have ended") != std::string::npos);
  CHECK(unended(scene).empty());
}

TEST_CASE("groups: giving up on a member calls an operator for it alone, and its end is its own") {
  Policy stubborn = quick();
  stubborn.retry.budget_attempts = 1;
  Scene scene;
  INFO(scene.transcript());
  with_services(scene, quick());
  Box& last = scene.healthy("z", stubborn);
  break_all(scene, {"a", "b", "c"});
  last.broken = true;
  last.fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.notifications_of(NotificationKind::Critical) == 1; }));
  const auto called =
      std::find_if(scene.notifications.begin(), scene.notifications.end(),
                   [](const Notification& each) { return each.kind == NotificationKind::Critical; });
  CHECK(called->workload == "z");
  const std::string key = called->dedup_key;
  for (const char* name : {"a", "b", "c", "z"}) scene.box(name).broken = false;
  scene.pass(1min);
  CHECK(std::any_of(scene.notifications.begin(), scene.notifications.end(), [&](const Notification& each) {
    return each.kind == NotificationKind::Recovered && each.dedup_key == key;
  }));
  CHECK(unended(scene).empty());
}

TEST_CASE("groups: what an operator must know of one workload is never in a group") {
  Policy left_alone = quick();
  left_alone.remedies.front().kind = RemedyKind::None;
  Scene scene;
  INFO(scene.transcript());
  with_services(scene, left_alone);
  break_all(scene, {"a", "b", "c", "d"});
  scene.pass(25s);
  CHECK(scene.incidents.size() == 4);
  CHECK(scene.notifications_of(NotificationKind::Degraded) == 4);
  CHECK(of_groups(scene).empty());
}

TEST_CASE("groups: workloads of other channels are not in one group") {
  NotificationRouting routing;
  NotificationRoute ours;
  ours.name = "ours";
  ours.match.workloads = {"a", "b", "c", "d"};
  ours.channels = {"slack"};
  NotificationRoute theirs;
  theirs.name = "theirs";
  theirs.channels = {"mail"};
  routing.routes = {ours, theirs};
  HostPolicy host = Scene::host_policy();
  host.channels = {"slack", "mail"};
  host.routing = std::make_shared<const NotificationRouting>(routing);
  Scene scene(Dialect::Docker20, host);
  INFO(scene.transcript());
  with_services(scene, quick());
  break_all(scene, {"a", "b", "c", "e", "f", "g"});
  scene.pass(25s);
  CHECK(scene.incidents.size() == 6);
  unsigned groups = 0;
  for (std::size_t i = 0; i < scene.notifications.size(); ++i) {
    if (scene.notifications[i].dedup_key.find("/incidents/") == std::string::npos) continue;
    ++groups;
    REQUIRE(scene.sent_to[i].size() == 1);
    const bool slack = scene.sent_to[i][0].channel == "slack";
    CHECK((scene.notifications[i].text.find("c (") != std::string::npos ||
           scene.notifications[i].text.find("a (") != std::string::npos ||
           scene.notifications[i].text.find("b (") != std::string::npos) == slack);
  }
  CHECK(groups == 2);
}

TEST_CASE("groups: a killed healer's group is notified by the next process, and ended once") {
  for (const Duration until_kill : {5s, 20s}) {
    CAPTURE(until_kill.count());
    Scene scene;
    INFO(scene.transcript());
    with_services(scene, quick());
    break_all(scene, {"a", "b", "c", "d", "e"});
    scene.pass(until_kill);
    scene.restart_healer();
    scene.pass(20s);
    REQUIRE(of_groups(scene).size() == 1);
    CHECK(of_groups(scene)[0].kind == NotificationKind::Degraded);
    CHECK(scene.host.unsent_groups.empty());
    for (const char* name : {"a", "b", "c", "d", "e"}) scene.box(name).broken = false;
    scene.pass(1min);
    CHECK(of_groups(scene).size() == 2);
    CHECK(unended(scene).empty());
  }
}
