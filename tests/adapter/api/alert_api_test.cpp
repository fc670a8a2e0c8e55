// Tests of POST /api/v1/alertmanager over a real server.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <boost/json.hpp>

#include "adapter/api/snapshots.hpp"
#include "alert/target.hpp"
#include "api/http_api.hpp"
#include "net/http_client.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

constexpr const char* firing =
    R"({"version":"4","alerts":[{"status":"firing","fingerprint":"f1","labels":{"alertname":"Errors","container":"shop-web-1","healer_action":"heal"},"annotations":{"summary":"8 % fail"}}]})";

struct Receiver {
  net::Loop loop;
  Metrics metrics;
  Readiness readiness{true, {}};
  AlertSettings settings{Secret("s3cret-token-of-a-test"), default_alert_labels()};
  std::vector<FiringAlert> firing_now;  ///< about the first workload
  std::vector<AlertReported> reported;
  TokenThrottle::Clock::time_point now{};
  HttpApi api{metrics, ApiSources{[] { return full_snapshot(); }, [this] { return readiness; }, {}},
              alerts()};
  std::unique_ptr<net::HttpServer> server = open();
  net::HttpClient client{loop};

  AlertApi alerts() {
    AlertApi::Parts parts;
    parts.settings = [this] { return settings; };
    parts.snapshot = [this] {
      Snapshot snapshot = full_snapshot();
      snapshot.workloads.front().alerts = firing_now;
      snapshot.workloads.pop_back();  // the last workload has the same name as the first
      return snapshot;
    };
    parts.readiness = [this] { return readiness; };
    parts.report = [this](AlertReported alert) {
      reported.push_back(std::move(alert));
      return Result<void>{};
    };
    parts.count = [this](AlertResult result) { metrics.count_alert("alertmanager", result); };
    parts.now = [this] { return now; };
    return AlertApi(std::move(parts));
  }
  std::unique_ptr<net::HttpServer> open() {
    net::HttpServerLimits limits;
    limits.body = 1 << 20;
    auto opened = net::HttpServer::listen_tcp(loop, "127.0.0.1:0", api.public_handler(), limits);
    REQUIRE(opened);
    return std::move(*opened);
  }
  net::HttpAnswer post(std::string body, std::string authorization = "Bearer s3cret-token-of-a-test",
                       const char* method = "POST") {
    net::HttpCall call;
    call.method = method;
    call.target = "/api/v1/alertmanager";
    call.body = std::move(body);
    if (!authorization.empty()) call.headers.emplace_back("Authorization", std::move(authorization));
    call.endpoint = net::TcpEndpoint{"127.0.0.1", server->port(), {}};
    std::optional<Result<net::HttpAnswer>> answer;
    client.call(std::move(call), [&](Result<net::HttpAnswer> got) { answer = std::move(got); });
    REQUIRE(run_until(loop, [&] { return answer.has_value(); }));
    if (!*answer) FAIL(answer->error().message);
    return **answer;
  }
  bool counted(const char* result) const {
    return metrics.text(full_snapshot())
               .find(std::string(R"(healer_alerts_total{result=")") + result +
                     R"(",source="alertmanager"} 1)") != std::string::npos;
  }
};

}  // namespace

TEST_CASE("a firing and a resolved alert reach the core, and the answer counts the accepted ones") {
  Receiver receiver;
  auto answer = receiver.post(firing);
  CHECK(answer.status == 200);
  REQUIRE(receiver.reported.size() == 1);
  const AlertReported& alert = receiver.reported.front();
  CHECK(alert.workload == "shop/web/1");
  CHECK(alert.source == "alertmanager");
  CHECK(alert.id == "f1");
  CHECK(alert.name == "Errors");
  CHECK(alert.text == "8 % fail");
  CHECK(alert.firing);
  CHECK(alert.act);
  const json::object said = json::parse(answer.body).as_object();
  CHECK(said.at("accepted") == 1);
  CHECK(said.at("alerts").at(0).at("workload") == "shop/web/1");
  CHECK(receiver.counted("accepted"));
  std::string resolved = firing;
  resolved.replace(resolved.find("firing"), 6, "resolved");
  CHECK(receiver.post(resolved).status == 200);
  CHECK_FALSE(receiver.reported.back().firing);
}

TEST_CASE("an alert starts a remedy only if it asks for healing, or the settings say so") {
  struct Row {
    const char* label;  ///< empty: none
    bool setting;
    bool acts;
  };
  for (const Row& row :
       {Row{"", false, false}, Row{"", true, true}, Row{"heal", false, true}, Row{"act", false, true},
        Row{"notify", true, false}, Row{"restart", true, false}, Row{"Heal", false, false}}) {
    CAPTURE(row.label);
    CAPTURE(row.setting);
    Receiver receiver;
    receiver.settings.act = row.setting;
    std::string body = firing;
    const std::string label = R"(,"healer_action":"heal")";
    body.replace(body.find(label), label.size(),
                 *row.label != '\0' ? std::string(R"(,"healer_action":")") + row.label + '"' : std::string());
    const auto answer = receiver.post(body);
    CHECK(answer.status == 200);
    CHECK(receiver.reported.back().act == row.acts);
    const json::value said = json::parse(answer.body).at("alerts").at(0);
    CHECK(said.at("result") == "accepted");
    CHECK(said.at("use") == (row.acts ? "heal" : "notify"));
    CHECK((said.as_object().if_contains("reason") != nullptr) == !row.acts);
  }
  Receiver receiver;
  std::string plain = firing;
  plain.replace(plain.find(R"(,"healer_action":"heal")"), 23, "");
  CHECK(receiver.post(plain).body.find(R"(it does not have the label healer_action=\"heal\")") !=
        std::string::npos);
}

TEST_CASE(
    "an alert of another container's id or of another host is answered so, and does not reach the core") {
  Receiver receiver;
  receiver.settings.places.any = false;
  receiver.settings.places.here = {"web1"};
  const auto post = [&](const std::string& more) {
    std::string body = firing;
    body.replace(body.find(R"("container")"), 0, more);
    const json::value said = json::parse(receiver.post(body).body).at("alerts").at(0);
    return std::string(said.at("result").as_string());
  };
  CHECK(post(R"("id":"/docker/ffffffffffffffffffffffff",)") == "other_container");
  CHECK(post(R"("instance":"web2:9100",)") == "other_host");
  CHECK(receiver.reported.empty());
  CHECK(receiver.counted("other_container"));
  CHECK(receiver.counted("other_host"));
  CHECK(post(R"("instance":"web1:9100",)") == "accepted");
  CHECK(receiver.reported.size() == 1);
  // Another alert of the rule fires already, from another place; both places are only likely to be this host.
  FiringAlert other;
  other.source = "alertmanager";
  other.name = "Errors";
  other.labels = {{"container", "shop-web-1"}, {"instance", "cadvisor:8080"}};
  receiver.firing_now = {other};
  CHECK(post(R"("instance":"localhost:9100",)") == "ambiguous");
  CHECK(post(R"("instance":"web1:9100",)") == "accepted");
}

TEST_CASE(
    "the end of an alert reaches the workload that it fires about, though its container is another now") {
  Receiver receiver;
  FiringAlert known;
  known.source = "alertmanager";
  known.id = "f1";
  known.name = "Errors";
  receiver.firing_now = {known};
  std::string body = firing;
  body.replace(body.find("firing"), 6, "resolved");
  body.replace(body.find(R"("container")"), 0, R"("id":"/docker/ffffffffffffffffffffffff",)");
  CHECK(json::parse(receiver.post(body).body).at("accepted") == 1);
  REQUIRE(receiver.reported.size() == 1);
  CHECK(receiver.reported[0].workload == "shop/web/1");
  CHECK_FALSE(receiver.reported[0].firing);
}

TEST_CASE("the core gets the labels and the address that confirm an alert, and Grafana's alerts as such") {
  Receiver receiver;
  std::string body = firing;
  body.replace(1, 0, R"("externalURL":"http://alertmanager:9093/",)");
  receiver.post(body);
  CHECK(receiver.reported.back().ask_at == "http://alertmanager:9093");
  CHECK(receiver.reported.back().labels.size() == 3);
  CHECK(receiver.reported.back().labels.front() == AlertLabel{"alertname", "Errors"});
  body.replace(body.find(R"("alertname")"), 0, R"("long":")" + std::string(10'000, 'x') + R"(",)");
  receiver.post(body);
  CHECK(receiver.reported.back().labels.empty());
  std::string grafana = firing;
  grafana.replace(1, 13, R"("orgId":1,"version":"1","externalURL":"http://localhost:3000/")");
  CHECK(receiver.post(grafana).status == 200);
  CHECK(receiver.reported.back().source == "grafana");
  CHECK(receiver.reported.back().ask_at.empty());
  CHECK(receiver.reported.back().act);
  // Grafana fires this when its rule has no data: unknown starts no remedy.
  grafana.replace(grafana.find("Errors"), 6, "DatasourceNoData");
  receiver.post(grafana);
  CHECK_FALSE(receiver.reported.back().act);
}

TEST_CASE("an alert about an unknown container is answered with 200 and counted") {
  Receiver receiver;
  const auto answer = receiver.post(R"({"alerts":[{"status":"firing","labels":{"container":"nope"}}]})");
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("alerts").at(0).at("result") == "unknown");
  CHECK(answer.body.find("no watched container has container") != std::string::npos);
  CHECK(receiver.reported.empty());
  CHECK(receiver.counted("unknown"));
}

TEST_CASE("a wrong token is refused and counted, and without a configured token there is no receiver") {
  for (const char* wrong : {"", "Bearer", "Bearer s3cret-tokem", "Bearer s3cret-token-of-a-test2",
                            "Bearer s3cret", "Basic s3cret-token-of-a-test"}) {
    CAPTURE(wrong);
    Receiver receiver;
    const auto answer = receiver.post(firing, wrong);
    CHECK(answer.status == 401);
    CHECK(answer.body.find("s3cret") == std::string::npos);
    CHECK(receiver.reported.empty());
    CHECK(receiver.counted("bad_token"));
  }
  Receiver off;
  off.settings.token = Secret();
  const auto answer = off.post(firing, "");
  CHECK(answer.status == 404);
  CHECK(answer.body.find("ALERTMANAGER_TOKEN") != std::string::npos);
}

TEST_CASE("a malformed request is refused and no alert reaches the core") {
  std::string deep;
  for (int i = 0; i < 2000; ++i) deep += R"({"alerts":[)";
  for (const std::string& body : {std::string(), std::string("{"), std::string("\0\xff\x80", 3), deep,
                                  std::string(R"({"alerts":[{"status":1}]})")}) {
    Receiver receiver;
    CHECK(receiver.post(body).status == 400);
    CHECK(receiver.reported.empty());
    CHECK(receiver.counted("malformed"));
  }
  Receiver receiver;
  CHECK(receiver.post(std::string(10 << 20, ' ')).status == 413);
  CHECK(receiver.post(firing, "Bearer s3cret-token-of-a-test", "PUT").status == 405);
  CHECK(receiver.reported.empty());
}

TEST_CASE("before all containers are known, Alertmanager gets status 503 and tries again") {
  Receiver receiver;
  receiver.readiness = {false, "the engine does not answer"};
  const auto answer = receiver.post(firing);
  CHECK(answer.status == 503);
  CHECK(receiver.reported.empty());
}

TEST_CASE("who tries many tokens is judged once a second, with the right one, too") {
  Receiver receiver;
  for (unsigned i = 0; i < TokenThrottle::free_failures; ++i)
    CHECK(receiver.post(firing, "Bearer guess" + std::to_string(i)).status == 401);
  CHECK(receiver.post(firing, "Bearer guess").status == 429);
  CHECK(receiver.post(firing).status == 429);
  CHECK(receiver.reported.empty());
  receiver.now += TokenThrottle::pause;
  CHECK(receiver.post(firing).status == 200);
  CHECK(receiver.post(firing).status == 200);
}

TEST_CASE("the guesses of one peer do not slow another, and many peers take bounded memory") {
  TokenThrottle throttle;
  const TokenThrottle::Clock::time_point now{};
  for (unsigned i = 0; i < 2 * TokenThrottle::free_failures; ++i) throttle.failed("a", now);
  CHECK_FALSE(throttle.may_try("a", now));
  CHECK(throttle.may_try("b", now));
  for (std::size_t i = 0; i < TokenThrottle::most_peers; ++i)
    throttle.failed("peer" + std::to_string(i), now);
  CHECK(throttle.may_try("a", now));  // forgotten
  throttle.failed("c", now);
  throttle.succeeded("c");
  CHECK(throttle.may_try("c", now));
}
