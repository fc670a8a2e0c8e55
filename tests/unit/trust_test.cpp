// HEALING.md 2: the automatic selection of a probe, and the trust that a probe earns.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

Policy trusting() {
  Policy policy = Scene::policy();
  policy.unproven = UnprovenUse::Hold;
  return policy;
}

ProbeFacts says(int status) {
  ProbeFacts facts;
  facts.status = status;
  facts.protocol = PeerProtocol::Http;
  return facts;
}

ProbeFacts ends(ProbeEnd end, PeerProtocol protocol = PeerProtocol::Unknown) {
  ProbeFacts facts;
  facts.end = end;
  facts.protocol = protocol;
  return facts;
}

/// Two published ports, container ports 22 and 3000.
Box& forge(Scene& scene, const ProbeFacts& low, const ProbeFacts& high, const Policy& policy = trusting()) {
  Box& box = scene.add("forge", policy);
  box.facts.ports = {PortBinding{22, true, "127.0.0.1", 2222}, PortBinding{3000, true, "127.0.0.1", 13000}};
  box.answers[22] = low;
  box.answers[3000] = high;
  return box;
}

/// "web" passes for a minute, then a new image of it answers so, whatever remedy it gets.
void new_image_says(Scene& scene, const Policy& policy, const ProbeFacts& answer) {
  Box& old = scene.add("web", policy);
  old.facts.image_id = "sha256:1";
  scene.connect();
  scene.pass(1min);
  Box& next = scene.recreate(old);
  next.facts.image_id = "sha256:2";
  next.answer = answer;
  next.fixed_by_start = false;
}

}  // namespace

TEST_CASE("trust: a check that has never passed causes no remedy, and one notification says what was tried") {
  for (const ProbeFacts& answer :
       {says(404), says(503), says(401), ends(ProbeEnd::Refused), ends(ProbeEnd::Malformed)}) {
    Scene scene;
    INFO(scene.transcript());
    scene.add("web", trusting()).answer = answer;
    scene.connect();
    scene.pass(2h);
    CHECK(scene.orders.empty());
    CHECK(scene.decisions() == "degraded");
    CHECK(scene.notifications[0].event == "NEVER PASSED");
    CHECK(scene.notifications[0].text.find("http 127.0.0.1:8001/health") != std::string::npos);
    CHECK(scene.notifications[0].advice.find("healer.path") != std::string::npos);
    CHECK(scene.status("web").condition == Condition::Unknown);
  }
}

TEST_CASE(
    "trust: the first pass proves a check, also for the next process of healer and the next container") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", trusting());
  scene.restart_healer();
  box.broken = true;
  CHECK(scene.pass_until_decision("restart web", 2min));
  scene.pass(5min);
  Box& next = scene.recreate(box);
  scene.pass(1min);
  next.broken = true;
  CHECK(scene.pass_until_decision("restart web", 2min));
}

TEST_CASE("trust: with unproven=act the failures of any check count") {
  Scene scene;
  INFO(scene.transcript());
  scene.add("web").answer = says(404);
  scene.connect();
  CHECK(scene.pass_until_decision("restart web", 2min));
}

TEST_CASE("trust: a changed check starts unproven again") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", trusting());
  Policy moved = trusting();
  moved.probe.path = "/ready";
  box.policy = std::make_shared<const Policy>(moved);
  box.answer = says(404);
  scene.resync();
  scene.pass(1h);
  CHECK(scene.orders.empty());
}

TEST_CASE("trust: a new image gets one attempt, and then the remedy is held") {
  Scene scene;
  INFO(scene.transcript());
  new_image_says(scene, trusting(), says(500));
  scene.pass(2h);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.status("web").hold->kind == HoldKind::Unproven);
}

TEST_CASE("trust: a path or port that moved with a new image gets no attempt, and is notified") {
  for (const ProbeFacts& answer : {says(404), ends(ProbeEnd::Refused, PeerProtocol::Unknown),
                                   ends(ProbeEnd::Malformed, PeerProtocol::Other)}) {
    Scene scene;
    INFO(scene.transcript());
    new_image_says(scene, trusting(), answer);
    scene.pass(2h);
    CHECK(scene.orders.empty());
    CHECK(scene.status("web").hold->kind == HoldKind::Unproven);
    CHECK(scene.notifications_of(NotificationKind::Degraded) == 1);
  }
}

TEST_CASE("trust: an exit needs no trust when a check has passed, and recovers by staying up without one") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = trusting();
  Box& box = scene.healthy("web", policy);
  box.answer = says(404);
  scene.crash(box, 1);
  CHECK(scene.pass_until_decision("start web", 1min));
}

TEST_CASE("selection: the lowest port that answers over HTTP is chosen, stored and shown") {
  for (const ProbeFacts& low : {ends(ProbeEnd::Malformed, PeerProtocol::Other), says(404), says(302)}) {
    Scene scene;
    INFO(scene.transcript());
    Box& box = forge(scene, low, says(200));
    scene.connect();
    scene.pass(1min);
    CHECK(scene.status("forge").condition == Condition::Healthy);
    CHECK(scene.status("forge").probe == "auto: http 127.0.0.1:13000/health");
    scene.restart_healer();
    scene.pass(10s);
    CHECK(scene.status("forge").probe == "auto: http 127.0.0.1:13000/health");
    box.answers[3000] = says(503);
    box.fixed_by_start = false;
    CHECK(scene.pass_until_decision("restart forge", 2min));
  }
}

TEST_CASE("selection: of two ports that pass the lower one is chosen, though it answers later") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = trusting();
  policy.start_period = 10min;
  Box& box = forge(scene, ends(ProbeEnd::Refused), says(200), policy);
  scene.connect();
  scene.pass(1min);
  box.answers[22] = says(200);
  scene.pass(1min);
  CHECK(scene.status("forge").probe == "auto: http 127.0.0.1:2222/health");
}

TEST_CASE("selection: a port that speaks TLS is asked over HTTPS") {
  Scene scene;
  INFO(scene.transcript());
  ProbeFacts tls = ends(ProbeEnd::Malformed, PeerProtocol::Tls);
  scene.add("web", trusting()).answer = tls;
  scene.connect();
  scene.pass(30s);
  CHECK(scene.status("web").probe == "https 127.0.0.1:8001/health");
}

TEST_CASE("selection: with a new image each failure of the port of before counts") {
  // It is down rather than of another protocol, and asked at each interval.
  for (const ProbeFacts& answer : {ends(ProbeEnd::Reset), says(404), says(500), ends(ProbeEnd::Malformed)}) {
    Scene scene;
    INFO(scene.transcript());
    Policy policy = trusting();
    policy.start_period = 20s;
    new_image_says(scene, policy, answer);
    scene.pass(policy.start_period.value());
    const unsigned before = scene.probes;
    CHECK(scene.pass_until_decision("degraded", 10min));
    CHECK(scene.probes - before <= policy.failure_threshold);
    CHECK(scene.status("web").probe == "auto: http 127.0.0.1:8002/health");
  }
}

TEST_CASE("selection: what was tried is shown with the protocol of the try") {
  Scene scene;
  INFO(scene.transcript());
  scene.add("web", trusting()).answer = ends(ProbeEnd::Reset);
  scene.connect();
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.decisions() == "degraded");
  const std::string& text = scene.notifications[0].text;
  const bool https = text.find("https 127.0.0.1") != std::string::npos;
  CHECK(text.find(https ? "without TLS: connection closed" : "over TLS: connection closed") !=
        std::string::npos);
}

TEST_CASE("selection: a HEALTHCHECK judges alone until a port has passed, and beside it from then on") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", trusting());
  box.facts.health = EngineHealth::Healthy;
  box.facts.health_check.interval = 30s;
  box.answer = says(404);
  scene.connect();
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Healthy);
  box.answer = says(200);
  scene.pass(10min);
  box.answer = says(503);
  CHECK(scene.pass_until_decision("restart web", 5min));
}
