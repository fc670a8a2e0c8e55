// Tests of the routes over a real server, with well-formed and broken requests.
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include "adapter/api/snapshots.hpp"
#include "api/http_api.hpp"
#include "base/overloaded.hpp"
#include "net/http_client.hpp"
#include "net/loop.hpp"
#include "support/loop_wait.hpp"

using namespace healer;
using namespace healer::testing;
namespace json = boost::json;

namespace {

struct Daemon {
  net::Loop loop;
  Metrics metrics;
  Snapshot snapshot = full_snapshot();
  Readiness readiness;
  std::vector<std::string> orders;  ///< "pause KEY for 1800000", "heal KEY", ...
  Result<void> order_answer{};
  std::vector<std::string> tested;  ///< requested channels
  std::vector<HistoryQuery> asked;
  std::vector<PastIncident> past;
  std::optional<IncidentFile> file;
  net::Loop* later = &loop;  ///< a loop on which the store's answers are posted
  HttpApi api{metrics, sources()};

  ApiSources sources() {
    ApiSources all;
    all.snapshot = [this] { return snapshot; };
    all.readiness = [this] { return readiness; };
    all.command = [this](OperatorCommand command) {
      std::visit(
          Overloaded{
              [this](const OperatorReset& reset) { orders.push_back("reset " + reset.workload); },
              [this](const OperatorPause& pause) {
                const std::string length =
                    pause.length ? " for " + std::to_string(pause.length->count()) : "";
                orders.push_back("pause " + pause.workload + length);
              },
              [this](const OperatorResume& resume) { orders.push_back("resume " + resume.workload); },
              [this](const OperatorHeal& heal) { orders.push_back("heal " + heal.workload); },
              [this](const OperatorAck& ack) { orders.push_back("ack " + ack.workload + " " + ack.by); }},
          command);
      return order_answer;
    };
    all.test_notification = [this](const std::string& channel, auto done) -> Result<void> {
      tested.push_back(channel);
      if (channel == "slak") return failure(ErrorCode::NotFound, "no channel is named \"slak\"");
      later->post([done] {
        done(std::vector<ChannelAnswer>{
            {"slack", ChannelAnswer::Result::Delivered, ""},
            {"ops", ChannelAnswer::Result::Refused, "HTTP 404: no\xff" + std::string(600, 'x')}});
      });
      return {};
    };
    all.explain = [this](const std::string& key) -> std::optional<WorkloadExplanation> {
      WorkloadExplanation explanation;
      for (const WorkloadStatus& each : snapshot.workloads)
        if (each.key == key) explanation.status = each;
      explanation.facts = {{api_now - 5s, "HTTP 503\xff"}};
      explanation.decision =
          Decision{api_now - 4s, key, IncidentId{7}, Rule::SkippedStep, fact::StepSkipped{5, "recreate"}};
      explanation.next = "restart in 10s";
      explanation.holds = {{HoldKind::Dependency, "db is unhealthy", api_now + 60s}};
      return explanation;
    };
    all.history = [this](HistoryQuery query, auto done) {
      asked.push_back(query);
      later->post([this, done] { done(past); });
    };
    all.incident = [this](IncidentId id, auto done) {
      later->post([this, id, done] {
        if (file && file->incident.id == id) return done(*file);
        done(failure(ErrorCode::NotFound, "there is no incident " + std::to_string(id.value)));
      });
    };
    return all;
  }
  std::string folder = (std::filesystem::temp_directory_path() / "healer-api-XXXXXX").string();
  std::unique_ptr<net::HttpServer> server;
  std::unique_ptr<net::HttpServer> admin;
  net::HttpClient client{loop};

  Daemon() {
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    auto listening = net::HttpServer::listen_tcp(loop, "127.0.0.1:0", api.public_handler());
    REQUIRE(listening.has_value());
    server = std::move(*listening);
    listening = net::HttpServer::listen_unix(loop, folder + "/s.sock", api.admin_handler());
    REQUIRE(listening.has_value());
    admin = std::move(*listening);
  }
  ~Daemon() {
    admin.reset();
    server.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  template <class Condition>
  void run_until(Condition finished) {
    REQUIRE(testing::run_until(loop, finished));
  }

  net::HttpAnswer ask(const std::string& method, const std::string& target, bool at_admin = false) {
    net::HttpCall call;
    call.method = method;
    call.target = target;
    call.body_cap = 64 * 1024 * 1024;
    if (at_admin)
      call.endpoint = net::UnixEndpoint{folder + "/s.sock"};
    else
      call.endpoint = net::TcpEndpoint{"127.0.0.1", server->port(), {}};
    std::optional<Result<net::HttpAnswer>> answer;
    client.call(call, [&](Result<net::HttpAnswer> got) { answer = std::move(got); });
    run_until([&] { return answer.has_value(); });
    if (!*answer) FAIL(answer->error().message);
    return **answer;
  }

  // Sends these bytes and returns the first line of the answer.
  std::string raw(const std::string& bytes) {
    namespace asio = boost::asio;
    asio::ip::tcp::socket socket(loop.context());
    socket.connect({asio::ip::address_v4::loopback(), server->port()});
    std::string answer;
    bool ended = false;
    const auto written = [](boost::system::error_code, std::size_t) {};
    asio::async_write(socket, asio::buffer(bytes), written);
    asio::async_read(socket, asio::dynamic_buffer(answer),
                     [&](boost::system::error_code, std::size_t) { ended = true; });
    run_until([&] { return ended || answer.find("\r\n") != std::string::npos; });
    socket.close();
    run_until([&] { return ended; });
    return answer.substr(0, answer.find("\r\n"));
  }
};

std::string error_of(const net::HttpAnswer& answer) {
  return std::string(json::parse(answer.body).at("error").as_string());
}

}  // namespace

TEST_CASE("the public routes answer, and the index names no route of the admin socket") {
  Daemon daemon;
  const auto metrics = daemon.ask("GET", "/metrics");
  CHECK(metrics.status == 200);
  CHECK(net::find_header(metrics.headers, "Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(metrics.body.find("healer_target_up{workload=\"shop-web-1\"} 1\n") != std::string::npos);

  const auto health = daemon.ask("GET", "/healthz");
  CHECK(health.status == 200);
  CHECK(json::parse(health.body) == json::value{{"status", "ok"}});

  const auto index = daemon.ask("GET", "/?x=1");
  CHECK(index.status == 200);
  CHECK(index.body.starts_with("healer "));
  CHECK(index.body.find(" /v1/") == std::string::npos);  // the /v1/ routes exist on the admin socket only
  CHECK(index.body.find("/v1/status") == std::string::npos);
}

TEST_CASE("while healer is not ready, /readyz gives status 503 and the reason") {
  Daemon daemon;
  daemon.readiness = {false, "the engine does not answer"};
  const auto not_yet = daemon.ask("GET", "/readyz");
  CHECK(not_yet.status == 503);
  CHECK(json::parse(not_yet.body).at("reason") == "the engine does not answer");
  daemon.readiness = {true, ""};
  CHECK(daemon.ask("GET", "/readyz").status == 200);
}

TEST_CASE("a test notification is requested on the admin socket, and the answer has one result per channel") {
  Daemon daemon;
  const auto all = daemon.ask("POST", "/v1/test-notification?all=1", true);
  CHECK(all.status == 200);
  const json::value channels = json::parse(all.body).at("channels");
  REQUIRE(channels.as_array().size() == 2);
  CHECK(channels.at(0) == json::value{{"name", "slack"}, {"result", "delivered"}, {"error", ""}});
  CHECK(channels.at(1).at("result") == "refused");
  CHECK(channels.at(1).at("error").as_string().size() <= 510);
  CHECK(daemon.ask("POST", "/v1/test-notification?channel=ops", true).status == 200);
  CHECK(daemon.tested == std::vector<std::string>{"", "ops"});
  const auto unknown = daemon.ask("POST", "/v1/test-notification?channel=slak", true);
  CHECK(unknown.status == 404);
  CHECK(error_of(unknown) == "no channel is named \"slak\"");
  for (const char* vague :
       {"/v1/test-notification", "/v1/test-notification?channel=", "/v1/test-notification?all=0"})
    CHECK(daemon.ask("POST", vague, true).status == 400);
  CHECK(daemon.ask("GET", "/v1/test-notification?all=1", true).status == 405);
  CHECK(daemon.ask("POST", "/v1/test-notification?all=1").status == 404);
  CHECK(daemon.tested.size() == 3);
}

TEST_CASE("unknown paths get status 404 and wrong methods status 405 with Allow") {
  Daemon daemon;
  for (const char* path :
       {"/nothing", "/metrics/", "//", "/v1/status", "/v1/reset?name=shop-web-1", "/%00", "/../etc"}) {
    const auto answer = daemon.ask("GET", path);
    CHECK(answer.status == 404);
    CHECK_FALSE(error_of(answer).empty());
  }
  CHECK(error_of(daemon.ask("GET", "/v1/status")).find("admin socket") != std::string::npos);
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW"}) {
    const auto answer = daemon.ask(method, "/metrics");
    CHECK(answer.status == 405);
    CHECK(net::find_header(answer.headers, "Allow") == "GET, HEAD");
  }
  const auto answer = daemon.ask("GET", "/v1/reset?name=shop-web-1", true);
  CHECK(answer.status == 405);
  CHECK(net::find_header(answer.headers, "Allow") == "POST");
  CHECK(daemon.orders.empty());
}

TEST_CASE("HEAD gives the head without a body") {
  Daemon daemon;
  const auto answer = daemon.ask("HEAD", "/healthz");
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("GET /v1/status says whether a guard stands before the engine, once healer knows") {
  Daemon daemon;
  const auto guarded = [&] {
    return json::parse(daemon.ask("GET", "/v1/status", true).body).at("engine").at("guarded");
  };
  daemon.snapshot.engine_guarded = false;
  CHECK(guarded() == false);
  daemon.snapshot.engine_description.clear();
  CHECK(guarded().is_null());
}

TEST_CASE("GET /v1/status on the admin socket shows the host and every workload") {
  Daemon daemon;
  const auto answer = daemon.ask("GET", "/v1/status", true);
  CHECK(answer.status == 200);
  CHECK(net::find_header(answer.headers, "Content-Type") == "application/json");
  const json::value root = json::parse(answer.body);
  CHECK(root.at("host") == "host1");
  CHECK(root.at("dry_run") == false);
  CHECK(root.at("engine").at("up") == true);
  CHECK(root.at("engine").at("guarded") == true);
  CHECK(root.at("store") == "/var/lib/healer/healer.db");
  const json::array& workloads = root.at("workloads").as_array();
  REQUIRE(workloads.size() == 3);
  const json::value& web = workloads[0];
  CHECK(web.at("name") == "shop-web-1");
  CHECK(web.at("key") == "shop/web/1");
  CHECK(web.at("condition") == "healthy");
  CHECK(web.at("running_since") == 1'800'000'000'000 - 90'000);
  CHECK(web.at("last_duration_ms") == 1.5);
  CHECK(web.at("next_remedy").is_null());
  CHECK(web.at("incident").is_null());
  const json::value& unhealthy = workloads[1];
  CHECK(unhealthy.at("breaker") == "open");
  CHECK(unhealthy.at("incident").to_number<int>() == 7);
  CHECK(unhealthy.at("problems").at(0).at("label") == "healer.intervall");
  CHECK(workloads[2].at("last_check").is_null());
  CHECK(root.at("notifications").at("pending").to_number<int>() == 3);
  CHECK(root.at("notifications").at("channels").at(0).at("last_error") == "HTTP 500");
  CHECK(root.at("rules").at(0).at("firing") == 2);
  CHECK(root.at("rules").at(1).at("problem") == "HTTP 503");
  CHECK(root.at("workloads").at(0).at("alerts").at(0).at("text") == "0.1 > 0.05");
}

TEST_CASE("a reset takes a name or a key, and the error for an unknown name shows the nearest one") {
  Daemon daemon;
  CHECK(daemon.ask("POST", "/v1/reset?name=shop-web-1", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/reset?name=shop%2Fweb%2F1", true).status == 200);
  CHECK(daemon.orders == std::vector<std::string>{"reset shop/web/1", "reset shop/web/1"});

  const auto wrong = daemon.ask("POST", "/v1/reset?name=shop-wep-1", true);
  CHECK(wrong.status == 404);
  CHECK(error_of(wrong).find("shop-wep-1") != std::string::npos);
  CHECK(error_of(wrong).find("did you mean \"shop-web-1\"") != std::string::npos);
  CHECK(error_of(daemon.ask("POST", "/v1/reset?name=zzzzzzzzzzz", true)).find("did you mean") ==
        std::string::npos);
  for (const char* target : {"/v1/reset", "/v1/reset?", "/v1/reset?name=", "/v1/reset?name",
                             "/v1/reset?name=%4", "/v1/reset?name=%zz", "/v1/reset?nam=shop-web-1"})
    CHECK(daemon.ask("POST", target, true).status == 400);
  CHECK(daemon.orders.size() == 2);

  daemon.order_answer = failure(ErrorCode::NotFound, "it has just gone");
  CHECK(daemon.ask("POST", "/v1/reset?name=shop-web-1", true).status == 404);
}

TEST_CASE(
    "an incident is acknowledged, and the name of who acknowledged it is stripped of control characters") {
  Daemon daemon;
  CHECK(daemon.ask("POST", "/v1/ack?name=shop-web-1&by=kim%0A%20", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/ack?name=shop-web-1", true).status == 200);
  CHECK(daemon.orders == std::vector<std::string>{"ack shop/web/1 kim", "ack shop/web/1 "});
  CHECK(daemon.ask("POST", "/v1/ack?by=kim", true).status == 400);
  CHECK(daemon.ask("POST", "/v1/ack?name=zzzzzz", true).status == 404);
  CHECK(daemon.ask("POST", "/v1/ack?name=shop-web-1", false).status == 404);
  CHECK(daemon.orders.size() == 2);
}

TEST_CASE("large and broken requests are refused, and the next request is served") {
  Daemon daemon;
  CHECK(daemon.raw("GET /" + std::string(200'000, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n").find(" 4") !=
        std::string::npos);
  CHECK(daemon.raw("GET /metrics HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'b') + "\r\n\r\n")
            .find(" 431") != std::string::npos);
  CHECK(daemon.raw("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n").find(" 4") !=
        std::string::npos);
  CHECK(daemon.raw("\x16\x03\x01 not http\r\n\r\n").find("200") == std::string::npos);
  CHECK(daemon.ask("GET", "/healthz").status == 200);
}

TEST_CASE("the metrics page of ten thousand workloads is complete") {
  Daemon daemon;
  daemon.snapshot.workloads.resize(1);
  while (daemon.snapshot.workloads.size() < 10'000) {
    WorkloadStatus next = daemon.snapshot.workloads.front();
    next.name = "web-" + std::to_string(daemon.snapshot.workloads.size());
    next.key = next.name;
    daemon.snapshot.workloads.push_back(next);
  }
  const auto answer = daemon.ask("GET", "/metrics");
  CHECK(answer.body.find("healer_target_restarts_total{workload=\"web-9999\"} 2\n") != std::string::npos);
  CHECK(answer.body.find("healer_targets{state=\"healthy\"} 10000\n") != std::string::npos);
}

TEST_CASE("pause, resume and heal take one name; pause and resume also take all, but only with all=1") {
  Daemon daemon;
  CHECK(daemon.ask("POST", "/v1/pause?name=shop-web-1&for=30m", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/pause?name=shop-web-1", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/pause?all=1&for=90", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/resume?name=odd", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/resume?all=1", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/heal?name=shop%2Fweb%2F1", true).status == 200);
  CHECK(daemon.orders == std::vector<std::string>{"pause shop/web/1 for 1800000", "pause shop/web/1",
                                                  "pause  for 90000", "resume odd", "resume ",
                                                  "heal shop/web/1"});
  daemon.orders.clear();
  for (const char* target :
       {"/v1/pause", "/v1/pause?all=0", "/v1/resume", "/v1/heal", "/v1/heal?all=1",
        "/v1/pause?name=shop-web-1&for=soon", "/v1/pause?all=1&for=0", "/v1/explain?name="}) {
    const bool get = std::string_view(target).starts_with("/v1/explain");
    const auto refused = daemon.ask(get ? "GET" : "POST", target, true);
    CAPTURE(target);
    CHECK(refused.status == 400);
    CHECK(error_of(refused).find("accepted") != std::string::npos);
  }
  for (const char* what : {"pause", "resume", "heal"}) {
    const auto wrong = daemon.ask("POST", std::string("/v1/") + what + "?name=shop-wep-1", true);
    CHECK(wrong.status == 404);
    CHECK(error_of(wrong).find("did you mean \"shop-web-1\"") != std::string::npos);
    CHECK(daemon.ask("POST", std::string("/v1/") + what + "?name=shop-web-1").status ==
          404);  // not on the public address
  }
  CHECK(daemon.orders.empty());
  daemon.order_answer = failure(ErrorCode::Conflict, "shop-web-1 is paused by an operator; unpause it first");
  const auto refused = daemon.ask("POST", "/v1/heal?name=shop-web-1", true);
  CHECK(refused.status == 409);
  CHECK(error_of(refused) == "shop-web-1 is paused by an operator; unpause it first");
}

TEST_CASE("an explanation shows state, facts, decision, holds and the next step") {
  Daemon daemon;
  const auto answer = daemon.ask("GET", "/v1/explain?name=shop-web-1", true);
  CHECK(answer.status == 200);
  const json::value root = json::parse(answer.body);
  CHECK(root.at("workload").at("key") == "shop/web/1");
  CHECK(root.at("facts").at(0).at("text") == "HTTP 503?");
  CHECK(root.at("facts").at(0).at("at") == 1'800'000'000'000 - 5000);
  CHECK(root.at("decision").at("rule") == to_string(Rule::SkippedStep));
  CHECK(root.at("decision").at("inputs") == "ineffective_restarts=5");
  CHECK(root.at("next") == "restart in 10s");
  CHECK(root.at("holds").at(0).at("reason") == to_string(HoldKind::Dependency));
  CHECK(root.at("holds").at(0).at("until") == 1'800'000'000'000 + 60'000);
  CHECK(daemon.ask("GET", "/v1/explain?name=nobody-at-all", true).status == 404);
}

TEST_CASE("the history is read by name, for all workloads, and for a workload that is gone") {
  Daemon daemon;
  PastIncident healed;
  healed.incident.id = IncidentId{7};
  healed.incident.name = "shop-web-1";
  CheckProblem unavailable;
  unavailable.kind = ProblemKind::HttpStatus;
  unavailable.number = 503;
  healed.incident.reason = unavailable;
  healed.incident.unhealthy_since = api_now - 100s;
  healed.incident.opened_at = api_now - 90s;
  healed.incident.closed_at = api_now - 40s;
  healed.incident.outcome = IncidentOutcome::Recovered;
  healed.attempts.resize(1);
  healed.attempts[0].detail = "restart";
  healed.attempts[0].state = AttemptState::Recovered;
  healed.attempts[0].dry_run = true;
  daemon.past = {healed};
  const json::value root =
      json::parse(daemon.ask("GET", "/v1/history?name=shop-web-1&limit=5&before=9", true).body);
  const json::value& one = root.at("incidents").at(0);
  CHECK(one.at("id").to_number<int>() == 7);
  CHECK(one.at("cause_text") == "HTTP 503");
  CHECK(one.at("time_to_heal_ms").to_number<int>() == 60'000);
  CHECK(one.at("attempts").at(0).at("state") == to_string(AttemptState::Recovered));
  CHECK(one.at("attempts").at(0).at("note") == "dry run");
  REQUIRE(daemon.asked.size() == 1);
  CHECK(daemon.asked[0].workload == "shop/web/1");
  CHECK(daemon.asked[0].limit == 5);
  CHECK(daemon.asked[0].before == IncidentId{9});

  CHECK(daemon.ask("GET", "/v1/history", true).status == 200);
  CHECK(daemon.asked.back().workload.empty());
  CHECK(daemon.ask("GET", "/v1/history?name=long-gone", true).status == 200);
  CHECK(daemon.asked.back().workload == "long-gone");
  daemon.past.clear();
  CHECK(daemon.ask("GET", "/v1/history?name=shop-web-1", true).status == 200);
  const auto unknown = daemon.ask("GET", "/v1/history?name=shop-web-2", true);
  CHECK(unknown.status == 404);
  CHECK(error_of(unknown).find("did you mean") != std::string::npos);
  for (const char* target :
       {"/v1/history?limit=0", "/v1/history?limit=1001", "/v1/history?limit=x", "/v1/history?before=-1",
        "/v1/incident", "/v1/incident?id=0", "/v1/incident?id=7x"})
    CHECK(daemon.ask("GET", target, true).status == 400);
}

TEST_CASE("GET /v1/incident returns everything stored about one incident") {
  Daemon daemon;
  IncidentFile file;
  file.incident.id = IncidentId{7};
  file.evidence.resize(1);
  file.evidence[0].logs = "one\r\ntwo \x1b[0m\n";
  file.decisions = {
      Decision{api_now, "web", IncidentId{7}, Rule::SkippedStep, fact::StepSkipped{5, "recreate"}}};
  file.notifications.resize(1);
  file.notifications[0].notification.event = "DEGRADED";
  file.notifications[0].deliveries = {
      Delivery{NotificationId{1}, "slack", DeliveryState::Delivered, 1, api_now, ""}};
  daemon.file = file;
  const json::value root = json::parse(daemon.ask("GET", "/v1/incident?id=7", true).body);
  CHECK(root.at("incident").at("time_to_heal_ms").is_null());
  CHECK(root.at("evidence").at(0).at("logs") == "one\ntwo \n");
  CHECK(root.at("decisions").at(0).at("outcome") == "the last 5 restarts did not help; next is recreate");
  CHECK(root.at("notifications").at(0).at("deliveries").at(0).at("state") == "delivered");
  CHECK(daemon.ask("GET", "/v1/incident?id=8", true).status == 404);
}

TEST_CASE("status and metrics show holds, pauses and the host's limits") {
  Daemon daemon;
  WorkloadStatus& unhealthy = daemon.snapshot.workloads[1];
  unhealthy.hold = HoldStatus{HoldKind::MassFailure, "8 of 10 are unhealthy", std::nullopt};
  unhealthy.paused_until = Instant::max();
  unhealthy.depends_on = {"db"};
  unhealthy.remedies.ladder = "exec:/reload,restart";
  unhealthy.remedies.ladder_step = 1;
  unhealthy.probes = {{"queue", "tcp 127.0.0.1:5672", Outcome::Fail, "refused", false}};
  daemon.snapshot.host_status = {std::nullopt, "holding 8 of 10", 2, 3, "http 192.0.2.1:80/: answers", false};
  const json::value root = json::parse(daemon.ask("GET", "/v1/status", true).body);
  const json::value& reported = root.at("workloads").at(1);
  CHECK(reported.at("hold").at("reason") == to_string(HoldKind::MassFailure));
  CHECK(reported.at("hold").at("until").is_null());
  CHECK(reported.at("paused") == true);
  CHECK(reported.at("paused_until").is_null());
  CHECK(reported.at("depends_on").at(0) == "db");
  CHECK(reported.at("ladder_step").to_number<int>() == 1);
  CHECK(reported.at("probes").at(0).at("outcome") == "fail");
  CHECK(root.at("workloads").at(0).at("hold").is_null());
  CHECK(root.at("host_status").at("mass") == "holding 8 of 10");
  CHECK(root.at("host_status").at("remedies_allowed").to_number<int>() == 3);

  const std::string metrics = daemon.ask("GET", "/metrics").body;
  const std::string held =
      std::string("healer_targets_held{reason=\"") + to_string(HoldKind::MassFailure) + "\"} 1\n";
  for (const std::string& line :
       {held, std::string("healer_paused 1\n"), std::string("healer_mass_hold 1\n"),
        std::string("healer_remedies_in_progress 2\n"), std::string("healer_remedies_allowed 3\n")})
    CHECK(metrics.find(line) != std::string::npos);
}

TEST_CASE_FIXTURE(Daemon, "the public port answers no request under a foreign name, the admin socket does") {
  const auto under = [this](const char* host, bool at_admin) {
    net::HttpCall call;
    call.target = "/metrics";
    call.headers = {{"Host", host}};
    if (at_admin)
      call.endpoint = net::UnixEndpoint{folder + "/s.sock"};
    else
      call.endpoint = net::TcpEndpoint{"127.0.0.1", server->port(), {}};
    std::optional<Result<net::HttpAnswer>> answer;
    client.call(call, [&](Result<net::HttpAnswer> got) { answer = std::move(got); });
    run_until([&] { return answer.has_value(); });
    return (*answer)->status;
  };
  CHECK(under("evil.example", false) == 403);
  CHECK(under("healer:9180", false) == 200);
  CHECK(under("evil.example", true) == 200);
  api.allow_hosts({"evil.example"});
  CHECK(under("evil.example:80", false) == 200);
}

TEST_CASE_FIXTURE(Daemon, "no GET changes anything") {
  std::vector<std::string> paths{"/v1/test-notification", "/api/v1/alertmanager"};
  for (const CommandInfo& command : operator_commands)
    paths.push_back("/v1/" + std::string(command.form.name));
  for (const std::string& path : paths)
    for (const char* method : {"GET", "HEAD"})
      CHECK_MESSAGE(ask(method, path + "?name=shop-web-1&all=1", true).status == 405, path);
  CHECK(orders.empty());
  CHECK(tested.empty());
}
