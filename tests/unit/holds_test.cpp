// HEALING.md 5: when not to act on an unhealthy workload.
#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "present/status.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Policy depends_on(std::vector<std::string> names) {
  Policy policy = Scene::policy();
  policy.dependencies.names = std::move(names);
  return policy;
}

/// Passes time until every workload is healthy.
void settle(Scene& scene) {
  scene.connect();
  scene.pass(45s);
  scene.decisions();
}

void compose(Box& box, const std::string& project, const std::string& service, unsigned number = 1,
             std::vector<std::string> depends = {}) {
  join_service(box.facts, project, service, number);
  box.facts.start_order.dependencies = std::move(depends);
}

/// `count` healthy workloads "w0", "w1", ...
std::vector<Box*> boxes_of(Scene& scene, int count, const Policy& policy = Scene::policy()) {
  std::vector<Box*> boxes;
  for (int i = 0; i < count; ++i) boxes.push_back(&scene.add(fmt::format("w{}", i), policy));
  settle(scene);
  return boxes;
}

std::vector<std::string> restarted(const Scene& scene) {
  std::vector<std::string> names;
  for (const ApplyRemedy& order : scene.orders) names.push_back(order.name);
  return names;
}

unsigned orders_of(const Scene& scene, const std::string& name) {
  const auto names = restarted(scene);
  return static_cast<unsigned>(std::count(names.begin(), names.end(), name));
}

std::string last_notification(const Scene& scene) {
  return scene.notifications.empty()
             ? ""
             : scene.notifications.back().event + ": " + scene.notifications.back().text;
}

bool alerted(const Scene& scene, const std::string& part) {
  return std::any_of(
      scene.notifications.begin(), scene.notifications.end(),
      [&](const Notification& notification) { return notification.text.find(part) != std::string::npos; });
}

}  // namespace

// --- pause ----------------------------------------------------------------------------------------------

TEST_CASE("pause: a paused workload is checked but not healed, and the pause ends by itself") {
  Scene scene;
  Box& web = scene.healthy("web");
  scene.send(OperatorPause{"web", 10min});
  web.broken = true;
  const unsigned probes = scene.probes;
  scene.pass(9min);
  CHECK(scene.decisions() == "");
  CHECK(scene.probes > probes + 20);
  const WorkloadStatus status = scene.status("web");
  CHECK(status.paused_until);
  CHECK(status.hold->kind == HoldKind::Paused);
  CHECK(status.failures >= 3);
  CHECK(scene.held_for(HoldKind::Paused) == 1);
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 2min), scene.transcript());
  CHECK(scene.decisions() == "degraded, restart web");
  CHECK(scene.decided(Rule::Released) == 1);
  CHECK(scene.decided(Rule::ByOperator) == 2);
}

TEST_CASE("pause: an unhealthy workload is healed at once when an operator resumes it") {
  Scene scene;
  Box& web = scene.healthy("web");
  scene.send(OperatorPause{"web", {}});
  web.broken = true;
  scene.pass(3h);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").paused_until == Instant::max());
  scene.send(OperatorResume{"web"});
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
  CHECK_FALSE(scene.status("web").paused_until);
}

TEST_CASE("pause: a pause of everything holds every workload until the resume") {
  Scene scene;
  Box& web = scene.add("web");
  Box& api = scene.add("api");
  settle(scene);
  scene.send(OperatorPause{"", 10min});
  web.broken = true;
  scene.crash(api);
  scene.pass(9min);
  CHECK(scene.decisions() == "");
  CHECK(present::host_status(*scene.core, scene.now()).paused_until);
  scene.send(OperatorResume{""});
  CHECK(scene.pass_until_decision("start api", 1min));
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 2min), scene.transcript());
  CHECK_FALSE(present::host_status(*scene.core, scene.now()).paused_until);
}

TEST_CASE("pause: a workload's own pause continues after the pause of everything has ended") {
  Scene scene;
  Box& web = scene.add("web");
  Box& api = scene.add("api");
  settle(scene);
  scene.send(OperatorPause{"api", 1h});
  scene.send(OperatorPause{"", 5min});
  web.broken = api.broken = true;
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 6min), scene.transcript());
  scene.pass(10min);
  CHECK(orders_of(scene, "api") == 0);
}

TEST_CASE("pause: the pause of a workload survives a restart of healer") {
  Scene scene;
  Box& web = scene.healthy("web");
  scene.send(OperatorPause{"web", 20min});
  web.broken = true;
  scene.pass(1min);
  scene.restart_healer();
  scene.pass(10min);
  CHECK(scene.orders.empty());
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 15min), scene.transcript());
}

TEST_CASE("pause: the pause of everything survives a restart of healer") {
  Scene scene;
  Box& web = scene.healthy("web");
  scene.send(OperatorPause{"", 20min});
  web.broken = true;
  scene.pass(1min);
  scene.restart_healer();
  scene.pass(10min);
  CHECK(scene.orders.empty());
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 15min), scene.transcript());
}

TEST_CASE("pause: no notification is raised during a pause, not even a critical one") {
  Scene scene;
  Policy policy = Scene::policy();
  policy.retry.budget_attempts = 1;
  Box& web = scene.healthy("web", policy);
  web.broken = true;
  web.fixed_by_start = false;
  REQUIRE(scene.pass_until_decision("restart web"));
  scene.decisions();
  scene.send(OperatorPause{"web", 20min});
  scene.pass(15min);
  CHECK(scene.decisions() == "");
  CHECK_MESSAGE(scene.pass_until_decision("critical", 10min), scene.transcript());
}

TEST_CASE("pause: healer heal is executed within a pause that was set before it") {
  Scene scene;
  scene.healthy("web");
  scene.send(OperatorPause{"web", {}});
  scene.send(OperatorHeal{"web"});
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
}

TEST_CASE("pause: a pause set after healer heal holds that remedy too") {
  for (const char* of : {"web", ""}) {
    Scene scene;
    scene.evidence_takes = 1s;
    scene.healthy("web");
    scene.send(OperatorHeal{"web"});
    scene.send(OperatorPause{of, 20min});
    scene.pass(15min);
    CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
    CHECK_MESSAGE(scene.pass_until_decision("restart web", 10min), scene.transcript());
  }
}

TEST_CASE("pause: a pause set between the decision and the order holds the order") {
  Scene scene;
  scene.evidence_takes = 1s;
  Box& web = scene.healthy("web");
  web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.captures > 0; }));
  scene.send(OperatorPause{"web", 5min});
  scene.pass(4min);
  CHECK(scene.orders.empty());
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 3min), scene.transcript());
}

// --- maintenance ----------------------------------------------------------------------------------------

namespace {

/// A window in UTC, open from `from` to `to` after the scene's now; `ahead`: how far the wall clock is ahead.
MaintenanceWindow window_at(const Scene& scene, Duration from, Duration to, Duration ahead = 0s) {
  const auto minute_at = [&](Duration after) {
    const std::int64_t ms = wall_time_of(scene.now() + after + ahead).unix_ms;
    return static_cast<unsigned>(ms / 60000 % 1440);
  };
  MaintenanceWindow window;
  window.from_minute = minute_at(from);
  window.to_minute = minute_at(to);
  window.text = "nightly";
  return window;
}

}  // namespace

TEST_CASE("maintenance: within a window a workload is checked and notified, but not healed") {
  Scene scene;
  Policy policy = Scene::policy();
  policy.maintenance = {window_at(scene, -10min, 20min)};
  Box& web = scene.healthy("web", policy);
  web.broken = true;
  scene.pass(15min);
  CHECK(scene.orders.empty());
  CHECK(scene.decisions() == "degraded");
  CHECK(last_notification(scene).find("maintenance window nightly") != std::string::npos);
  CHECK(scene.status("web").hold->kind == HoldKind::Maintenance);
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 10min), scene.transcript());
}

TEST_CASE("maintenance: a window follows the wall clock, also after the clock was set") {
  Scene scene;
  Policy policy = Scene::policy();
  policy.maintenance = {window_at(scene, 0s, 30min, 6h)};
  Box& web = scene.healthy("web", policy);
  scene.send(WallClockMoved{6h});
  web.broken = true;
  scene.pass(10min);
  CHECK(scene.orders.empty());
  scene.send(WallClockMoved{0s});
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
}

// --- dependencies ---------------------------------------------------------------------------------------

TEST_CASE("dependency: the root is healed; the dependent is held, and the root's notification names it") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  db.broken = web.broken = true;
  REQUIRE(scene.pass_until_decision("restart db"));
  scene.pass_until([&] { return scene.workload("web").held.has_value(); }, 1min);
  CHECK(scene.status("web").hold->kind == HoldKind::Dependency);
  web.broken = false;  // web recovers with db
  scene.pass(5min);
  CHECK_MESSAGE(restarted(scene) == std::vector<std::string>{"db"}, scene.transcript());
  CHECK_MESSAGE(alerted(scene, "HTTP 503; web depends on it. "), scene.transcript());
  for (const Notification& sent : scene.notifications) CHECK(sent.workload == "db");
  CHECK(scene.incidents.size() == 2);
  for (const auto& [id, incident] : scene.incidents) CHECK(incident.outcome != IncidentOutcome::Open);
  CHECK(scene.held_for(HoldKind::Dependency) == 1);
}

TEST_CASE("dependency: a dependent is notified only if it stays unhealthy when its root is healthy again") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  const auto notified = [&scene](const std::string& name) {
    return std::count_if(scene.notifications.begin(), scene.notifications.end(),
                         [&](const Notification& sent) { return sent.workload == name; });
  };
  web.broken = true;
  SUBCASE("it stays unhealthy") {
    db.broken = true;
    REQUIRE(scene.pass_until([&] { return notified("db") == 2; }, 5min));
    CHECK(notified("web") == 0);
    scene.pass(5min);
    CHECK_MESSAGE(notified("web") == 2, scene.transcript());  // degraded, recovered
  }
  SUBCASE("also within the cooldown of an earlier notification") {
    scene.pass_until([&] { return notified("web") == 2; }, 5min);
    scene.decisions();
    db.broken = web.broken = true;
    REQUIRE(scene.pass_until_decision("restart db", 5min));
    web.broken = false;
    scene.pass(30min);
    CHECK_MESSAGE(notified("web") == 2, scene.transcript());
  }
  SUBCASE("an operator stopped the root, and nobody is notified of it") {
    scene.stop(db);
    scene.pass(2min);
    CHECK_MESSAGE(alerted(scene, "It is left alone for now: db is stopped"), scene.transcript());
  }
}

TEST_CASE("dependency: after the root recovers the dependent needs a fresh verdict before a remedy") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  db.broken = web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("db").condition == Condition::Healing; }));
  REQUIRE(scene.pass_until([&] { return scene.status("db").condition == Condition::Healthy; }));
  const Instant healthy = scene.now();
  CHECK(orders_of(scene, "web") == 0);
  CHECK(scene.status("web").failures == 0);
  REQUIRE_MESSAGE(scene.pass_until_decision("restart web", 2min), scene.transcript());
  CHECK(scene.now() - healthy >= 5s);  // three failures of web itself
}

TEST_CASE("dependency: after the root recovers its dependent has no new start period and learns no start") {
  Scene scene;
  Policy patient = depends_on({"db"});
  patient.start_period = 1h;
  Box& db = scene.add("db");
  Box& web = scene.add("web", patient);
  settle(scene);
  const auto starts = scene.records.at("web").starts;
  db.broken = web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("db").condition == Condition::Healing; }));
  REQUIRE(scene.pass_until([&] { return scene.status("db").condition == Condition::Healthy; }));
  SUBCASE("still unhealthy") {
    CHECK_MESSAGE(scene.pass_until_decision("restart web", 2min), scene.transcript());
  }
  SUBCASE("healthy by itself") {
    web.broken = false;
    REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::Healthy; }));
    CHECK(scene.records.at("web").starts == starts);
  }
}

TEST_CASE("dependency: an exited dependent is started as soon as the root is healthy") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  db.broken = true;
  db.broken_starts_left = 1;
  REQUIRE(scene.pass_until_decision("restart db"));
  scene.crash(web);
  REQUIRE(scene.pass_until([&] { return scene.status("db").condition == Condition::Healthy; }));
  CHECK(orders_of(scene, "web") == 0);
  CHECK_MESSAGE(scene.pass_until_decision("start web", 10s), scene.transcript());
}

TEST_CASE("dependency: a dependent that does not answer is held for five minutes at most, then tried once") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  web.fixed_by_start = false;
  settle(scene);
  scene.stop(db);
  web.hangs = true;
  scene.pass_until([&] { return scene.workload("web").held.has_value(); }, 1min);
  const Instant held = scene.now();
  CHECK(scene.status("web").hold->text == "db is stopped; it is waited for");
  REQUIRE_MESSAGE(scene.pass_until_decision("restart web", 10min), scene.transcript());
  CHECK(scene.now() - held >= 5min);
  CHECK(scene.now() - held < 5min + 20s);
  scene.pass(3h);
  CHECK_MESSAGE(orders_of(scene, "web") == 1, scene.transcript());
  CHECK(orders_of(scene, "db") == 0);
}

TEST_CASE("dependency: a dependent that answers waits for its root as long as the root is unhealthy") {
  Scene scene;
  Policy unremedied = Scene::policy();
  unremedied.remedies.front().kind = RemedyKind::None;
  bool stopped = false;
  SUBCASE("the root is stopped") {
    stopped = true;
  }
  SUBCASE("nothing remedies the root") {}
  Box& db = scene.add("db", unremedied);
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  if (stopped)
    scene.stop(db);
  else
    db.hangs = true;
  web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").held.has_value(); }, 1min));
  scene.pass(6h);
  CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
  CHECK(scene.status("web").hold->kind == HoldKind::Dependency);
  // Its own trouble is healed once the root is healthy.
  db.hangs = false;
  if (stopped) scene.start(db);
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 5min), scene.transcript());
}

TEST_CASE("dependency: what was not checked since the failures began is checked before the remedy") {
  Scene scene;
  Policy seldom = Scene::policy();
  seldom.interval = 15min;
  Box& db = scene.add("db", seldom);
  Box& web = scene.add("web", depends_on({"db"}));
  settle(scene);
  web.broken = true;
  SUBCASE("the root fails: it is healed first") {
    SUBCASE("with an error") {
      db.broken = true;
    }
    SUBCASE("without an answer") {
      db.hangs = true;
    }
    scene.at_order = [&](const ApplyRemedy&) { web.broken = false; };
    scene.pass(20min);
    CHECK_MESSAGE(restarted(scene) == std::vector<std::string>{"db"}, scene.transcript());
    CHECK(scene.status("web").condition == Condition::Healthy);
  }
  SUBCASE("the root passes: the remedy begins at once") {
    REQUIRE(scene.pass_until([&] { return scene.workload("web").incident.has_value(); }, 1min));
    const Instant unhealthy = scene.now();
    REQUIRE_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
    CHECK(scene.now() - unhealthy < 1s);
  }
  SUBCASE("the root's check cannot be done: the remedy begins") {
    db.answer.emplace().end = ProbeEnd::NoRoute;
    CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
  }
}

TEST_CASE("dependency: what depends on something that healer does not watch gets one attempt a day") {
  Scene scene;
  Box& web = scene.add("web", depends_on({"db"}));
  web.fixed_by_start = false;
  settle(scene);
  SUBCASE("it answers with an error") {
    web.broken = true;
    scene.pass(55min);
    CHECK_MESSAGE(orders_of(scene, "web") == 1, scene.transcript());
    CHECK(scene.status("web").hold->text ==
          "healer cannot judge db, which it depends on, and a remedy did not help");
    scene.pass(22h);
    CHECK_MESSAGE(orders_of(scene, "web") == 1, scene.transcript());
    scene.pass(3h);
    CHECK_MESSAGE(orders_of(scene, "web") == 2, scene.transcript());
  }
  SUBCASE("it does not answer: the trouble is its own") {
    web.hangs = true;
    scene.pass(15min);
    CHECK_MESSAGE(orders_of(scene, "web") == 5, scene.transcript());
  }
  SUBCASE("the dependency is watched and healthy") {
    scene.add("db");
    scene.connect();
    scene.pass(45s);
    web.broken = true;
    scene.pass(15min);
    CHECK_MESSAGE(orders_of(scene, "web") == 5, scene.transcript());
  }
}

TEST_CASE("dependency: what depends on something whose checks tell nothing gets one attempt a day") {
  Scene scene;
  Box& db = scene.add("db");
  Box& web = scene.add("web", depends_on({"db"}));
  web.fixed_by_start = false;
  settle(scene);
  db.answer.emplace().end = ProbeEnd::NoRoute;
  scene.pass(1min);
  web.broken = true;
  scene.pass(12h);
  CHECK_MESSAGE(orders_of(scene, "web") == 1, scene.transcript());
  CHECK(scene.status("web").hold->kind == HoldKind::Dependency);
}

TEST_CASE("remedy: a failure that is old when the remedy is due is checked once more") {
  Scene scene;
  Policy seldom = Scene::policy();
  seldom.interval = 15min;
  Box& web = scene.add("web", seldom);
  settle(scene);
  scene.send(OperatorPause{"web", 45min});
  web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").remediation.queued(); }, 44min));
  scene.pass(1min);
  SUBCASE("it passes: no remedy") {
    web.broken = false;
    scene.send(OperatorResume{"web"});
    scene.pass(1h);
    CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
  }
  SUBCASE("it fails: the remedy begins at once") {
    scene.send(OperatorResume{"web"});
    scene.pass(5s);
    CHECK_MESSAGE(orders_of(scene, "web") == 1, scene.transcript());
  }
}

TEST_CASE("dependency: the dependent's own setting gives the length of the hold") {
  Scene scene;
  Box& db = scene.add("db");
  Policy policy = depends_on({"db"});
  policy.dependencies.hold = 1min;
  Box& web = scene.add("web", policy);
  settle(scene);
  scene.pause(db);
  web.hangs = true;
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 2min), scene.transcript());
}

TEST_CASE("dependency: the hold names the root, although the workload between them is healthy") {
  Scene scene;
  Box& db = scene.add("db");
  scene.add("api", depends_on({"db"}));
  Box& web = scene.add("web", depends_on({"api"}));
  settle(scene);
  scene.stop(db);
  web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").held.has_value(); }, 1min));
  CHECK(scene.status("web").hold->text == "db is stopped; it is waited for");
  CHECK(scene.status("web").depends_on == std::vector<std::string>{"api"});
}

TEST_CASE("dependency: the depends_on label of compose makes an edge") {
  Scene scene;
  Box& db = scene.add("shop-db-1");
  Box& web = scene.add("shop-web-1");
  compose(db, "shop", "db");
  compose(web, "shop", "web", 1, {"shop/db"});
  settle(scene);
  db.broken = web.broken = true;
  REQUIRE(scene.pass_until_decision("restart shop-db-1"));
  web.broken = false;
  scene.pass(3min);
  CHECK_MESSAGE(restarted(scene) == std::vector<std::string>{"shop-db-1"}, scene.transcript());
}

TEST_CASE("dependency: a cycle is logged with its path and holds no workload") {
  Scene scene;
  Box& web = scene.add("web", depends_on({"api"}));
  scene.add("api", depends_on({"web"}));
  settle(scene);
  CHECK(scene.logged("web -> api -> web"));
  REQUIRE(scene.status("web").problems.size() == 1);
  web.broken = true;
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
}

// --- shared networks ------------------------------------------------------------------------------------

namespace {

struct Shared {
  Scene scene;
  Box* vpn = nullptr;
  Box* torrent = nullptr;
  explicit Shared(bool vpn_watched = true, Policy policy = Scene::policy()) {
    Policy parent = Scene::policy();
    if (!vpn_watched) parent.selection = Selection::Unlabelled;
    vpn = &scene.add("vpn", parent);
    torrent = &scene.add("torrent", policy);
    share_network(torrent->facts, vpn->facts);
    vpn->facts.ports.push_back(torrent->facts.ports[0]);  // the child is reached where its parent is
    settle(scene);
  }
};

}  // namespace

TEST_CASE("network: after a restart of the parent the child is restarted, although its checks pass") {
  for (const bool watched : {true, false}) {
    CAPTURE(watched);
    Shared shared(watched);
    Scene& scene = shared.scene;
    scene.restart(*shared.vpn);
    REQUIRE_MESSAGE(scene.pass_until_decision("restart torrent", 2min), scene.transcript());
    scene.pass(2min);
    CHECK_MESSAGE(restarted(scene) == std::vector<std::string>{"torrent"}, scene.transcript());
    REQUIRE(scene.incidents.size() == 1);
    CHECK(scene.incidents.begin()->second.cause == IncidentCause::NetworkLost);
    CHECK(scene.incidents.begin()->second.outcome == IncidentOutcome::Recovered);
    CHECK(alerted(scene, "vpn, whose network it shares, was restarted"));
  }
}

TEST_CASE("network: the child is not restarted before the parent is healthy") {
  Shared shared;
  Scene& scene = shared.scene;
  shared.vpn->broken = true;
  shared.vpn->broken_starts_left = 1;
  shared.torrent->broken = true;  // its network is down with vpn
  REQUIRE(scene.pass_until_decision("restart vpn"));
  REQUIRE(scene.pass_until([&] { return orders_of(scene, "vpn") == 2; }));
  CHECK(orders_of(scene, "torrent") == 0);
  REQUIRE(scene.pass_until([&] { return scene.status("vpn").condition == Condition::Healthy; }));
  CHECK(orders_of(scene, "torrent") == 0);
  REQUIRE_MESSAGE(scene.pass_until_decision("restart torrent", 2min), scene.transcript());
}

TEST_CASE("network: a parent that does not run holds its child without end") {
  Shared shared;
  Scene& scene = shared.scene;
  scene.stop(*shared.vpn);
  shared.torrent->broken = true;
  scene.pass(30min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("torrent").hold->kind == HoldKind::NetworkParent);
  CHECK(alerted(scene, "vpn, whose network it shares, is not running"));
  scene.start(*shared.vpn);
  CHECK_MESSAGE(scene.pass_until_decision("restart torrent", 2min), scene.transcript());
}

TEST_CASE("network: when the parent is a new container the child is recreated in its network") {
  for (const bool watched : {true, false}) {
    CAPTURE(watched);
    Shared shared(watched);
    Scene& scene = shared.scene;
    const PortBinding port = shared.torrent->facts.ports[0];
    Box& fresh = scene.recreate(*shared.vpn);
    fresh.facts.ports.push_back(port);
    REQUIRE_MESSAGE(scene.pass_until([&] { return !scene.orders.empty(); }, 2min), scene.transcript());
    CHECK(scene.orders[0].name == "torrent");
    CHECK(scene.orders[0].step.kind == RemedyKind::Recreate);
    CHECK(scene.orders[0].network_parent == fresh.facts.id);
    scene.pass(3min);
    CHECK_MESSAGE(scene.orders.size() == 1, scene.transcript());
    CHECK(scene.incidents.begin()->second.outcome == IncidentOutcome::Recovered);
    CHECK(scene.box("torrent").facts.network_parent == fresh.facts.id);
  }
}

TEST_CASE("network: a new parent container that does not run holds its child without end") {
  Shared shared;
  Scene& scene = shared.scene;
  Box& fresh = scene.recreate(*shared.vpn);
  scene.pass(1s);
  scene.stop(fresh);
  scene.pass(30min);
  CHECK(scene.orders.empty());
  CHECK(scene.status("torrent").hold->kind == HoldKind::NetworkParent);
  scene.start(fresh);
  REQUIRE_MESSAGE(scene.pass_until([&] { return !scene.orders.empty(); }, 2min), scene.transcript());
  CHECK(scene.orders[0].step.kind == RemedyKind::Recreate);
}

TEST_CASE("network: a parent replaced while healer was down is found by its stored name") {
  for (const bool watched : {true, false}) {
    CAPTURE(watched);
    Shared shared(watched);
    Scene& scene = shared.scene;
    scene.lose_engine(false);
    Box& fresh = scene.recreate(*shared.vpn);
    fresh.facts.ports.push_back(shared.torrent->facts.ports[0]);
    scene.forget_events();
    scene.restart_healer();
    REQUIRE_MESSAGE(scene.pass_until([&] { return !scene.orders.empty(); }, 2min), scene.transcript());
    CHECK(scene.orders[0].name == "torrent");
    CHECK(scene.orders[0].network_parent == fresh.facts.id);
  }
}

TEST_CASE("network: a deployment that replaces the parent has time to replace the child as well") {
  Shared shared;
  Scene& scene = shared.scene;
  const PortBinding port = shared.torrent->facts.ports[0];
  Box& vpn = scene.recreate(*shared.vpn);
  vpn.facts.ports.push_back(port);
  scene.pass(5s);
  Box& torrent = scene.recreate(*shared.torrent);
  share_network(torrent.facts, vpn.facts);
  scene.pass(5min);
  CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
}

TEST_CASE("network: a child whose remedy is none is notified and not changed") {
  Policy policy = Scene::policy();
  RemedyStep none;
  none.kind = RemedyKind::None;
  policy.remedies = {none};
  Shared shared(true, policy);
  Scene& scene = shared.scene;
  scene.restart(*shared.vpn);
  scene.pass(20min);
  CHECK(scene.orders.empty());
  CHECK_MESSAGE(scene.decisions() == "degraded", scene.transcript());
}

TEST_CASE("network: a ladder that starts no new instance ends in a critical notification, not recovered") {
  Policy policy = Scene::policy();
  RemedyStep webhook;
  webhook.kind = RemedyKind::Webhook;
  webhook.url = Secret("http://hook.example/heal");
  policy.remedies = {webhook};
  Shared shared(true, policy);
  Scene& scene = shared.scene;
  scene.restart(*shared.vpn);
  REQUIRE_MESSAGE(scene.pass_until_decision("critical", 6h), scene.transcript());
  CHECK(scene.notifications_of(NotificationKind::Recovered) == 0);
  CHECK(scene.notifications_of(NotificationKind::Degraded) == 1);
  scene.restart(*shared.torrent);
  CHECK_MESSAGE(scene.pass_until_decision("recovered", 2h), scene.transcript());
}

TEST_CASE("network: a restart of the child alone is no lost network") {
  Shared shared;
  shared.scene.restart(*shared.torrent);
  shared.scene.pass(5min);
  CHECK(shared.scene.decisions() == "");
}

// --- mass failures --------------------------------------------------------------------------------------

namespace {

void break_all(const std::vector<Box*>& boxes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) boxes[i]->broken = true;
}

}  // namespace

TEST_CASE("mass failure: eight of ten fail and recover by themselves: one notification, no restart") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 8);
  REQUIRE_MESSAGE(scene.pass_until_decision("degraded", 2min), scene.transcript());
  CHECK(present::host_status(*scene.core, scene.now()).mass.find("are unhealthy at once") !=
        std::string::npos);
  scene.pass(20s);
  for (Box* box : boxes) box->broken = false;
  scene.pass(5min);
  CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
  CHECK_MESSAGE(scene.decisions() == "degraded, recovered", scene.transcript());
  CHECK(scene.notifications[0].event == "MASS FAILURE");
  CHECK(scene.notifications[1].event == "MASS FAILURE OVER");
  CHECK(scene.notifications[0].dedup_key == scene.notifications[1].dedup_key);
  CHECK(present::host_status(*scene.core, scene.now()).mass.empty());
  for (const auto& [id, incident] : scene.incidents)
    CHECK(incident.outcome == IncidentOutcome::RecoveredAlone);
  CHECK(scene.decided(Rule::MassHold) == 1);
  CHECK(scene.decided(Rule::MassOver) == 1);
}

TEST_CASE("mass failure: one canary after the hold, then twice as many remedies each time") {
  Scene scene;
  scene.host_settings.remedy_share = 1.0;
  scene.send(HostPolicyChanged{scene.host_settings});
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 10);
  REQUIRE(scene.pass_until([&] { return present::host_status(*scene.core, scene.now()).mass != ""; }, 1min));
  const Instant began = scene.now();
  std::vector<long> recovered_before;  // per order: the attempts that had recovered before it
  scene.at_order = [&](const ApplyRemedy&) {
    recovered_before.push_back(
        std::count_if(scene.attempts.begin(), scene.attempts.end(),
                      [](const auto& entry) { return entry.second.state == AttemptState::Recovered; }));
  };
  REQUIRE_MESSAGE(
      scene.pass_until([&] { return present::host_status(*scene.core, scene.now()).mass.empty(); }, 20min),
      scene.transcript());
  REQUIRE(recovered_before.size() >= 4);
  CHECK(scene.order_times.front() - began >= 60s);
  CHECK(recovered_before[0] == 0);
  CHECK(recovered_before[1] == 1);
  CHECK(recovered_before[2] == 1);
  CHECK(recovered_before[3] >= 2);
  scene.pass(10min);
  CHECK(scene.notifications_of(NotificationKind::Critical) == 0);
  for (Box* box : boxes) CHECK_FALSE(box->broken);
}

TEST_CASE("mass failure: a failed canary means a longer hold and a single critical notification") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 10);
  for (Box* box : boxes) box->fixed_by_start = false;
  REQUIRE_MESSAGE(scene.pass_until_decision("critical", 30min), scene.transcript());
  CHECK(scene.orders.size() == 1);
  CHECK(last_notification(scene).find("a restart does not help here") != std::string::npos);
  const Instant failed = scene.now();
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }, 30min));
  CHECK(scene.now() - failed >= 120s);
  scene.pass(2h);
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
  CHECK_MESSAGE(scene.orders.size() < 10, scene.transcript());
}

TEST_CASE("mass failure: what fails later, and was healthy meanwhile, is healed beside it") {
  Scene scene;
  const auto boxes = boxes_of(scene, 5);
  break_all(boxes, 3);
  for (Box* box : boxes) box->fixed_by_start = false;
  REQUIRE(scene.pass_until([&] { return scene.notifications_of(NotificationKind::Critical) == 1; }, 10min));
  boxes[4]->fixed_by_start = true;
  boxes[4]->broken = true;
  CHECK_MESSAGE(scene.pass_until([&] { return orders_of(scene, "w4") == 1; }, 1min), scene.transcript());
  scene.pass(1min);
  CHECK(scene.status("w4").condition == Condition::Healthy);
}

TEST_CASE("mass failure: what a remedy did not help before is no part of a new one") {
  Scene scene;
  const auto boxes = boxes_of(scene, 5);
  for (int i = 0; i < 2; ++i) {
    boxes[i]->broken = true;
    boxes[i]->fixed_by_start = false;
  }
  REQUIRE(
      scene.pass_until([&] { return orders_of(scene, "w0") >= 2 && orders_of(scene, "w1") >= 2; }, 30min));
  boxes[2]->broken = true;
  CHECK_MESSAGE(scene.pass_until([&] { return orders_of(scene, "w2") == 1; }, 5min), scene.transcript());
  CHECK(present::host_status(*scene.core, scene.now()).mass.empty());
}

TEST_CASE("mass failure: the common root is the canary, and its dependents recover without a remedy") {
  Scene scene;
  Box& db = scene.add("db");
  std::vector<Box*> all{&db};
  for (int i = 0; i < 7; ++i) all.push_back(&scene.add(fmt::format("w{}", i), depends_on({"db"})));
  settle(scene);
  break_all(all, all.size());
  REQUIRE_MESSAGE(scene.pass_until([&] { return !scene.orders.empty(); }, 5min), scene.transcript());
  CHECK(alerted(scene, "share one cause, db"));
  for (Box* box : all) box->broken = false;
  scene.pass(10min);
  CHECK_MESSAGE(restarted(scene) == std::vector<std::string>{"db"}, scene.transcript());
  CHECK(scene.notifications.size() == 2);
}

TEST_CASE("mass failure: of twenty ten begin to fail together: one is tried at once, the others follow it") {
  Scene scene;
  Policy quick = Scene::policy();
  quick.interval = 1s;
  const auto boxes = boxes_of(scene, 20, quick);
  for (int i = 0; i < 10; ++i) boxes[static_cast<std::size_t>(i)]->hangs = true;
  const Instant began = scene.now();
  SUBCASE("a remedy helps: all are healed soon") {
    std::vector<long> recovered_before;  // per order: the attempts that had recovered before it
    scene.at_order = [&](const ApplyRemedy&) {
      recovered_before.push_back(
          std::count_if(scene.attempts.begin(), scene.attempts.end(),
                        [](const auto& entry) { return entry.second.state == AttemptState::Recovered; }));
    };
    REQUIRE_MESSAGE(scene.pass_until(
                        [&] {
                          return scene.orders.size() == 10 &&
                                 std::none_of(boxes.begin(), boxes.end(), [&](const Box* box) {
                                   return scene.status(box->facts.name).condition != Condition::Healthy;
                                 });
                        },
                        1min),
                    scene.transcript());
    CHECK(scene.now() - began < 9s);
    CHECK(recovered_before[1] == 1);
    CHECK_MESSAGE(alerted(scene, "Remedies are on hold except for one canary"), scene.transcript());
  }
  SUBCASE("no remedy helps: one is tried, and remedies are held") {
    for (Box* box : boxes) box->fixed_by_start = false;
    scene.pass(60s);
    CHECK_MESSAGE(scene.orders.size() == 1, scene.transcript());
  }
}

TEST_CASE("mass failure: as many failures one after the other are none") {
  Scene scene;
  const auto boxes = boxes_of(scene, 20);
  for (Box* box : boxes) box->fixed_by_start = false;
  for (int i = 0; i < 10; ++i) {
    boxes[static_cast<std::size_t>(i)]->broken = true;
    scene.pass(16s);
  }
  CHECK_MESSAGE(scene.decided(Rule::MassHold) == 0, scene.transcript());
}

TEST_CASE("mass failure: at its end each workload that is still unhealthy is notified") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  for (Box* box : boxes) box->fixed_by_start = false;
  break_all(boxes, 8);
  REQUIRE(scene.pass_until_decision("degraded", 2min));
  scene.pass(20s);
  for (std::size_t i = 1; i < boxes.size(); ++i) boxes[i]->broken = false;
  scene.pass(2min);
  REQUIRE_MESSAGE(scene.notifications.size() >= 3, scene.transcript());
  CHECK(scene.notifications[1].event == "MASS FAILURE OVER");
  CHECK(scene.notifications[2].event == "DEGRADED");
  CHECK(scene.notifications[2].workload == "w0");
}

TEST_CASE("mass failure: containers that an operator stopped or paused are not counted") {
  Scene scene;
  const auto boxes = boxes_of(scene, 8);
  for (int i = 0; i < 3; ++i) scene.stop(*boxes[static_cast<std::size_t>(i)]);
  scene.pause(*boxes[3]);
  scene.pass(1min);
  boxes[4]->broken = boxes[5]->broken = true;  // two of the four that count
  REQUIRE_MESSAGE(scene.pass_until([&] { return !scene.orders.empty(); }, 2min), scene.transcript());
  CHECK(scene.decided(Rule::MassHold) == 0);
}

TEST_CASE("mass failure: crashes count, exits caused by the engine's shutdown do not") {
  Scene scene;
  const auto boxes = boxes_of(scene, 4);
  for (Box* box : boxes) scene.crash(*box);
  scene.pass(30s);
  CHECK(scene.decided(Rule::MassHold) == 1);
  CHECK_MESSAGE(scene.orders.size() <= 2, scene.transcript());

  Scene other;
  const auto same = boxes_of(other, 4);
  other.shut_engine_down();
  other.pass(1min);
  other.connect();
  other.pass(10min);
  CHECK_MESSAGE(other.decided(Rule::MassHold) == 0, other.transcript());
  for (Box* box : same) CHECK(box->facts.state == ContainerState::Running);
}

TEST_CASE("mass failure: it survives a restart of healer, and the same dedup key resolves it") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 8);
  REQUIRE(scene.pass_until_decision("degraded", 2min));
  const std::string key = scene.notifications[0].dedup_key;
  scene.restart_healer();
  scene.pass(30s);
  CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
  CHECK(scene.notifications.size() == 1);
  for (Box* box : boxes) box->broken = false;
  scene.pass(5min);
  REQUIRE_MESSAGE(scene.notifications.size() == 2, scene.transcript());
  CHECK(scene.notifications[1].event == "MASS FAILURE OVER");
  CHECK(scene.notifications[1].dedup_key == key);
  CHECK(scene.host.mass_notification_key.empty());
}

TEST_CASE("mass failure: the critical notification is raised once, also across a restart of healer") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 10);
  for (Box* box : boxes) box->fixed_by_start = false;
  REQUIRE(scene.pass_until_decision("critical", 30min));
  scene.restart_healer();
  const std::size_t before = scene.orders.size();
  REQUIRE_MESSAGE(scene.pass_until([&] { return scene.orders.size() >= before + 2; }, 2h),
                  scene.transcript());
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
  for (Box* box : boxes) box->broken = false;
  REQUIRE(scene.pass_until([&] { return scene.host.mass_notification_key.empty(); }, 1h));
  CHECK_FALSE(scene.host.mass_critical);
}

TEST_CASE("mass failure: one that ended while healer was down is resolved by the next process") {
  Scene scene;
  const auto boxes = boxes_of(scene, 10);
  break_all(boxes, 8);
  REQUIRE(scene.pass_until_decision("degraded", 2min));
  for (Box* box : boxes) box->broken = false;
  scene.restart_healer();
  scene.pass(30s);
  CHECK(scene.notifications.size() == 1);  // not before every workload is checked
  scene.pass(2min);
  REQUIRE_MESSAGE(scene.notifications.size() == 2, scene.transcript());
  CHECK(scene.notifications[1].event == "MASS FAILURE OVER");
  CHECK(scene.notifications[1].dedup_key == scene.notifications[0].dedup_key);
}

// --- the connectivity check -----------------------------------------------------------------------------

TEST_CASE("connectivity: a failing connectivity check holds the remedy of an unhealthy workload") {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  Box& web = scene.healthy("web");
  scene.send(OperatorPause{"web", {}});
  web.broken = true;
  REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::Unhealthy; }, 2min));
  scene.connectivity.end = ProbeEnd::ConnectTimeout;
  scene.pass(30s);
  scene.send(OperatorResume{"web"});
  scene.pass(5min);
  CHECK_MESSAGE(scene.orders.empty(), scene.transcript());
  CHECK(scene.held_for(HoldKind::Connectivity) == 1);
  scene.connectivity = {};
  CHECK_MESSAGE(scene.pass_until_decision("restart web", 1min), scene.transcript());
}

// --- remedies at once -----------------------------------------------------------------------------------

TEST_CASE("concurrency: at most 30 % are in remedy at once, and every workload gets its remedy") {
  Scene scene;
  Policy policy = Scene::policy();
  policy.start_period = 30s;
  const auto boxes = boxes_of(scene, 10, policy);
  for (std::size_t i = 0; i < 5; ++i) {
    boxes[i]->broken = true;
    boxes[i]->ready_after = 20s;
  }
  std::size_t most = 0;
  scene.after_step = [&](const Event&, const Effects&) {
    most = std::max(most, present::host_status(*scene.core, scene.now()).in_remedy);
  };
  scene.pass(10min);
  CHECK(most == 3);
  CHECK_MESSAGE(scene.orders.size() == 5, scene.transcript());
  CHECK(scene.held_for(HoldKind::Concurrency) >= 1);
}

TEST_CASE("concurrency: after a restart of healer the attempt under way takes its slot first") {
  Scene scene;
  Policy by_engine = Scene::policy();
  by_engine.probe.kind = ProbeKind::Engine;
  Box& first = scene.add("first", by_engine);  // listed before the other
  first.facts.health = EngineHealth::Healthy;
  Policy slow = Scene::policy();
  slow.start_period = 60s;
  Box& other = scene.add("other", slow);
  settle(scene);
  other.broken = true;
  other.ready_after = 50s;
  REQUIRE(scene.pass_until_decision("restart other"));
  scene.pass(10s);
  scene.engine_health(first, EngineHealth::Unhealthy);
  scene.pass(5s);
  CHECK(scene.status("first").hold->kind == HoldKind::Concurrency);
  std::size_t most = 0;
  scene.after_step = [&](const Event&, const Effects&) {
    most = std::max(most, present::host_status(*scene.core, scene.now()).in_remedy);
  };
  scene.restart_healer();
  scene.pass(20s);
  CHECK(most == 1);
  CHECK_MESSAGE(orders_of(scene, "first") == 0, scene.transcript());
  CHECK_MESSAGE(scene.pass_until_decision("restart first", 5min), scene.transcript());
}

TEST_CASE("concurrency: a verification that labels draw out leaves its slot to the others") {
  HostPolicy host = Scene::host_policy();
  host.slot_limit = 60s;
  Scene scene(Dialect::Docker20, host);
  Policy drawn_out = Scene::policy();
  drawn_out.retry.verify_limit = 24h;
  drawn_out.start_period = 6h;
  drawn_out.success_threshold = 100;
  Box& greedy = scene.add("greedy", drawn_out);
  Box& other = scene.add("other");
  settle(scene);
  greedy.broken = true;
  greedy.ready_after = 5h;
  REQUIRE(scene.pass_until_decision("restart greedy", 8h));
  other.broken = true;
  SUBCASE("after the slot's limit") {
    scene.pass(50s);
    CHECK(orders_of(scene, "other") == 0);
    CHECK_MESSAGE(scene.pass_until_decision("restart other", 2min), scene.transcript());
  }
  SUBCASE("at once, when an operator pauses it") {
    scene.send(OperatorPause{"greedy", 1h});
    CHECK_MESSAGE(scene.pass_until_decision("restart other", 55s), scene.transcript());
  }
  SUBCASE("at once, for an operator's heal") {
    scene.send(OperatorHeal{"other"});
    CHECK_MESSAGE(scene.pass_until_decision("restart other", 5s), scene.transcript());
  }
}

TEST_CASE("concurrency: one replica of a compose service is in remedy at a time") {
  Scene scene;
  scene.host_settings.remedy_share = 1.0;
  std::vector<Box*> boxes;
  for (unsigned i = 1; i <= 2; ++i) {
    Policy policy = Scene::policy();
    policy.start_period = 30s;
    boxes.push_back(&scene.add(fmt::format("shop-web-{}", i), policy));
    compose(*boxes.back(), "shop", "web", i);
  }
  for (unsigned i = 0; i < 4; ++i) scene.add(fmt::format("other{}", i));
  scene.send(HostPolicyChanged{scene.host_settings});
  settle(scene);
  for (Box* box : boxes) {
    box->broken = true;
    box->ready_after = 20s;
  }
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 1; }));
  REQUIRE(scene.pass_until([&] { return scene.held_for(HoldKind::Replica) == 1; }, 1min));
  const std::string second = scene.orders[0].name == "shop-web-1" ? "shop-web-2" : "shop-web-1";
  const std::string first = scene.orders[0].name;
  REQUIRE_MESSAGE(scene.pass_until([&] { return scene.orders.size() == 2; }, 5min), scene.transcript());
  CHECK(scene.orders[1].name == second);
  CHECK(scene.status(first).condition == Condition::Healthy);
}

// --- the notification about the engine ------------------------------------------------------------------

TEST_CASE("engine: after a restart during an outage healer resolves the earlier notification once") {
  Scene scene;
  scene.healthy("web");
  scene.lose_engine();
  scene.pass(1min);
  REQUIRE(scene.notifications.size() == 1);
  const std::string key = scene.notifications[0].dedup_key;
  scene.restart_healer(false);
  scene.send(EngineLost{"connection refused"});
  scene.pass(1min);
  CHECK(scene.notifications.size() == 1);
  scene.connect();
  REQUIRE(scene.notifications.size() == 2);
  CHECK(scene.notifications[1].kind == NotificationKind::Recovered);
  CHECK(scene.notifications[1].dedup_key == key);
  CHECK(scene.host.engine_notification_key.empty());
}
