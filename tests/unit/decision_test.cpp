// HEALING.md 7, invariant 7: the record of a decision.
#include <doctest/doctest.h>

#include <algorithm>

#include "present/decision_text.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

TEST_CASE("decisions: the decision that opens an incident carries the incident and its cause") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  Rule rule = Rule::Unhealthy;
  std::string outcome;
  SUBCASE("failed checks") {
    box.broken = true;
    outcome = "HTTP 503";
  }
  SUBCASE("an exit") {
    scene.crash(box, 7);
    outcome = "exited by itself with code 7";
  }
  SUBCASE("a crash loop under the engine's restart policy") {
    box.facts.engine_restarts.policy = RestartPolicy::Always;
    for (int i = 0; i < 8; ++i) {
      scene.pass(20s);
      scene.crash(box);
    }
    outcome = "exited by itself with code 1, 5 times in 30m";
  }
  SUBCASE("an alert") {
    AlertReported alert;
    alert.workload = "web";
    alert.source = "alertmanager";
    alert.id = "1";
    alert.name = "HighErrorRate";
    alert.text = "8 % of the requests fail";
    scene.send(alert);
    outcome = "HighErrorRate: 8 % of the requests fail";
  }
  SUBCASE("healer heal by an operator") {
    scene.send(OperatorHeal{"web"});
    rule = Rule::ByOperator;
    outcome = "heal: the next remedy is done now";
  }
  REQUIRE(scene.pass_until([&] { return !scene.incidents.empty(); }));
  const IncidentId incident{scene.incidents.begin()->first};
  CHECK(std::count_if(scene.rules.begin(), scene.rules.end(), [&](const Decision& decision) {
          return decision.rule == rule && decision.incident == incident && decision.workload == "web" &&
                 present::decision_text(decision.fact).outcome == outcome;
        }) == 1);
}
