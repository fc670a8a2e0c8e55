// HEALING.md 6: reminders and escalations of an open incident until an operator acknowledges it.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

NotificationRoute route(std::string name, std::vector<std::string> channels) {
  NotificationRoute route;
  route.name = std::move(name);
  route.channels = std::move(channels);
  return route;
}

HostPolicy host(NotificationRouting routing, std::vector<std::string> channels = {"slack", "pager", "boss"}) {
  HostPolicy policy = Scene::host_policy();
  policy.channels = std::move(channels);
  policy.routing = std::make_shared<const NotificationRouting>(std::move(routing));
  return policy;
}

/// First slack, 15 minutes later pager, 30 minutes later boss.
NotificationRouting escalating() {
  NotificationRouting routing;
  routing.remind_every = Duration{0};
  NotificationRoute first = route("first", {"slack"});
  first.escalate_after = 15min;
  first.escalate_to = "second";
  NotificationRoute second = route("second", {"pager"});
  second.only_escalated = true;
  second.escalate_after = 30min;
  second.escalate_to = "third";
  NotificationRoute third = route("third", {"boss"});
  third.only_escalated = true;
  routing.routes = {second, third, first};
  return routing;
}

Policy only_notified() {
  Policy policy = Scene::policy();
  policy.remedies.front().kind = RemedyKind::None;
  return policy;
}

/// Events and channels such as "DEGRADED>slack, ESCALATED>pager", from notification number `from` on.
std::string notified_channels(const Scene& scene, std::size_t from = 0) {
  std::string text;
  for (std::size_t i = from; i < scene.notifications.size(); ++i) {
    text += (text.empty() ? "" : ", ") + scene.notifications[i].event + ">";
    for (std::size_t k = 0; k < scene.sent_to[i].size(); ++k)
      text += (k == 0 ? "" : "+") + scene.sent_to[i][k].channel;
  }
  return text;
}

}  // namespace

TEST_CASE("reminders: every four hours while the incident is open, none once it is resolved") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", only_notified());
  box.broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  scene.pass(3h + 55min);
  CHECK(notified_channels(scene) == "DEGRADED>slack");
  scene.pass(10min);
  CHECK(notified_channels(scene) == "DEGRADED>slack, STILL UNHEALTHY>slack");
  const Notification& reminder = scene.notifications.back();
  CHECK(reminder.kind == NotificationKind::Degraded);
  CHECK(reminder.dedup_key == scene.notifications.front().dedup_key);
  CHECK(reminder.repeat == 1);
  CHECK(reminder.text.find("web is still unhealthy, 4h") == 0);
  CHECK(reminder.advice.find("`healer ack web`") != std::string::npos);
  scene.pass(8h);
  CHECK(scene.notifications.back().repeat == 3);
  box.broken = false;
  scene.pass(10h);
  CHECK(notified_channels(scene, 3) == "STILL UNHEALTHY>slack, RECOVERED>slack");
}

TEST_CASE("reminders: healer ack ends them, also for the next process; the recovery is still notified") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", only_notified());
  box.broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  scene.send(OperatorAck{"web", "kim"});
  CHECK(scene.logged("acknowledged by kim"));
  CHECK(scene.rules.back().rule == Rule::ByOperator);
  CHECK(scene.rules.back().fact == Fact{fact::Acknowledged{"kim"}});
  CHECK(scene.status("web").acked_by == "kim");
  CHECK(scene.status("web").acked_at == scene.now());
  scene.pass(5h);
  scene.restart_healer();
  scene.pass(5h);
  CHECK(notified_channels(scene) == "DEGRADED>slack");
  CHECK(scene.status("web").acked_by == "kim");
  box.broken = false;
  scene.pass(5min);
  CHECK(notified_channels(scene, 1) == "RECOVERED>slack");
  CHECK_FALSE(scene.status("web").acked_at.has_value());
}

TEST_CASE("reminders: a new process counts from the last notification") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", only_notified());
  box.broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  scene.pass(3h);
  scene.restart_healer();
  scene.pass(55min);
  CHECK(scene.notifications.size() == 1);
  scene.pass(10min);
  CHECK(notified_channels(scene, 1) == "STILL UNHEALTHY>slack");
}

TEST_CASE("reminders: none at 0, none during a pause, none for a workload without notifications") {
  NotificationRouting routing;
  routing.remind_every = Duration{0};
  Scene off(Dialect::Docker20, host(routing));
  off.healthy("web", only_notified()).broken = true;
  off.pass(12h);
  CHECK(off.notifications.size() == 1);

  Scene paused;
  paused.healthy("web", only_notified()).broken = true;
  REQUIRE(paused.pass_until_decision("degraded"));
  paused.send(OperatorPause{"web", 10h});
  paused.pass(9h);
  CHECK(paused.notifications.size() == 1);
  paused.pass(2h);
  CHECK(notified_channels(paused, 1) == "STILL UNHEALTHY>slack");

  Scene frozen;
  Box& box = frozen.healthy("web", only_notified());
  box.broken = true;
  REQUIRE(frozen.pass_until_decision("degraded"));
  frozen.pause(box);
  frozen.pass(9h);
  CHECK(frozen.notifications.size() == 1);

  Policy silent = only_notified();
  silent.notify.enabled = false;
  Scene none;
  none.healthy("web", silent).broken = true;
  none.pass(12h);
  CHECK(none.notifications.empty());
}

TEST_CASE("reminders: after quiet hours the interval starts when the notification is released") {
  NotificationRouting routing;
  routing.quiet = {MaintenanceWindow{}};
  routing.quiet.front().from_minute = 14 * 60;  // the scene starts at 14:13 UTC
  routing.quiet.front().to_minute = 6 * 60;
  Scene scene(Dialect::Docker20, host(routing));
  INFO(scene.transcript());
  scene.healthy("web", only_notified()).broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  const Instant out = scene.sent_to.front().front().not_before;
  CHECK(out - scene.now() > 15h);
  scene.pass(out - scene.now() + 3h + 55min);
  CHECK(scene.notifications.size() == 1);
  scene.pass(10min);
  CHECK(scene.notifications.size() == 2);
}

TEST_CASE("escalation: without healer ack each next route is notified in turn; the end goes to all") {
  Scene scene(Dialect::Docker20, host(escalating()));
  INFO(scene.transcript());
  Box& box = scene.healthy("web", only_notified());
  box.broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  scene.pass(14min + 50s);
  CHECK(notified_channels(scene) == "DEGRADED>slack");
  scene.pass(20s);
  CHECK(notified_channels(scene) == "DEGRADED>slack, ESCALATED>pager");
  CHECK(scene.notifications.back().text.find("It is not acknowledged.") != std::string::npos);
  CHECK(scene.decided(Rule::Escalated) == 1);
  scene.restart_healer();
  scene.pass(31min);
  CHECK(notified_channels(scene, 2) == "ESCALATED>boss");
  scene.pass(5h);
  CHECK(scene.notifications.size() == 3);  // each route once
  box.broken = false;
  scene.pass(5min);
  CHECK(notified_channels(scene, 3) == "RECOVERED>slack+pager+boss");
}

TEST_CASE("escalation: healer ack prevents it until the first critical notification of the incident") {
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 2;
  policy.retry.budget_window = 2h;
  policy.retry.backoff_max = 1h;
  policy.interval = 10min;
  policy.timeout = 1s;
  policy.fast_interval = 1s;
  NotificationRouting routing = escalating();
  Scene scene(Dialect::Docker20, host(routing));
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until_decision("degraded", 1h));
  scene.send(OperatorAck{"web", ""});
  CHECK(scene.logged("acknowledged by an operator"));
  REQUIRE(scene.pass_until_decision("critical", 5h));
  CHECK(notified_channels(scene) == "DEGRADED>slack, GAVE UP>slack");
  CHECK_FALSE(scene.status("web").acked_at.has_value());
  scene.pass(16min);
  CHECK(notified_channels(scene, 2) == "ESCALATED>pager");
  CHECK(scene.notifications.back().kind == NotificationKind::Critical);
  scene.send(OperatorAck{"web", "kim"});
  scene.pass(2h);
  CHECK(scene.notifications.size() == 3);
}

TEST_CASE("escalation: an escalation to a removed route is dropped and logged") {
  Scene scene(Dialect::Docker20, host(escalating()));
  INFO(scene.transcript());
  scene.healthy("web", only_notified()).broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  NotificationRouting other;
  other.remind_every = Duration{0};
  scene.send(HostPolicyChanged{host(other)});
  scene.pass(1h);
  CHECK(scene.notifications.size() == 1);
  CHECK(scene.logged("there is no route 'second' any more"));
}

TEST_CASE("healer ack without an open incident changes nothing") {
  Scene scene;
  scene.healthy("web");
  const std::size_t before = scene.rules.size();
  scene.send(OperatorAck{"web", "kim"});
  scene.send(OperatorAck{"nobody", "kim"});
  CHECK(scene.rules.size() == before);
}

TEST_CASE("quiet hours: a critical notification and the end of its incident go out at once") {
  NotificationRouting routing;
  routing.quiet = {MaintenanceWindow{}};
  routing.quiet.front().from_minute = 14 * 60;
  routing.quiet.front().to_minute = 6 * 60;
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 1;
  Scene scene(Dialect::Docker20, host(routing, {"slack"}));
  INFO(scene.transcript());
  Box& box = scene.healthy("web", policy);
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until_decision("critical"));
  box.broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  REQUIRE(scene.notifications.size() == 3);
  CHECK(scene.sent_to[0].front().not_before > scene.notifications[0].created_at);
  CHECK(scene.sent_to[1].front().not_before == scene.notifications[1].created_at);
  CHECK(scene.sent_to[2].front().not_before == scene.notifications[2].created_at);
}

TEST_CASE("routing: the engine's return is sent where its loss was sent, also by the next process") {
  NotificationRouting routing;
  NotificationRoute calls = route("calls", {"pager"});
  calls.match.kinds = {NotificationKind::Critical};
  routing.routes = {calls, route("rest", {"slack"})};
  Scene scene(Dialect::Docker20, host(routing));
  INFO(scene.transcript());
  scene.healthy("web");
  scene.lose_engine();
  scene.pass(1min);
  scene.restart_healer(false);
  scene.connect();
  scene.pass(1min);
  CHECK(notified_channels(scene) == "ENGINE DOWN>pager, ENGINE BACK>pager");
  CHECK(scene.notifications[0].advice.find("engine") != std::string::npos);
}

TEST_CASE("routing: the notification of a mass failure also goes where its members' own would go") {
  NotificationRouting routing;
  NotificationRoute team = route("team", {"pager"});
  team.match.labels = {"team-a"};
  routing.routes = {team, route("rest", {"slack"})};
  Scene scene(Dialect::Docker20, host(routing));
  INFO(scene.transcript());
  for (int i = 0; i < 4; ++i) {
    Policy policy = Scene::policy();
    policy.failure_threshold = 5;  // each is seen failing before the first one would be remedied
    if (i == 0) policy.notify.route = "team-a";
    if (i == 1) policy.notify.enabled = false;
    scene.add("web" + std::to_string(i), policy);
  }
  scene.connect();
  scene.pass(1min);
  for (auto& [id, box] : scene.boxes) box->broken = true;
  REQUIRE(scene.pass_until_decision("degraded"));
  CHECK(notified_channels(scene) == "MASS FAILURE>slack+pager");
  for (auto& [id, box] : scene.boxes) box->broken = false;
  REQUIRE(scene.pass_until_decision("recovered"));
  CHECK(notified_channels(scene, 1) == "MASS FAILURE OVER>slack+pager");
}

TEST_CASE("notifications: each carries advice for the operator, the compose project and a link") {
  NotificationRouting routing;
  routing.link = "https://dash.example/i/{incident}";
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 1;
  Scene scene(Dialect::Docker20, host(routing));
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  join_service(box.facts, "shop", "web");
  scene.connect();
  scene.pass(1min);
  box.broken = true;
  box.fixed_by_start = false;
  REQUIRE(scene.pass_until_decision("critical"));
  const Notification& called = scene.notifications.back();
  CHECK(called.advice == "Look at `docker logs web`. Then `healer reset web`.");
  CHECK(called.text.find("docker logs") == std::string::npos);
  CHECK(called.project == "shop");
  CHECK(called.incident == IncidentId{1});
  CHECK(called.unhealthy_since == scene.incidents.at(1).unhealthy_since);
  CHECK(called.link == "https://dash.example/i/1");
}
