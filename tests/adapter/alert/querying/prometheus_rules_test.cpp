// Tests of healer's own rules against a server that answers as Prometheus does.
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "alert/confirmation.hpp"
#include "alert/prometheus_rules.hpp"
#include "net/curl_client.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"
#include "support/scripted_server.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

std::string value(const char* text, const char* container = "web") {
  return std::string(
             R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"container":")") +
         container + R"("},"value":[1,")" + text + R"("]}]}})";
}
const std::string no_data = R"({"status":"success","data":{"resultType":"vector","result":[]}})";

PrometheusRule rule_named(const std::string& name) {
  PrometheusRule rule;
  rule.name = name;
  rule.query = "rate{a=\"b c\"} > 0.05";
  rule.expression = "rate{a=\"b c\"}";
  rule.number = 0.05;
  return rule;
}

struct Querying {
  Querying() {
    for (const char* name : {"http_proxy", "https_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"})
      ::unsetenv(name);
    auto made = net::CurlClient::create(loop);
    REQUIRE(made.has_value());
    curl = std::move(*made);
    server = ScriptedServer::on_loopback(replying([this](const SeenRequest&) {
      const std::lock_guard guard(mutex);
      return answer_;
    }));
    workloads.resize(1);
    workloads[0].key = workloads[0].name = "web";
    settings.url = "http://127.0.0.1:" + std::to_string(server->port()) + "/prefix";
    settings.interval = 20ms;
    settings.timeout = 10s;
    settings.rules = {rule_named("Errors")};
    PrometheusRules::Parts parts{loop,
                                 *curl,
                                 [this] { return now; },
                                 [this] { return ready; },
                                 [this] { return workloads; },
                                 [] { return default_alert_labels(); },
                                 [] { return std::vector<AlertMapping>{}; },
                                 [this](AlertReported alert) -> Result<void> {
                                   reported.push_back(alert.workload + " " + alert.id +
                                                      (alert.firing ? " fires: " + alert.text : " ends"));
                                   return {};
                                 },
                                 [this](bool watched) { ++(watched ? accepted : unknown); },
                                 [this](LogLevel, std::string line) { log.push_back(std::move(line)); }};
    rules = std::make_unique<PrometheusRules>(std::move(parts));
  }

  void says(int status, const std::string& body) {
    const std::lock_guard guard(mutex);
    answer_ = answer(status, body);
  }
  /// Runs until this many more evaluations have ended.
  void evaluations(std::uint64_t more = 2) {
    const auto count = [this] { return rules->status().at(0).answers + rules->status().at(0).unknowns; };
    const auto wanted = count() + more;
    REQUIRE(run_until(loop, [&] { return count() >= wanted; }));
  }
  RuleStatus status() { return rules->status().at(0); }

  net::Loop loop;
  std::unique_ptr<net::CurlClient> curl;
  std::mutex mutex;
  std::string answer_ = answer(200, no_data);
  std::unique_ptr<ScriptedServer> server;
  Instant now{5'000'000s};
  bool ready = true;
  std::vector<WorkloadStatus> workloads;
  PrometheusSettings settings;
  std::vector<std::string> reported;
  std::vector<std::string> log;
  int accepted = 0;
  int unknown = 0;
  std::unique_ptr<PrometheusRules> rules;
};

}  // namespace

TEST_CASE("prometheus rules: a rule that fires and one that ends are each reported once") {
  Querying querying;
  querying.says(200, value("0.5"));
  querying.rules->set(querying.settings);
  CHECK(querying.status().problem == "not asked yet");
  querying.evaluations(3);
  CHECK(querying.reported == std::vector<std::string>{"web Errors fires: 0.5 > 0.05"});
  CHECK(querying.status().known);
  CHECK(querying.status().firing == 1);
  CHECK(querying.status().last_answer == querying.now);
  CHECK(querying.accepted == 1);
  querying.says(200, value("0.01"));
  querying.evaluations(3);
  CHECK(querying.reported.back() == "web Errors ends");
  CHECK(querying.reported.size() == 2);
  const SeenRequest request = querying.server->requests().front();
  CHECK(request.method == "POST");
  CHECK(request.target == "/prefix/api/v1/query");
  CHECK(request.body == "query=rate%7Ba%3D%22b%20c%22%7D&timeout=10000ms");
  CHECK(request.head.find("Authorization") == std::string::npos);
}

TEST_CASE("prometheus rules: no data, NaN, errors and what is no answer are unknown and report nothing") {
  struct Row {
    int status;
    std::string body;
    std::string problem;
  };
  const std::vector<Row> rows{
      {200, no_data, "no data"},
      {200, value("NaN"), "no data: NaN"},
      {400, R"({"status":"error","errorType":"bad_data","error":"parse error"})",
       "HTTP 400: Prometheus says: parse error"},
      {503, "<html>", "HTTP 503"},
      {500, value("0.9"), "HTTP 500"},
      {302, "", "HTTP 302"},
      {200, "<html>", "the answer is none of Prometheus's API"},
      {200, std::string(5 << 20, ' '), "the answer is larger than 4 MiB"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.problem);
    Querying querying;
    querying.says(row.status, row.body);
    querying.rules->set(querying.settings);
    querying.evaluations();
    CHECK_FALSE(querying.status().known);
    CHECK(querying.status().problem == row.problem);
    CHECK(querying.reported.empty());
    querying.says(200, value("0.5"));
    querying.evaluations();
    CHECK(querying.status().known);
    CHECK(querying.reported.size() == 1);
    querying.says(row.status, row.body);
    querying.evaluations();
    CHECK_FALSE(querying.status().known);
    CHECK(querying.reported.size() == 1);
    CHECK(querying.status().firing == 1);
  }
}

TEST_CASE("prometheus rules: a server that is down is unknown, said once") {
  Querying querying;
  querying.server.reset();
  querying.rules->set(querying.settings);
  querying.evaluations(4);
  CHECK_FALSE(querying.status().known);
  CHECK(querying.status().unknowns >= 4);
  CHECK(querying.reported.empty());
  CHECK(querying.log.size() == 1);
}

TEST_CASE("prometheus rules: a server that hangs is unknown after the timeout, and is queried again") {
  Querying querying;
  querying.server = ScriptedServer::on_loopback([](Peer& peer) {
    peer.read_request();
    peer.hang();
  });
  querying.settings.url = "http://127.0.0.1:" + std::to_string(querying.server->port());
  querying.settings.timeout = 50ms;
  querying.rules->set(querying.settings);
  querying.evaluations(2);
  CHECK_FALSE(querying.status().known);
  CHECK(querying.server->connections() >= 2);
  CHECK(querying.reported.empty());
}

TEST_CASE("prometheus rules: no query is sent before the workloads are known") {
  Querying querying;
  querying.ready = false;
  querying.says(200, value("0.5"));
  querying.rules->set(querying.settings);
  net::Timer timer(querying.loop);
  bool later = false;
  timer.set_after(200ms, [&] { later = true; });
  REQUIRE(run_until(querying.loop, [&] { return later; }));
  CHECK(querying.server->requests().empty());
  querying.ready = true;
  querying.evaluations(1);
  CHECK(querying.reported.size() == 1);
}

TEST_CASE("prometheus rules: a met rule about an unwatched container is counted and logged once") {
  Querying querying;
  querying.says(200, value("0.5", "nope"));
  querying.rules->set(querying.settings);
  querying.evaluations(3);
  CHECK(querying.reported.empty());
  CHECK(querying.unknown == 1);
  CHECK(querying.status().unmatched == 1);
  REQUIRE(querying.log.size() == 1);
  CHECK(querying.log[0] ==
        "rule Errors of prometheus is met, but no watched container has container=\"nope\"");
}

TEST_CASE("prometheus rules: the query authenticates by token or by user, and no log line shows either") {
  for (const bool token : {true, false}) {
    Querying querying;
    if (token) {
      querying.settings.bearer_token = Secret("s3cret-token");
    } else {
      querying.settings.username = "healer";
      querying.settings.password = Secret("s3cret-word!");
    }
    querying.says(401, "s3cret-token s3cret-word");
    querying.rules->set(querying.settings);
    querying.evaluations(1);
    const std::string head = querying.server->requests().front().head;
    CHECK(head.find(token ? "Authorization: Bearer s3cret-token\r\n"
                          : "Authorization: Basic aGVhbGVyOnMzY3JldC13b3JkIQ==\r\n") != std::string::npos);
    CHECK(querying.status().problem == "HTTP 401");
    for (const std::string& line : querying.log) CHECK(line.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("prometheus rules: a reload keeps an unchanged rule, and ends what fires by a removed one") {
  Querying querying;
  querying.says(200, value("0.5"));
  querying.settings.rules.push_back(rule_named("Other"));
  querying.rules->set(querying.settings);
  REQUIRE(run_until(querying.loop, [&] { return querying.reported.size() == 2; }));
  querying.reported.clear();
  FiringAlert other;
  other.source = "prometheus";
  other.id = other.name = "Other";
  querying.workloads[0].alerts.push_back(other);
  other.source = "alertmanager";
  querying.workloads[0].alerts.push_back(other);
  querying.settings.rules.pop_back();
  querying.rules->set(querying.settings);
  REQUIRE(run_until(querying.loop, [&] { return !querying.reported.empty(); }));
  CHECK(querying.reported == std::vector<std::string>{"web Other ends"});
  querying.workloads[0].alerts.clear();
  querying.evaluations(2);
  CHECK(querying.reported.size() == 1);  // Errors keeps firing and is not reported again
  CHECK(querying.rules->status().size() == 1);

  querying.workloads[0].alerts = {other};
  querying.workloads[0].alerts[0].source = "prometheus";
  querying.reported.clear();
  querying.rules->set(PrometheusSettings{});
  REQUIRE(run_until(querying.loop, [&] { return !querying.reported.empty(); }));
  CHECK(querying.reported == std::vector<std::string>{"web Other ends"});
  CHECK(querying.rules->status().empty());
}

TEST_CASE("prometheus rules: before a remedy the rule's query confirms that it is met") {
  Querying querying;
  querying.settings.interval = 1h;  // no evaluation in between
  querying.rules->set(querying.settings);
  const auto confirmed = [&](const std::string& rule) {
    std::optional<std::pair<AlertAnswer, std::string>> got;
    querying.rules->confirm(rule, "web", [&](AlertAnswer answer, std::string why) {
      got = {answer, std::move(why)};
    });
    CHECK_FALSE(got.has_value());  // never from inside the call
    REQUIRE(run_until(querying.loop, [&] { return got.has_value(); }));
    return *got;
  };
  querying.says(200, value("0.5"));
  CHECK(confirmed("Errors").first == AlertAnswer::Fires);
  querying.says(200, value("0.01"));
  CHECK(confirmed("Errors") == std::pair{AlertAnswer::Over, std::string("its rule is not met any more")});
  querying.says(200, no_data);
  CHECK(confirmed("Errors") == std::pair{AlertAnswer::Unknown, std::string("Prometheus has no data of it")});
  querying.says(200, value("0.5", "db"));
  CHECK(confirmed("Errors").first == AlertAnswer::Unknown);
  querying.says(503, "<html>");
  CHECK(confirmed("Errors") == std::pair{AlertAnswer::Unknown, std::string("Prometheus: HTTP 503")});
  CHECK(confirmed("Removed").first == AlertAnswer::Over);
  CHECK(querying.reported.empty());
}

TEST_CASE("confirmation: Alertmanager is asked at its configured address, else at the notification's") {
  Querying querying;
  std::string configured = "auto";
  AlertConfirmation confirmation({querying.loop, *querying.curl, [&] { return configured; },
                                  [](const std::string& rule, const std::string&,
                                     AlertConfirmation::Done done) { done(AlertAnswer::Fires, rule); }});
  ConfirmAlert alert{"web", "alertmanager", "f1", "", {{"alertname", "Errors"}}};
  const auto ask = [&] {
    std::optional<std::pair<AlertAnswer, std::string>> got;
    confirmation.ask(alert, [&](AlertAnswer answer, std::string why) { got = {answer, std::move(why)}; });
    REQUIRE(run_until(querying.loop, [&] { return got.has_value(); }));
    return *got;
  };
  const std::string here = "http://127.0.0.1:" + std::to_string(querying.server->port());
  querying.says(200, R"([{"fingerprint":"f1","labels":{},"status":{"state":"active"}}])");
  CHECK(ask().first == AlertAnswer::Unknown);  // no address is known
  alert.ask_at = here + "/am";
  CHECK(ask().first == AlertAnswer::Fires);
  const SeenRequest request = querying.server->requests().back();
  CHECK(request.method == "GET");
  CHECK(request.target.starts_with("/am/api/v2/alerts?active=true&silenced=false&inhibited=false"));
  CHECK(request.head.find("Authorization") == std::string::npos);
  querying.says(302, "");
  CHECK(ask() == std::pair{AlertAnswer::Unknown, std::string("Alertmanager's address answers HTTP 302")});
  CHECK(querying.server->requests().size() == 2);  // a redirect is not followed

  querying.says(200, "[]");
  alert.ask_at = "http://127.0.0.1:1";
  CHECK(ask().first == AlertAnswer::Unknown);  // refused
  configured = here;
  CHECK(ask().first == AlertAnswer::Over);
  CHECK(querying.server->requests().back().target.starts_with("/api/v2/alerts?"));
  const std::size_t before = querying.server->requests().size();
  configured = "none";
  alert.ask_at = here;
  CHECK(ask().first == AlertAnswer::Unknown);
  configured = here;
  alert.source = "grafana";
  CHECK(ask().first == AlertAnswer::Unknown);
  CHECK(querying.server->requests().size() == before);
  alert.source = "prometheus";
  CHECK(ask().second == "f1");
}
