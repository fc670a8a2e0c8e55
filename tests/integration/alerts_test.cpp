// Failures that only Prometheus sees are healed, with the real Prometheus, Alertmanager and engine.
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "integration/engine_scene.hpp"
#include "integration/prometheus_stack.hpp"

using namespace healer::testing;

namespace {

const std::string token = "planted-token-0123456789";

const std::string routing_key = "0123456789abcdef0123456789abcdef";

/// PagerDuty's Events API on loopback; keeps every event.
class PagerDutySink {
 public:
  PagerDutySink()
      : server_(ScriptedServer::on_loopback(replying([](const SeenRequest&) {
          return answer(202, R"({"status":"success","message":"Event processed","dedup_key":"x"})");
        }))) {}
  Settings settings() const {
    return {{"PAGERDUTY_ROUTING_KEY", routing_key},
            {"PAGERDUTY_URL", "http://127.0.0.1:" + std::to_string(server_->port()) + "/v2/enqueue"}};
  }
  /// Each event as "trigger KEY" or "resolve KEY".
  std::vector<std::string> events() const {
    std::vector<std::string> all;
    for (const SeenRequest& request : server_->requests()) {
      const auto event = boost::json::parse(request.body).as_object();
      all.push_back(std::string(event.at("event_action").as_string()) + " " +
                    std::string(event.at("dedup_key").as_string()));
    }
    return all;
  }

 private:
  std::unique_ptr<ScriptedServer> server_;
};

/// A compose service that answers its users with errors while its health check passes.
class Shop {
 public:
  explicit Shop(EngineScene& scene) : scene_(scene), port_(free_port()) {
    service_ = scene.lab().name("shop");
    Make make;
    // A fixed port: a port that the engine chooses changes with each restart.
    make.published = false;
    make.options = {"-p",      "127.0.0.1:" + std::to_string(port_) + ":8080",
                    "--label", "com.docker.compose.project=alerts",
                    "--label", "com.docker.compose.service=" + service_,
                    "--label", "com.docker.compose.container-number=1",
                    "--label", "com.docker.compose.config-hash=1"};
    name_ = scene.app("shop", make);
  }
  const std::string& name() const { return name_; }
  const std::string& service() const { return service_; }
  std::uint16_t port() const { return port_; }

  /// Sends users' requests until the condition holds.
  void used_until(const std::string& what, const std::function<bool()>& holds) {
    scene_.wait(
        what,
        [&] {
          for (int i = 0; i < 3; ++i) scene_.ask(name_, "GET", "/");
          return holds();
        },
        std::chrono::seconds(180));
  }

 private:
  EngineScene& scene_;
  std::uint16_t port_;
  std::string service_;
  std::string name_;
};

/// From the first error to the end of the alert: one restart, and operators are notified once.
void is_healed(EngineScene& scene, Shop& shop, const PagerDutySink& pagerduty, const std::string& source) {
  HealerProcess& healer = scene.healer();
  const std::string& name = shop.name();
  shop.used_until(name + " is well under load", [&] { return healer.condition(name) == "healthy"; });
  REQUIRE(scene.acts(name, "restart") == 0);
  scene.instruct(name, "/errors?percent=50");
  shop.used_until("the alert reaches healer",
                  [&] { return healer.said("alert of " + source + " fires: HighErrorRate") == 1; });
  shop.used_until(name + " is restarted", [&] { return scene.acts(name, "restart") == 1; });
  shop.used_until("the remedy is verified",
                  [&] { return healer.said(name + " — RECOVERED after 1 attempt") == 1; });
  REQUIRE(healer.said("unhealthy (") == 0);  // its probe found nothing: /health was 200 all the time
  REQUIRE(healer.workload(name).at("alerts").as_array().empty());
  REQUIRE(healer.condition(name) == "healthy");
  scene.wait("the outbox is empty", [&] { return healer.metric("healer_notifications_pending") == 0; });
  REQUIRE(scene.acts(name, "restart") == 1);
  REQUIRE(scene.slack().accepted().size() == 2);
  REQUIRE(scene.slack().with_color(SlackSink::degraded) == 1);
  REQUIRE(scene.slack().with_color(SlackSink::recovered) == 1);
  REQUIRE(scene.slack().about("HighErrorRate") >= 1);
  const std::vector<std::string> paged = pagerduty.events();
  REQUIRE(paged.size() == 2);
  REQUIRE(paged[0].starts_with("trigger "));
  REQUIRE(paged[1] == "resolve " + paged[0].substr(8));
  REQUIRE(healer.metric("healer_incidents_total", {"cause=\"alert_firing\""}) == 1);
  REQUIRE(healer.metric("healer_alerts_total", {"source=\"" + source + "\"", "result=\"accepted\""}) >= 1);
}

}  // namespace

TEST_CASE("an alert of Prometheus and Alertmanager makes healer heal the container, and the alert ends") {
  EngineScene scene;
  Shop shop(scene);
  std::ofstream(scene.file("token")) << token << '\n';
  const PagerDutySink pagerduty;
  Settings settings = pagerduty.settings();
  settings["ALERTMANAGER_TOKEN_FILE"] = scene.file("token");
  HealerProcess& healer = scene.healer(settings);
  scene.wait("healer is ready", [&] { return healer.http("/readyz").code == 200; });
  const AlertmanagerProcess alertmanager(
      scene,
      deployed("alertmanager/alertmanager.yml", {{"http://healer:9180", healer.address()},
                                                 {"/run/secrets/alertmanager_token", scene.file("token")},
                                                 {"group_wait: 5s", "group_wait: 1s"},
                                                 {"group_interval: 15s", "group_interval: 2s"}}));
  const PrometheusProcess prometheus(
      scene, {shop.port(), shop.service(),
              deployed("prometheus/sample-app.yml", {{"[1m]", "[10s]"}, {"for: 15s", "for: 2s"}}),
              alertmanager.port()});
  is_healed(scene, shop, pagerduty, "alertmanager");
  REQUIRE(healer.metric("healer_alerts_total", {"result=\"bad_token\""}) == 0);
  for (const std::string& planted : {token, routing_key}) {
    REQUIRE(healer.whole_log().find(planted) == std::string::npos);
    REQUIRE(healer.http("/metrics").output.find(planted) == std::string::npos);
    REQUIRE(healer.command({"status", "--json"}).output.find(planted) == std::string::npos);
  }
}

TEST_CASE(
    "healer's own rule for Prometheus heals the container, and without Prometheus the rule is unknown") {
  EngineScene scene;
  Shop shop(scene);
  PrometheusProcess prometheus(scene, {shop.port(), shop.service(), {}, 0});
  std::ofstream(scene.file("healer.yaml"))
      << "prometheus:\n  url: " << prometheus.url()
      << "\n  interval: 1s\n  rules:\n    - name: HighErrorRate\n      query: |\n"
         "        sum by (compose_service) (rate(app_requests_total{status=~\"5..\", path=\"/\"}[10s]) or\n"
         "            0 * rate(app_requests_total{status=\"200\", path=\"/\"}[10s]))\n"
         "          / sum by (compose_service) (rate(app_requests_total{path=\"/\"}[10s])) > 0.05\n"
         "      for: 2s\n";
  const PagerDutySink pagerduty;
  Settings settings = pagerduty.settings();
  settings["HEALER_CONFIG"] = scene.file("healer.yaml");
  HealerProcess& healer = scene.healer(settings);
  is_healed(scene, shop, pagerduty, "prometheus");
  REQUIRE(healer.metric("healer_rule_known", {"rule=\"HighErrorRate\""}) == 1);
  REQUIRE(healer.metric("healer_rule_firing") == 0);

  scene.instruct(shop.name(), "/errors?percent=50");
  prometheus.kill();
  scene.wait("the rule is unknown", [&] { return healer.metric("healer_rule_known") == 0; });
  const double before = healer.metric("healer_rule_evaluations_total", {"result=\"unknown\""});
  shop.used_until("some more are unknown", [&] {
    return healer.metric("healer_rule_evaluations_total", {"result=\"unknown\""}) >= before + 5;
  });
  REQUIRE(scene.acts(shop.name(), "restart") == 1);
  REQUIRE(healer.condition(shop.name()) == "healthy");
  REQUIRE(healer.command({"status"}).output.find("! rule HighErrorRate of prometheus is unknown") !=
          std::string::npos);
}
