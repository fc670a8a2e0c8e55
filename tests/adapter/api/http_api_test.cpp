// The routes over a real server, and what clients do to them.
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <doctest/doctest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include "adapter/api/snapshots.hpp"
#include "api/http_api.hpp"
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
  std::vector<std::string> resets;
  Result<void> reset_answer{};
  HttpApi api{metrics, ApiSources{[this] { return snapshot; }, [this] { return readiness; },
                                  [this](const std::string& key) {
                                    resets.push_back(key);
                                    return reset_answer;
                                  }}};
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

  // Sends these bytes and gives the first line of what comes back.
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

TEST_CASE("the public routes") {
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
  CHECK(index.body.find("/v1/") == std::string::npos);
}

TEST_CASE("readiness tells why not") {
  Daemon daemon;
  daemon.readiness = {false, "the engine does not answer"};
  const auto not_yet = daemon.ask("GET", "/readyz");
  CHECK(not_yet.status == 503);
  CHECK(json::parse(not_yet.body).at("reason") == "the engine does not answer");
  daemon.readiness = {true, ""};
  CHECK(daemon.ask("GET", "/readyz").status == 200);
}

TEST_CASE("paths and methods that are not served") {
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
  CHECK(daemon.resets.empty());
}

TEST_CASE("HEAD gives the head alone") {
  Daemon daemon;
  const auto answer = daemon.ask("HEAD", "/healthz");
  CHECK(answer.status == 200);
  CHECK(answer.body.empty());
}

TEST_CASE("the status of everything, on the admin socket") {
  Daemon daemon;
  const auto answer = daemon.ask("GET", "/v1/status", true);
  CHECK(answer.status == 200);
  CHECK(net::find_header(answer.headers, "Content-Type") == "application/json");
  const json::value root = json::parse(answer.body);
  CHECK(root.at("host") == "host1");
  CHECK(root.at("dry_run") == false);
  CHECK(root.at("engine").at("up") == true);
  CHECK(root.at("store") == "/var/lib/healer/healer.db");
  const json::array& workloads = root.at("workloads").as_array();
  REQUIRE(workloads.size() == 3);
  const json::value& web = workloads[0];
  CHECK(web.at("name") == "shop-web-1");
  CHECK(web.at("key") == "shop/web/1");
  CHECK(web.at("condition") == "healthy");
  CHECK(web.at("running_since") == 1'800'000'000'000 - 90'000);
  CHECK(web.at("last_duration_ms") == 1.5);
  CHECK(web.at("next_action").is_null());
  CHECK(web.at("incident").is_null());
  const json::value& ill = workloads[1];
  CHECK(ill.at("breaker") == "open");
  CHECK(ill.at("incident").to_number<int>() == 7);
  CHECK(ill.at("problems").at(0).at("label") == "healer.intervall");
  CHECK(workloads[2].at("last_check").is_null());
  CHECK(root.at("alerts").at("pending").to_number<int>() == 3);
  CHECK(root.at("alerts").at("channels").at(0).at("last_error") == "HTTP 500");
}

TEST_CASE("a reset, by name or key, and the nearest name for a wrong one") {
  Daemon daemon;
  CHECK(daemon.ask("POST", "/v1/reset?name=shop-web-1", true).status == 200);
  CHECK(daemon.ask("POST", "/v1/reset?name=shop%2Fweb%2F1", true).status == 200);
  CHECK(daemon.resets == std::vector<std::string>{"shop/web/1", "shop/web/1"});

  const auto wrong = daemon.ask("POST", "/v1/reset?name=shop-wep-1", true);
  CHECK(wrong.status == 404);
  CHECK(error_of(wrong).find("shop-wep-1") != std::string::npos);
  CHECK(error_of(wrong).find("did you mean \"shop-web-1\"") != std::string::npos);
  CHECK(error_of(daemon.ask("POST", "/v1/reset?name=zzzzzzzzzzz", true)).find("did you mean") ==
        std::string::npos);
  for (const char* target : {"/v1/reset", "/v1/reset?", "/v1/reset?name=", "/v1/reset?name",
                             "/v1/reset?name=%4", "/v1/reset?name=%zz", "/v1/reset?nam=shop-web-1"})
    CHECK(daemon.ask("POST", target, true).status == 400);
  CHECK(daemon.resets.size() == 2);

  daemon.reset_answer = failure(ErrorCode::NotFound, "it has just gone");
  CHECK(daemon.ask("POST", "/v1/reset?name=shop-web-1", true).status == 404);
}

TEST_CASE("huge and broken requests are refused and the next one is served") {
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

TEST_CASE("ten thousand workloads are told whole") {
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
