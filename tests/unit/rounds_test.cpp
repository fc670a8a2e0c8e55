// HEALING.md 2: several probes of one workload, and exec probes.
#include <doctest/doctest.h>

#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

ProbeFacts ended(ProbeEnd end) {
  ProbeFacts facts;
  facts.end = end;
  return facts;
}

NamedProbe tcp(const std::string& name, std::uint16_t port) {
  NamedProbe probe;
  probe.name = name;
  probe.spec.kind = ProbeKind::Tcp;
  probe.spec.port = port;
  return probe;
}

NamedProbe command(const std::string& name) {
  NamedProbe probe;
  probe.name = name;
  probe.spec.kind = ProbeKind::Exec;
  probe.spec.command = {"check"};
  return probe;
}

/// An http probe on port 80, the tcp probe "db" on port 5432 and the exec probe "disk".
Policy three() {
  Policy policy = Scene::policy();
  policy.named_probes = {tcp("db", 5432), command("disk")};
  return policy;
}

Box& with_three(Scene& scene, const Policy& policy = three()) {
  Box& box = scene.add("web", policy);
  box.facts.ports.push_back(PortBinding{5432, true, "127.0.0.1", 15432});
  scene.connect();
  scene.pass(policy.interval * 3);
  return box;
}

/// Passes time until a round begins whose checks get no result. Returns the id of its first check.
std::uint64_t open_round(Scene& scene) {
  scene.answers_probes = false;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").health.probe.has_value(); }));
  return scene.workload("web").health.probe->id.value;
}

/// Passes time until the next round is over.
void round(Scene& scene) {
  REQUIRE(scene.pass_until([&] { return scene.workload("web").health.probe.has_value(); }));
  REQUIRE(scene.pass_until([&] { return !scene.workload("web").health.probe.has_value(); }));
}

}  // namespace

TEST_CASE("rounds: all probes of a workload are checked together, and all must pass") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_three(scene);
  CHECK(scene.decisions() == "");
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("web").probe == "http 127.0.0.1:8001/health, db: tcp 127.0.0.1:15432, disk: exec check");
  const unsigned asked = scene.probes;
  round(scene);
  CHECK(scene.probes == asked + 3);
  for (std::size_t i = 1; i <= 2; ++i)
    CHECK(scene.probe_times[scene.probe_times.size() - i] == scene.probe_times[scene.probe_times.size() - 3]);

  box.answers[5432] = ended(ProbeEnd::Refused);
  round(scene);
  CHECK(scene.status("web").failures == 1);
  CHECK(scene.status("web").reason == "db: connection refused");
  REQUIRE(scene.pass_until_decision("restart web"));
  const auto& found = std::get<reason::Checks>(scene.incidents.at(1).reason);
  REQUIRE(found.probes.size() == 1);
  CHECK(found.probes[0].probe == "db");
  CHECK(found.probes[0].problem.kind == ProblemKind::Refused);
  CHECK(found.of == 0);
  box.answers.clear();
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}

TEST_CASE("rounds: every failed probe is named") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = three();
  policy.interval = 30s;  // a round that times out ends before the next one is due
  Box& box = with_three(scene, policy);
  box.broken = true;
  box.answers[5432] = ended(ProbeEnd::ConnectTimeout);
  round(scene);
  CHECK(scene.status("web").reason == "http: HTTP 503; db: no connection within 5s; disk: exit code 1");
  CHECK(scene.status("web").failures == 1);  // one failed round counts as one failure
}

TEST_CASE("rounds: fail outweighs unknown, and unknown outweighs pass") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_three(scene);
  box.exec_answer = ended(ProbeEnd::Denied);
  round(scene);
  CHECK(scene.status("web").condition == Condition::Unknown);
  CHECK(scene.status("web").failures == 0);
  CHECK(scene.status("web").reason.starts_with("disk: the engine or the proxy before it forbids exec"));
  box.answers[5432] = ended(ProbeEnd::Refused);
  round(scene);
  CHECK(scene.status("web").failures == 1);
  CHECK(scene.status("web").reason == "db: connection refused");
}

TEST_CASE("rounds: the status shows each probe") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_three(scene);
  box.answers[5432] = ended(ProbeEnd::Refused);
  box.exec_answer = ended(ProbeEnd::StillOpen);
  round(scene);
  const auto probes = scene.status("web").probes;
  REQUIRE(probes.size() == 3);
  CHECK(probes[0].name == "");
  CHECK(probes[0].outcome == Outcome::Pass);
  CHECK(probes[1].name == "db");
  CHECK(probes[1].text == "tcp 127.0.0.1:15432");
  CHECK(probes[1].outcome == Outcome::Fail);
  CHECK(probes[1].reason == "connection refused");
  CHECK(probes[2].outcome == Outcome::Unknown);
  CHECK(probes[2].stuck);
  Scene single;
  single.healthy("web");
  CHECK(single.status("web").probes.empty());
}

TEST_CASE("rounds: the verdict waits for the last result of the round") {
  Scene scene;
  INFO(scene.transcript());
  with_three(scene);
  const std::uint64_t first = open_round(scene);
  const unsigned checks_before = scene.status("web").failures;
  scene.send(ProbeFinished{ProbeId{first + 1}, "web", ended(ProbeEnd::Refused)});
  scene.send(
      ProbeFinished{ProbeId{first + 1}, "web", ended(ProbeEnd::Refused)});  // the repeated result is ignored
  scene.send(ProbeFinished{ProbeId{first + 2}, "web", ended(ProbeEnd::Answered)});
  CHECK(scene.status("web").failures == checks_before);
  CHECK(scene.workload("web").health.probe.has_value());
  ProbeFacts ok;
  ok.status = 200;
  scene.send(ProbeFinished{ProbeId{first + 3}, "web", ok});  // the id of no open check
  CHECK(scene.workload("web").health.probe.has_value());
  scene.send(ProbeFinished{ProbeId{first}, "web", ok});
  CHECK(scene.status("web").failures == checks_before + 1);
  CHECK_FALSE(scene.workload("web").health.probe.has_value());
}

TEST_CASE("rounds: a check without a result is unknown, and the other results count") {
  Scene scene;
  INFO(scene.transcript());
  with_three(scene);
  const std::uint64_t first = open_round(scene);
  scene.send(ProbeFinished{ProbeId{first + 1}, "web", ended(ProbeEnd::Refused)});
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }, 11s));
  REQUIRE(scene.pass_until([&] { return scene.workload("web").health.probe.has_value(); }));
  const std::uint64_t second = scene.workload("web").health.probe->id.value;
  CHECK(second > first + 2);
  ProbeFacts ok;
  ok.status = 200;
  scene.send(ProbeFinished{ProbeId{second}, "web", ok});
  scene.pass(11s);
  CHECK(scene.status("web").failures == 1);
  CHECK(scene.status("web").reason.find("db: the prober gave no result") != std::string::npos);
}

TEST_CASE("rounds: a pause cancels every open check, and late results are ignored") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_three(scene);
  const std::uint64_t first = open_round(scene);
  scene.send(ProbeFinished{ProbeId{first}, "web", ended(ProbeEnd::Refused)});
  unsigned cancelled = 0;
  scene.after_step = [&](const Event&, const Effects& effects) {
    for (const Effect& effect : effects) cancelled += std::holds_alternative<CancelProbe>(effect) ? 1 : 0;
  };
  scene.pause(box);
  scene.pass(1s);
  CHECK(cancelled == 2);
  for (std::uint64_t i = 0; i < 3; ++i)
    scene.send(ProbeFinished{ProbeId{first + i}, "web", ended(ProbeEnd::Refused)});
  CHECK(scene.status("web").failures == 0);
}

TEST_CASE("rounds: only named probes count, and a probe without a target counts for nothing") {
  Policy policy = three();
  policy.unnamed_probe = false;
  policy.named_probes.push_back(tcp("gone", 0));
  policy.named_probes.back().spec.port.reset();
  policy.named_probes.back().spec.kind =
      ProbeKind::Engine;  // the container has no HEALTHCHECK, so this probe has no target
  Scene scene;
  INFO(scene.transcript());
  with_three(scene, policy);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.status("web").probes.size() == 3);
  CHECK(scene.logged("web — gone cannot be checked; its health is unknown"));
  CHECK(scene.decisions() == "");
}

TEST_CASE("rounds: the engine's HEALTHCHECK can be one of the probes") {
  Policy policy = Scene::policy();
  NamedProbe engine;
  engine.name = "own";
  engine.spec.kind = ProbeKind::Engine;
  policy.named_probes = {engine};
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.add("web", policy);
  box.facts.health = EngineHealth::Starting;
  box.facts.health_check.interval = 30s;
  box.facts.health_check.timeout = 5s;
  scene.connect();
  scene.pass(30s);
  // While the HEALTHCHECK is starting, the workload is starting too, not unknown.
  CHECK(scene.status("web").condition == Condition::Starting);
  CHECK(scene.status("web").unknown_streak == 0);
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(10s);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.decisions() == "");

  SUBCASE("its result counts in every round, at healer's thresholds") {
    scene.engine_health(box, EngineHealth::Unhealthy);
    round(scene);
    CHECK(scene.status("web").failures == 1);
    CHECK(scene.status("web").reason == "own: HEALTHCHECK says unhealthy");
    REQUIRE(scene.pass_until_decision("restart web"));
    CHECK(scene.incidents.at(1).cause == IncidentCause::ProbeFailed);
  }
  SUBCASE("a stale result is unknown") {
    scene.pass(10min);
    CHECK(scene.status("web").condition == Condition::Unknown);
    CHECK(scene.status("web").reason == "own: the engine's last health check is stale");
    CHECK(scene.decisions() == "info");
  }
}

TEST_CASE("rounds: a changed set of probes replaces the open round") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = with_three(scene);
  scene.answers_probes = false;
  REQUIRE(scene.pass_until([&] { return scene.workload("web").health.probe.has_value(); }));
  scene.answers_probes = true;
  Policy fewer = three();
  fewer.named_probes.pop_back();
  box.policy = std::make_shared<const Policy>(fewer);
  scene.resync();
  scene.pass(1min);
  CHECK(scene.status("web").probes.size() == 2);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.decisions() == "");
}

namespace {

Policy by_command() {
  Policy policy = Scene::policy();
  policy.probe.kind = ProbeKind::Exec;
  policy.probe.command = {"check"};
  return policy;
}

}  // namespace

TEST_CASE("exec: exit code 0 passes, also in the new container after a recreation") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_command());
  CHECK(scene.status("web").condition == Condition::Healthy);
  Box& fresh = scene.recreate(box);
  scene.pass(1min);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.decisions() == "");
  ProbeFacts failed;
  failed.status = 3;
  failed.body = "disk full\nmore";
  fresh.exec_answer = failed;
  REQUIRE(scene.pass_until_decision("restart web"));
  const auto& found = std::get<CheckProblem>(scene.incidents.at(1).reason);
  CHECK(found.kind == ProblemKind::ExitCode);
  CHECK(found.number == 3);
  CHECK(found.said == "disk full");
}

TEST_CASE("exec: a command that a proxy forbids is unknown and notified with the fix; no restart") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_command());
  unsigned counted = 0;
  scene.after_step = [&](const Event&, const Effects& effects) {
    for (const Effect& effect : effects) {
      const auto* count = std::get_if<Count>(&effect);
      const auto* unknown_streak = count ? std::get_if<CountUnknownStreak>(&count->metric) : nullptr;
      if (unknown_streak && unknown_streak->cause == Cause::Denied) ++counted;
    }
  };
  box.exec_answer = ended(ProbeEnd::Denied);
  scene.pass(10min);
  CHECK(scene.decisions() == "info");
  CHECK(counted == 1);
  CHECK(scene.status("web").failures == 0);
  CHECK(scene.notifications.back().text.find("allow POST /containers/*/exec and /exec/*/start") !=
        std::string::npos);
  // A new instance with the same cause raises no second notification.
  scene.restart(box);
  scene.pass(10min);
  CHECK(scene.decisions() == "");
  box.exec_answer.reset();
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.notifications[1].dedup_key == scene.notifications[0].dedup_key);
}

TEST_CASE("exec: the removal of a container ends its notified streak of unknown results") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_command());
  box.exec_answer = ended(ProbeEnd::EngineFailed);
  scene.pass(10min);
  CHECK(scene.decisions() == "info");
  scene.remove(box);
  scene.pass(1min);
  CHECK(scene.decisions() == "recovered");
  CHECK(scene.notifications.back().text.find("it was removed") != std::string::npos);
}

TEST_CASE("exec: a command that hangs fails the checks until it ends") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web", by_command());
  box.fixed_by_start = false;
  box.exec_answer = ended(ProbeEnd::AnswerTimeout);
  REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 1; }));
  box.exec_answer = ended(ProbeEnd::StillOpen);  // no second command: the first has not ended
  REQUIRE(scene.pass_until_decision("restart web", 1min));
  CHECK(std::get<CheckProblem>(scene.incidents.at(1).reason).kind == ProblemKind::StillOpen);
  // In the new instance StillOpen is unknown: the open command belongs to the old instance.
  REQUIRE(scene.pass_until([&] { return scene.status("web").unknown_streak == 2; }));
  CHECK(scene.status("web").failures == 0);
  box.exec_answer.reset();
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
}
