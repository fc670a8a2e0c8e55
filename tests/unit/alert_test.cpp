// HEALING.md 2: alerts of Prometheus about a workload.
#include <doctest/doctest.h>

#include "present/explain.hpp"
#include "support/scene.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

AlertReported fires(const std::string& workload, const std::string& id = "1") {
  AlertReported alert;
  alert.workload = workload;
  alert.source = "alertmanager";
  alert.id = id;
  alert.name = "HighErrorRate";
  alert.text = "8 % of the requests fail";
  return alert;
}

AlertReported resolved(const std::string& workload, const std::string& id = "1") {
  AlertReported alert = fires(workload, id);
  alert.firing = false;
  return alert;
}

}  // namespace

TEST_CASE("alert: a firing alert makes the workload unhealthy at once; its end resolves the incident") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.send(fires("web"));
  REQUIRE(scene.pass_until_decision("restart web", 5s));
  CHECK(scene.status("web").condition == Condition::Healing);
  const auto explanation = present::explain(*scene.core, "web", scene.now());
  CHECK(std::any_of(explanation->facts.begin(), explanation->facts.end(), [](const Observation& fact) {
    return fact.text == "alert of alertmanager fires: HighErrorRate: 8 % of the requests fail";
  }));
  scene.pass(3min);
  CHECK(scene.incidents.at(1).cause == IncidentCause::AlertFiring);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Open);  // passing probes do not resolve an alert
  scene.send(resolved("web"));
  scene.pass(1min);
  CHECK(scene.decisions() == "degraded, restart web, recovered");
  CHECK(scene.notifications.front().text.find("HighErrorRate: 8 % of the requests fail") !=
        std::string::npos);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
}

TEST_CASE("alert: a repeated alert is the same alert and orders no second remedy") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  for (int i = 0; i < 5; ++i) {
    scene.send(fires("web"));
    scene.pass(1min);
  }
  CHECK(scene.decisions() == "degraded, restart web");
}

TEST_CASE("alert: an alert that fires past its lookback makes the attempt not recovered, and none follows") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.alerts.lookback = 4min;
  scene.healthy("web", policy);
  scene.send(fires("web"));
  REQUIRE(scene.pass_until_decision("restart web", 5s));
  scene.pass(3min);
  CHECK(scene.attempts.at(1).state == AttemptState::Verifying);
  REQUIRE(scene.pass_until([&] { return scene.attempts.at(1).state == AttemptState::NotRecovered; }));
  scene.pass(3h);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.decisions().starts_with("degraded, restart web, critical"));
  CHECK(scene.notifications_of(NotificationKind::Critical) == 1);
  CHECK(scene.notifications.at(1).text.find(
            "No check of web fails, but its alert has not ended after 1 attempt") != std::string::npos);
  CHECK(scene.status("web").hold->kind == HoldKind::Alert);
  CHECK_FALSE(scene.status("web").hold->until.has_value());
  CHECK(scene.status("web").reason.find("no second attempt follows") != std::string::npos);
  CHECK(scene.status("web").condition == Condition::GivenUp);
  scene.send(resolved("web"));
  REQUIRE(scene.pass_until_decision("recovered", 1min));
}

TEST_CASE("alert: pause, budget and circuit breaker apply to the remedies of an alert") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.alerts.lookback = 10s;
  policy.retry.breaker_open_for = 24h;
  scene.add("web", policy).facts.ports.clear();  // without a probe, an alert is the only sign
  scene.connect();
  scene.pass(1min);
  scene.send(OperatorPause{"web", 10min});
  scene.send(fires("web"));
  scene.pass(9min);
  CHECK(scene.orders.empty());
  scene.pass(5h);
  CHECK(scene.orders.size() == policy.retry.budget_attempts);
  CHECK(scene.status("web").condition == Condition::GivenUp);
}

TEST_CASE("alert: before a remedy its source is asked; an alert that is over there ends without a remedy") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  AlertReported alert = fires("web");
  alert.ask_at = "http://alertmanager:9093";
  alert.labels = {{"alertname", "HighErrorRate"}, {"container", "web"}};
  scene.alert_answer = AlertAnswer::Over;
  scene.send(alert);
  REQUIRE(scene.alert_questions.size() == 1);
  CHECK(scene.alert_questions[0].ask_at == alert.ask_at);
  CHECK(scene.alert_questions[0].labels == alert.labels);
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.decisions().empty());  // nobody is notified of what was over at once
  CHECK(scene.logged("alert HighErrorRate is over: gone"));
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::RecoveredAlone);
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("alert: the end of an alert cancels its remedy, even before a check has passed") {
  for (const bool reported : {true, false}) {
    CAPTURE(reported);
    Scene scene;
    INFO(scene.transcript());
    scene.add("web");
    scene.connect();
    scene.answers_probes = false;
    scene.pass(10ms);
    if (reported)
      scene.alert_answer.reset();
    else
      scene.alert_answer = AlertAnswer::Over;
    scene.send(fires("web"));
    CHECK(scene.status("web").hold.has_value());
    if (reported) scene.send(resolved("web"));
    scene.pass(5s);
    CHECK(scene.captures == 0);
    CHECK_FALSE(scene.status("web").remedies.next_at.has_value());
    scene.answers_probes = true;
    scene.pass(5min);
    CHECK(scene.orders.empty());
    CHECK(scene.incidents.at(1).outcome == IncidentOutcome::RecoveredAlone);
  }
}

TEST_CASE("alert: an alert that is silenced after its notification leads to one remedy") {
  for (const bool probed : {true, false}) {
    CAPTURE(probed);
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.alerts.lookback = 30s;
    Box& box = scene.add("web", policy);
    if (!probed) box.facts.ports.clear();
    scene.connect();
    scene.pass(1min);
    scene.send(fires("web"));
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 1; }, 10s));
    scene.alert_answer = AlertAnswer::Over;  // no end is ever reported
    scene.pass(6h);
    CHECK(scene.orders.size() == 1);
    CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
    CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Recovered);
    CHECK(scene.notifications_of(NotificationKind::Critical) == 0);
  }
}

TEST_CASE("alert: an alert that is silenced later ends its incident, though nobody reports the end") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.alerts.lookback = 30s;
  scene.healthy("web", policy);
  scene.send(fires("web"));
  REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::GivenUp; }, 10min));
  scene.alert_answer = AlertAnswer::Over;
  REQUIRE(
      scene.pass_until([&] { return scene.incidents.at(1).outcome == IncidentOutcome::Recovered; }, 6min));
  CHECK(scene.orders.size() == 1);
}

TEST_CASE("alert: without a usable answer one attempt follows each notification, and the texts say so") {
  for (const bool answers : {true, false}) {
    CAPTURE(answers);
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.alerts.lookback = 10s;
    scene.alert_answer = answers ? std::optional(AlertAnswer::Unknown) : std::nullopt;
    scene.add("web", policy).facts.ports.clear();
    scene.connect();
    scene.pass(1min);
    scene.send(fires("web"));
    scene.pass(2h);
    CHECK(scene.orders.size() == 1);
    CHECK(scene.order_times.at(0) - scene.incidents.at(1).opened_at < 12s);
    const std::string why = answers ? "HTTP 302" : "no answer in 10 s";
    CHECK(scene.notifications.at(0).text.find(
              "not confirmed (" + why + "), so one attempt follows each notification") != std::string::npos);
    CHECK(scene.status("web").hold->kind == HoldKind::Alert);
    CHECK(scene.status("web").hold->text.find(why) != std::string::npos);
    const auto explanation = present::explain(*scene.core, "web", scene.now());
    CHECK(std::any_of(explanation->facts.begin(), explanation->facts.end(), [&](const Observation& fact) {
      return fact.text.find("not confirmed (" + why) != std::string::npos;
    }));
    scene.send(fires("web"));  // Alertmanager repeats its notification
    scene.pass(2h);
    CHECK(scene.orders.size() == 2);
    scene.alert_answer = AlertAnswer::Fires;  // its address is reachable again
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 3; }, 6min));
  }
}

TEST_CASE("alert: while the source is asked nobody is notified and nothing is done") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.alert_answer.reset();
  scene.send(fires("web"));
  scene.pass(9s);
  CHECK(scene.decisions().empty());
  CHECK(scene.status("web").hold->text == "healer asks whether HighErrorRate still fires");
  scene.send(AlertConfirmed{"web", "alertmanager", "other", AlertAnswer::Over, "of another alert"});
  CHECK(scene.status("web").condition == Condition::Unhealthy);
  scene.send(AlertConfirmed{"web", "alertmanager", "1", AlertAnswer::Fires, ""});
  scene.pass(1s);
  CHECK(scene.decisions() == "degraded, restart web");
  CHECK(scene.alert_questions.size() == 1);
}

TEST_CASE("alert: after one attempt, failing checks and an operator's reset still lead to a remedy") {
  for (const bool by_operator : {true, false}) {
    CAPTURE(by_operator);
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.alerts.lookback = 30s;
    Box& box = scene.healthy("web", policy);
    scene.send(fires("web"));
    REQUIRE(scene.pass_until([&] { return scene.status("web").condition == Condition::GivenUp; }, 10min));
    scene.restart_healer();
    scene.pass(30min);
    CHECK(scene.orders.size() == 1);
    if (by_operator)
      scene.send(OperatorReset{"web"});
    else
      box.broken = true;
    REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }, 5min));
    scene.pass(3h);
    CHECK(scene.orders.size() == 2);
  }
}

TEST_CASE("alert: a new alert gets its own attempt, and an order that was not executed counts as none") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.alerts.lookback = 30s;
  scene.healthy("web", policy);
  scene.fates = {OrderFate::Refused};
  scene.send(fires("web"));
  REQUIRE(scene.pass_until([&] { return scene.orders.size() == 2; }, 5min));
  scene.pass(10min);
  CHECK(scene.orders.size() == 2);
  scene.send(fires("web", "2"));
  scene.pass(30min);
  CHECK(scene.orders.size() == 3);
}

TEST_CASE("alert: a check that fails needs no confirmation of the alert, and one alert that notifies none") {
  Scene scene;
  INFO(scene.transcript());
  scene.alert_answer = AlertAnswer::Over;
  Box& box = scene.healthy("web");
  AlertReported alert = fires("web");
  alert.act = false;
  scene.send(alert);
  scene.pass(10min);
  CHECK(scene.alert_questions.empty());
  box.broken = true;
  REQUIRE(scene.pass_until_decision("restart web", 5min));
  CHECK(scene.alert_questions.empty());
}

TEST_CASE("alert: an instance that started after the alert is not restarted within the lookback") {
  Scene scene;
  INFO(scene.transcript());
  Box& box = scene.healthy("web");
  scene.send(OperatorPause{"web", 1min});
  scene.send(fires("web"));
  scene.pass(10s);
  scene.restart(box);
  scene.pass(5min);
  CHECK(scene.orders.empty());
  scene.send(resolved("web"));
  scene.pass(1h);
  CHECK(scene.orders.empty());
  CHECK(scene.status("web").condition == Condition::Healthy);
}

TEST_CASE("alert: after failing checks it is no second cause within the lookback") {
  enum class End { PassedBefore, PassedWhileAsked, Healed };
  for (const End end : {End::PassedBefore, End::PassedWhileAsked, End::Healed})
    for (const bool outlasts : {false, true}) {
      CAPTURE(static_cast<int>(end));
      CAPTURE(outlasts);
      Scene scene;
      INFO(scene.transcript());
      Box& box = scene.healthy("web");
      box.broken = true;
      if (end == End::Healed) {
        REQUIRE(scene.pass_until_decision("restart web", 1min));
      } else {
        REQUIRE(scene.pass_until([&] { return scene.status("web").failures == 2; }, 1min));
        if (end == End::PassedWhileAsked) {
          scene.alert_answer.reset();
          scene.send(fires("web"));
        }
        box.broken = false;
      }
      const unsigned remedies = end == End::Healed ? 1 : 0;
      scene.pass(1min);
      scene.alert_answer = AlertAnswer::Fires;
      scene.send(fires("web"));  // a rate looks back
      scene.pass(7min);
      CHECK(scene.orders.size() == remedies);
      if (outlasts) {  // it has a cause of its own
        scene.pass(5min);
        CHECK(scene.orders.size() == remedies + 1);
      } else {
        scene.send(resolved("web"));
        scene.pass(1h);
        CHECK(scene.orders.size() == remedies);
        CHECK(scene.status("web").condition == Condition::Healthy);
      }
    }
}

TEST_CASE("alert: a resolved alert does not shorten the start period") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.start_period = 10min;
  Box& box = scene.healthy("web", policy);
  box.ready_after = 6min;
  scene.send(fires("web"));
  REQUIRE(scene.pass_until_decision("restart web", 5s));
  scene.pass(1min);
  scene.send(resolved("web"));
  scene.pass(10min);
  CHECK(scene.orders.size() == 1);
  CHECK(scene.attempts.at(1).state == AttemptState::Recovered);
}

TEST_CASE("alert: a crash-loop incident stays open until the alert is resolved") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  Box& box = scene.add("web", policy);
  box.facts.engine_restarts.policy = RestartPolicy::Always;
  scene.connect();
  scene.pass(1min);
  for (int i = 0; i < 5; ++i) {
    scene.crash(box);
    scene.pass(20s);
  }
  REQUIRE(scene.incidents.at(1).cause == IncidentCause::CrashLoop);
  scene.send(fires("web"));
  scene.pass(3min);
  CHECK(scene.incidents.at(1).outcome == IncidentOutcome::Open);
  scene.send(resolved("web"));
  scene.pass(5min);
  CHECK(scene.incidents.at(1).outcome != IncidentOutcome::Open);
}

TEST_CASE("alert: with alerts=notify an alert is only notified, with alerts=off it is ignored") {
  for (const AlertUse use : {AlertUse::Act, AlertUse::Notify, AlertUse::Off}) {
    Scene scene;
    INFO(scene.transcript());
    Policy policy = Scene::policy();
    policy.alerts.use = use;
    scene.healthy("web", policy);
    AlertReported alert = fires("web");
    alert.act = use != AlertUse::Act;
    scene.send(alert);
    scene.pass(1h);
    CHECK(scene.decisions() == (use == AlertUse::Off ? "" : "info"));
    scene.send(resolved("web"));
    scene.send(alert);  // a new firing after the end is notified with its own dedup key
    CHECK(scene.decisions() == (use == AlertUse::Off ? "" : "info"));
    if (use != AlertUse::Off) CHECK(scene.notifications[0].dedup_key != scene.notifications[1].dedup_key);
  }
}

TEST_CASE("alert: a firing alert survives a restart of healer and ends after 6 h without repetition") {
  Scene scene;
  INFO(scene.transcript());
  scene.healthy("web");
  scene.send(OperatorPause{"web", 20h});
  scene.send(fires("web"));
  scene.pass(1min);
  scene.restart_healer();
  scene.pass(20min);
  CHECK(scene.status("web").condition == Condition::Unhealthy);
  CHECK(scene.status("web").reason.find("HighErrorRate") != std::string::npos);
  scene.pass(6h);
  CHECK(scene.status("web").condition == Condition::Healthy);
  CHECK(scene.orders.empty());
}

TEST_CASE("alert: alerts about most workloads at once are a mass failure, and remedies are held") {
  Scene scene;
  INFO(scene.transcript());
  for (int i = 0; i < 6; ++i) scene.add("web" + std::to_string(i));
  scene.connect();
  scene.pass(1min);
  for (int i = 0; i < 6; ++i) scene.send(fires("web" + std::to_string(i)));
  scene.pass(30s);
  CHECK(scene.logged("mass failure"));
  CHECK(scene.orders.size() <= 1);  // the first order may come before the third alert
  for (int i = 0; i < 6; ++i) scene.send(resolved("web" + std::to_string(i)));
  scene.pass(10min);
  CHECK(scene.orders.size() <= 1);
}

TEST_CASE("alert: a workload without a probe target is restarted for an alert and recovers at its end") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  Box& box = scene.add("web", policy);
  box.facts.ports.clear();
  scene.connect();
  scene.pass(10min);
  REQUIRE(scene.status("web").condition == Condition::Unreachable);
  scene.send(fires("web"));
  REQUIRE(scene.pass_until_decision("restart web", 5min));
  scene.send(resolved("web"));
  REQUIRE(scene.pass_until_decision("recovered", 10min));
}

TEST_CASE("alert: at most 16 firing alerts are kept for one workload") {
  Scene scene;
  INFO(scene.transcript());
  Policy policy = Scene::policy();
  policy.alerts.use = AlertUse::Notify;
  scene.healthy("web", policy);
  for (int i = 0; i < 40; ++i) scene.send(fires("web", std::to_string(i)));
  CHECK(scene.records.at("web").alerts.size() == 16);
  for (int i = 0; i < 40; ++i) scene.send(resolved("web", std::to_string(i)));
  CHECK(scene.records.at("web").alerts.empty());
}
