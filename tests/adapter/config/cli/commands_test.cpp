// Tests of the commands' output and exit codes.
#include "cli/commands.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/history_view.hpp"
#include "cli/status_view.hpp"
#include "net/http_server.hpp"
#include "net/loop.hpp"

namespace healer::cli {
namespace {

constexpr WallTime now{1'700'000'100'000};

struct Captured {
  std::ostringstream out;
  std::ostringstream err;
  Output output{out, err, false};
};

OperatorOrder command(const char* name, std::string workload, std::string length = "", std::string by = "") {
  return {{}, find_command(name), std::move(workload), std::move(length), std::move(by)};
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// The text with each run of spaces as one space: a table without its column widths.
std::string squeezed(const std::string& text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' || !out.ends_with(' ')) out += c;
  return out;
}

/// Stands in for the daemon: gives one answer to every request and records the requests.
class FakeDaemon {
 public:
  explicit FakeDaemon(net::HttpResponse answer) {
    char folder[] = "/tmp/healer-cli-XXXXXX";
    REQUIRE(mkdtemp(folder) != nullptr);
    folder_ = folder;
    const net::HttpHandler handler = [this, answer](const net::HttpRequest& request,
                                                    const net::HttpReply& reply) {
      {
        const std::lock_guard lock(mutex_);
        asked_.push_back(request.method + ' ' + request.target);
      }
      reply(answer);
    };
    auto on_unix = net::HttpServer::listen_unix(loop_, socket(), handler);
    auto on_tcp = net::HttpServer::listen_tcp(loop_, "127.0.0.1:0", handler);
    REQUIRE(on_unix);
    REQUIRE(on_tcp);
    servers_.push_back(std::move(*on_unix));
    servers_.push_back(std::move(*on_tcp));
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~FakeDaemon() {
    loop_.stop();
    thread_.join();
    servers_.clear();
    std::filesystem::remove_all(folder_);
  }
  std::string socket() const { return folder_ + "/healer.sock"; }
  std::string tcp_port() const { return std::to_string(servers_.back()->port()); }
  Environment environment() const { return {{"HEALER_ADMIN_SOCKET", socket()}}; }
  std::vector<std::string> asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  std::string folder_;
  net::Loop loop_;
  std::vector<std::unique_ptr<net::HttpServer>> servers_;
  std::mutex mutex_;
  std::vector<std::string> asked_;
  std::thread thread_;
};

net::HttpResponse answer(int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

const Environment no_daemon{{"HEALER_ADMIN_SOCKET", "/nonexistent/healer.sock"}};

const char* const full_status = R"json({
 "version":"0.1.0","host":"rack7","dry_run":true,
 "engine":{"up":true,"description":"Docker Engine 20.10.24 (API 1.41)"},"store":"/var/lib/healer/healer.db",
 "workloads":[
  {"name":"sample-app","key":"p/web/1","condition":"healthy","reason":"HTTP 200","failures":0,"failure_threshold":3,
   "attempts_in_window":1,"budget":5,"breaker":"closed","last_check":1700000097000,"last_duration_ms":12.345,
   "next_remedy":null,"problems":[{"label":"healer.intervall","value":"5s",
   "message":"no such label; did you mean 'healer.interval'?"}]},
  {"name":"db","condition":"given_up","reason":"connection refused","failures":9,"failure_threshold":3,
   "attempts_in_window":5,"budget":5,"breaker":"open","last_check":null,"last_duration_ms":0,
   "next_remedy":1700000190000,"problems":[]}],
 "rules":[{"name":"Errors","known":true,"problem":"","unmatched":0},
          {"name":"Queue","known":false,"problem":"no data","unmatched":2}],
 "notifications":{"pending":2,"channels":[{"name":"slack","pending":2,"delivered":7,"refused":1,"dropped":0,
                                    "last_error":"HTTP 500"},
                                   {"name":"x","pending":0,"configured":false}]}})json";

TEST_CASE("status shows the channels that refuse, set aside or have lost notifications") {
  const auto view = status_view(
      R"({"workloads":[],"notifications":{"pending":3,"channels":[
          {"name":"mail","pending":2,"set_aside":2,"refusing":true,"refused":2,"dropped":0,
           "last_error":"SMTP 535 no; change SMTP_USER or SMTP_PASSWORD"},
          {"name":"pager","pending":3,"set_aside":1,"refusing":false,"refused":0,"dropped":7,
           "last_error":"HTTP 500"},
          {"name":"slack","pending":0,"set_aside":0,"refusing":false,"refused":1,"dropped":0,
           "last_error":""}]}})",
      now, false);
  REQUIRE(view);
  CHECK(contains(*view,
                 "! mail refuses notifications (2 so far): SMTP 535 no; change SMTP_USER or SMTP_PASSWORD\n"
                 "! 2 notification(s) wait for mail, 2 of them refused and tried again every hour\n"));
  CHECK(view->find("! 3 notification(s) wait for pager, which takes others, but not 1 of them: HTTP 500\n") !=
        std::string::npos);
  CHECK(view->find("! 7 notification(s) never reached pager: ") != std::string::npos);
  for (const char* all_healthy : {"slack refuses", "wait for slack", "reached slack"})
    CHECK(view->find(all_healthy) == std::string::npos);
  CHECK(contains(squeezed(*view), "\nslack 0 - 1 0 -\n"));
}

TEST_CASE("status is a table with its problems below") {
  const auto view = status_view(full_status, now, false);
  REQUIRE(view);
  CHECK(
      *view ==
      "healer 0.1.0 on rack7, Docker Engine 20.10.24 (API 1.41) reachable, DRY RUN: no container is touched\n"
      "NAME        STATE     FAILURES  BUDGET  LAST CHECK       DETAIL\n"
      "sample-app  healthy   0/3       1/5     3s ago, 12.3 ms  HTTP 200\n"
      "db          given_up  9/3       5/5     -                connection refused; breaker open; next "
      "attempt in "
      "1m30s\n"
      "! sample-app: label healer.intervall: no such label; did you mean 'healer.interval'?\n"
      "! rule Queue of prometheus is unknown: no data\n"
      "! rule Queue of prometheus is met by 2 that are not watched\n"
      "! 2 notification(s) wait for slack: HTTP 500\n"
      "\n"
      "CHANNEL  WAITING  DELIVERED  REFUSED  DROPPED  LAST ERROR\n"
      "slack    2        7          1        0        HTTP 500\n"
      "x        0        -          -        -        not configured any more\n");
}

TEST_CASE("status says whether a guard stands before the engine") {
  const auto first_line = [](const std::string& engine) {
    const auto view = status_view(
        R"({"version":"1","workloads":[],"engine":{"description":"D")" + engine + "}}", now, false);
    REQUIRE(view);
    return view->substr(0, view->find('\n'));
  };
  CHECK(first_line(R"(,"up":true,"guarded":true)") == "healer 1, D reachable, guarded");
  CHECK(first_line(R"(,"up":true,"guarded":false)") == "healer 1, D reachable, unguarded");
  CHECK(first_line(R"(,"up":false,"guarded":null)") == "healer 1, D NOT REACHABLE");
}

TEST_CASE("status has colours only where they are requested, and they do not move the columns") {
  const auto plain = status_view(full_status, now, false);
  const auto coloured = status_view(full_status, now, true);
  REQUIRE(plain);
  REQUIRE(coloured);
  CHECK_FALSE(contains(*plain, "\033"));
  CHECK(contains(*coloured, "\033[32mhealthy\033[0m   0/3"));
  CHECK(contains(*coloured, "\033[31mgiven_up\033[0m  9/3"));
}

TEST_CASE("a malformed answer is shown as completely as it can be read, or refused") {
  const auto view = status_view(
      R"({"workloads":[{"name":"a\u001b[2J\nb","failures":"x","problems":5},7,null]})", now, false);
  REQUIRE(view);
  CHECK_FALSE(contains(*view, "\033"));
  CHECK(contains(*view, "a b"));
  CHECK(contains(*view, "NOT REACHABLE"));
  CHECK(contains(*status_view(R"({"workloads":[]})", now, false), "No container is watched"));
  CHECK(contains(*status_view(R"({"workloads":[{"last_check":-1e300,"next_remedy":1e300}]})", now, false),
                 "ago"));
  for (const std::string text : {"", "{", "[]", "{}", "null", "<html>"}) {
    CAPTURE(text);
    CHECK_FALSE(status_view(text, now, false));
  }
  CHECK_FALSE(status_view(std::string(100'000, '['), now, false));
}

TEST_CASE("status sends its request to the admin socket") {
  FakeDaemon daemon(answer(200, full_status));
  Captured table;
  CHECK(status({}, daemon.environment(), now, table.output) == exit_ok);
  CHECK(contains(table.out.str(), "sample-app"));
  Captured raw;
  CHECK(status({{}, true}, daemon.environment(), now, raw.output) == exit_ok);
  CHECK(raw.out.str() == std::string(full_status) + "\n");
  CHECK(daemon.asked() == std::vector<std::string>{"GET /v1/status", "GET /v1/status"});
}

TEST_CASE("a daemon that does not answer is an error of one line") {
  Captured captured;
  CHECK(status({}, no_daemon, now, captured.output) == exit_failed);
  CHECK(captured.out.str().empty());
  CHECK(captured.err.str().starts_with("healer: no healer answers on /nonexistent/healer.sock: "));
  CHECK(captured.err.str().find('\n') == captured.err.str().size() - 1);

  FakeDaemon failing(answer(503, R"({"error":"shutting down"})"));
  Captured refused;
  CHECK(status({}, failing.environment(), now, refused.output) == exit_failed);
  CHECK(refused.err.str() == "healer: the daemon answered 503: shutting down\n");
}

TEST_CASE("reset sends the name of the workload, and shows the daemon's error") {
  FakeDaemon daemon(answer(200, "{}"));
  Captured captured;
  CHECK(order(command("reset", "shop web&x=1"), daemon.environment(), captured.output) == exit_ok);
  CHECK(captured.out.str() == "shop web&x=1: breaker closed, backoff forgotten\n");
  CHECK(daemon.asked() == std::vector<std::string>{"POST /v1/reset?name=shop%20web%26x%3D1"});

  FakeDaemon ignorant(
      answer(404, R"({"error":"no watched container is named \"wbe\"; did you mean \"web\"?"})"));
  Captured unknown;
  CHECK(order(command("reset", "wbe"), ignorant.environment(), unknown.output) == exit_failed);
  CHECK(unknown.err.str() == "healer: no watched container is named \"wbe\"; did you mean \"web\"?\n");
}

TEST_CASE("ack sends the given name of the operator, else the shell's user") {
  FakeDaemon daemon(answer(200, "{}"));
  Captured captured;
  Environment environment = daemon.environment();
  CHECK(order(command("ack", "web", "", "kim & co"), environment, captured.output) == exit_ok);
  CHECK(captured.out.str() == "web: acknowledged; no more reminders, no escalation\n");
  environment["USER"] = "root";
  CHECK(order(command("ack", "web"), environment, captured.output) == exit_ok);
  environment["SUDO_USER"] = "lee";
  CHECK(order(command("ack", "web"), environment, captured.output) == exit_ok);
  CHECK(daemon.asked() == std::vector<std::string>{"POST /v1/ack?name=web&by=kim%20%26%20co",
                                                   "POST /v1/ack?name=web&by=root",
                                                   "POST /v1/ack?name=web&by=lee"});
}

TEST_CASE("status, explain and incident show who acknowledged an incident") {
  const auto view = status_view(
      R"json({"version":"1","engine":{"up":true},"workloads":[{"name":"web","condition":"given_up",
        "reason":"HTTP 503","incident":7,"acked_at":1700000000000,"acked_by":"kim"}]})json",
      now, false);
  REQUIRE(view);
  CHECK(view->find("HTTP 503; acknowledged by kim") != std::string::npos);
  const auto why = explain_view(
      R"json({"workload":{"name":"web","condition":"given_up","incident":7,"acked_at":1,"acked_by":""}})json",
      now, false);
  REQUIRE(why);
  CHECK(why->find("7 (healer incident 7), acknowledged") != std::string::npos);
  const auto file = incident_view(
      R"json({"incident":{"id":7,"name":"web","outcome":"open","acked_at":1,"acked_by":"kim"}})json", false);
  REQUIRE(file);
  CHECK(file->find("It was acknowledged by kim.") != std::string::npos);
}

TEST_CASE("status shows a workload's hold, pause and ladder step") {
  const auto view = status_view(
      R"json({"version":"1","engine":{"up":true},"host_status":{"paused":true,"paused_until":1700000160000,
        "mass":"holding 8 of 10","connectivity_failed":true,"connectivity":"http a: refused"},
        "workloads":[{"name":"web","condition":"unhealthy","reason":"HTTP 503","incident":7,"ladder_step":1,
          "ladder":"exec:/x,restart","paused":true,"paused_until":null,
          "hold":{"reason":"dependency","text":"db is unhealthy","until":null}}]})json",
      now, false);
  REQUIRE(view);
  CHECK(contains(*view, "paused for 1m more"));
  CHECK(contains(*view, "! mass failure: holding 8 of 10\n"));
  CHECK(contains(*view, "! connectivity check fails, health is unknown: http a: refused\n"));
  CHECK(
      contains(*view, "HTTP 503; held: db is unhealthy; paused until resumed; step 2 of exec:/x,restart\n"));
}

TEST_CASE("an operator's orders go to the daemon, and a refusal is an error of one line") {
  FakeDaemon daemon(answer(200, "{}"));
  Captured captured;
  CHECK(order(command("pause", "a b", "30m"), daemon.environment(), captured.output) == exit_ok);
  CHECK(order(command("pause", ""), daemon.environment(), captured.output) == exit_ok);
  CHECK(order(command("resume", "web"), daemon.environment(), captured.output) == exit_ok);
  CHECK(order(command("resume", ""), daemon.environment(), captured.output) == exit_ok);
  CHECK(order(command("heal", "web"), daemon.environment(), captured.output) == exit_ok);
  CHECK(daemon.asked() == std::vector<std::string>{"POST /v1/pause?name=a%20b&for=30m",
                                                   "POST /v1/pause?all=1", "POST /v1/resume?name=web",
                                                   "POST /v1/resume?all=1", "POST /v1/heal?name=web"});
  CHECK(captured.out.str().starts_with(
      "a b: paused for 30m\nall: paused until resumed\nweb: resumed\nall: resumed\nweb: the first remedy"));

  FakeDaemon refusing(answer(409, R"({"error":"web is paused by an operator; unpause it first"})"));
  Captured refused;
  CHECK(order(command("heal", "web"), refusing.environment(), refused.output) == exit_failed);
  CHECK(refused.err.str() == "healer: web is paused by an operator; unpause it first\n");
  CHECK(refused.out.str().empty());
}

TEST_CASE("explain, history and incident send their requests to the daemon") {
  FakeDaemon daemon(answer(200, R"({"incidents":[],"incident":{"id":7},"workload":{"name":"web"}})"));
  Captured captured;
  CHECK(explain({{}, "web"}, daemon.environment(), now, captured.output) == exit_ok);
  CHECK(history({{}, "", "", false}, daemon.environment(), captured.output) == exit_ok);
  CHECK(history({{}, "web", "5", true}, daemon.environment(), captured.output) == exit_ok);
  CHECK(incident({{}, "7", false}, daemon.environment(), captured.output) == exit_ok);
  CHECK(daemon.asked() == std::vector<std::string>{"GET /v1/explain?name=web", "GET /v1/history?name=&limit=",
                                                   "GET /v1/history?name=web&limit=5",
                                                   "GET /v1/incident?id=7"});
  CHECK(contains(captured.out.str(), "{\"incidents\""));
}

TEST_CASE("healthcheck checks the HTTP server, or the admin socket when the server is off") {
  FakeDaemon daemon(answer(200, "ok"));
  for (const std::string& listen : {"0.0.0.0:" + daemon.tcp_port(), "127.0.0.1:" + daemon.tcp_port()}) {
    Captured captured;
    CHECK(healthcheck({}, {{"HEALER_LISTEN", listen}, {"HEALER_ADMIN_SOCKET", "/nonexistent/s"}},
                      captured.output) == exit_ok);
    CHECK(captured.out.str().empty());
  }
  for (const char* listen : {"off", "127.0.0.1:0"}) {
    Captured captured;
    Environment environment = daemon.environment();
    environment["HEALER_LISTEN"] = listen;
    CHECK(healthcheck({}, environment, captured.output) == exit_ok);
  }
  FakeDaemon unhealthy(answer(503, "stalled"));
  Captured captured;
  Environment environment = unhealthy.environment();
  environment["HEALER_LISTEN"] = "off";
  CHECK(healthcheck({}, environment, captured.output) == exit_failed);
  Captured nobody;
  CHECK(healthcheck({}, {{"HEALER_LISTEN", "off"}, {"HEALER_ADMIN_SOCKET", "/nonexistent/s"}},
                    nobody.output) == exit_failed);
  Captured wrong;
  CHECK(healthcheck({}, {{"HEALER_LISTEN", "x"}}, wrong.output) == exit_failed);
}

const ListContainers no_engine = [](const DockerConnection&) -> Result<Containers> {
  return failure(ErrorCode::Unreachable, "no engine answers on unix:///var/run/docker.sock");
};

TEST_CASE("check-config shows every effective setting and its origin") {
  Captured captured;
  const Environment environment{{"CHECK_INTERVAL", "20"}, {"SLACK_WEBHOOK_URL", "https://h/hunter2"}};
  CheckConfigCommand command;
  command.flags.values["listen"] = "off";
  CHECK(check_config(command, environment, no_engine, captured.output) == exit_ok);
  const std::string text = squeezed(captured.out.str());
  CHECK(text.starts_with("SETTING VALUE FROM\n"));
  for (const std::string row :
       {"\ninterval 20s environment CHECK_INTERVAL\n", "\nlisten off flag --listen\n",
        "\nslack_webhook_url <redacted> environment SLACK_WEBHOOK_URL\n", "\nbody - default\n"}) {
    CAPTURE(row);
    CHECK(contains(text, row));
  }
  CHECK_FALSE(contains(text, "hunter2"));
  CHECK(captured.err.str().empty());
}

TEST_CASE("check-config shows healer's own rules, and refuses a wrong one with its line") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("healer-rules-" + std::to_string(::getpid()))).string();
  const auto check = [&](const std::string& query, Captured& captured) {
    std::ofstream(path) << "prometheus:\n  url: http://p:9090\n  bearer_token: hunter2hunter2\n  rules:\n"
                           "    - name: Errors\n      query: "
                        << query << "\n      for: 2m\n";
    const int code = check_config({}, {{"HEALER_CONFIG", path}}, no_engine, captured.output);
    std::filesystem::remove(path);
    return code;
  };
  Captured good;
  CHECK(check("rate(errors[1m]) > 0.05", good) == exit_ok);
  const std::string text = squeezed(good.out.str());
  CHECK(contains(text, "\nprometheus.url http://p:9090 " + path));
  CHECK(contains(text, "\nprometheus.bearer_token <redacted> "));
  CHECK(contains(text, "\nprometheus.interval 15s "));
  CHECK(contains(text, "\nprometheus.rules.Errors rate(errors[1m]) > 0.05 for 2m, act "));
  CHECK_FALSE(contains(text, "hunter2"));
  Captured bad;
  CHECK(check("rate(errors[1m])", bad) == exit_usage);
  CHECK(contains(bad.err.str(),
                 path + ":6: prometheus.rules[1].query: 'rate(errors[1m])' is not valid: it compares "
                        "with no number at its top level; accepted: EXPRESSION OP NUMBER"));
  CHECK_FALSE(contains(bad.err.str(), "hunter2"));
}

TEST_CASE("check-config refuses with one line per error") {
  Captured captured;
  CHECK(check_config({}, {{"CHECK_INTERVAL", "x"}, {"HEALER_LISEN", "off"}}, no_engine, captured.output) ==
        exit_usage);
  CHECK(captured.out.str().empty());
  CHECK(captured.err.str() ==
        "healer: environment CHECK_INTERVAL: 'x' is not valid; accepted: a duration from 100ms to 1d, such "
        "as 15, 1.5s "
        "or 1m30s\nhealer: environment HEALER_LISEN: no such setting; did you mean 'HEALER_LISTEN'?\n");
}

TEST_CASE("check-config applies the given labels and reports their problems") {
  Captured good;
  CHECK(check_config({{}, {{"monitored", "true"}, {"healer.interval", "3s"}}, {}}, {}, no_engine,
                     good.output) == exit_ok);
  CHECK(contains(good.out.str(), "label healer.interval"));
  CHECK(contains(good.out.str(), "A container with these labels is watched.\n"));
  Captured bad;
  CHECK(check_config({{}, {{"healer.intervall", "3s"}}, {}}, {}, no_engine, bad.output) == exit_usage);
  CHECK(bad.err.str() == "healer: label healer.intervall: no such label; did you mean 'healer.interval'?\n");
}

ContainerSummary container(std::string id, std::string name, Labels labels,
                           ContainerState state = ContainerState::Running) {
  return ContainerSummary{std::move(id), std::move(name), "image", std::move(labels), {}, state};
}

ContainerSummary of_service(std::string id, std::string name, const std::string& service, Labels labels) {
  ContainerSummary one = container(std::move(id), std::move(name), std::move(labels));
  one.identity.service = "shop/" + service;
  return one;
}

ContainerSummary one_off(std::string id, std::string name, Labels labels) {
  ContainerSummary one = container(std::move(id), std::move(name), std::move(labels));
  one.identity.one_off = true;
  return one;
}

/// An engine with one container of each kind.
Result<Containers> some_containers(const DockerConnection&) {
  Containers containers;
  containers.own_id = "feed1111";
  containers.all = {
      of_service("abcd1111", "shop-web-1", "web",
                 {{"monitored", "true"}, {"healer.interval", "3s"}, {"other", "x"}}),
      of_service("abcd2222", "shop-db-1", "db", {{"healer.intervall", "3s"}}),
      of_service("abce3333", "shop-db-2", "db", {{"monitored", "false"}}),
      one_off("beef4444", "shop-run", {{"monitored", "true"}}),
      container("feed1111", "healer", {{"monitored", "true"}}),
      container("cafe5555", "paused", {{"monitored", "true"}}, ContainerState::Paused),
      container("cafe7777", "created", {{"monitored", "true"}}, ContainerState::Created),
      container("cafe6666", "many",
                {{"monitored", "true"},
                 {"healer.probes.queue.probe", "tcp"},
                 {"healer.probes.queue.port", "5672"},
                 {"healer.headers", "no\x1b[2J"}}),
  };
  return containers;
}

struct Checked {
  int code;
  std::string out;
  std::string err;
};

Checked checked(const std::string& name, const Environment& environment = {}) {
  Captured captured;
  const int code = check_config({{}, {}, name}, environment, some_containers, captured.output);
  return {code, squeezed(captured.out.str()), captured.err.str()};
}

TEST_CASE("check-config of a container shows its effective settings and their origins") {
  const Checked web = checked("shop-web-1", {{"REQUEST_TIMEOUT", "2"}});
  CHECK(web.code == exit_ok);
  CHECK(contains(web.out, "\ninterval 3s label healer.interval\n"));
  CHECK(contains(web.out, "\ntimeout 2s environment REQUEST_TIMEOUT\n"));
  CHECK(contains(web.out, "Container shop-web-1 is watched.\n"));
  CHECK_FALSE(contains(web.out, "\nlisten "));  // no settings of the daemon
  CHECK(web.err.empty());
  CHECK(checked("web").out == checked("shop-web-1").out);
  CHECK(checked("abcd1").out == checked("shop-web-1").out);

  const Checked many = checked("many");
  CHECK(contains(many.out, "\nprobes.queue.probe tcp label healer.probes.queue.probe\n"));
  CHECK(contains(many.out, "\nprobes.queue.port 5672 label healer.probes.queue.port\n"));
  CHECK(contains(many.out, "\nprobes.queue.banner - default\n"));
  CHECK_FALSE(contains(many.out, "probes.queue.path"));      // path has no effect on tcp
  CHECK_FALSE(contains(many.out, "Only its named probes"));  // healer.headers is a label of the unnamed probe
  CHECK(many.code == exit_usage);
}

TEST_CASE("check-config of a container shows whether it is watched, and why not") {
  CHECK(contains(checked("shop-db-1").out,
                 "Container shop-db-1 is not watched: no label opts in (monitored=true).\n"));
  CHECK(checked("shop-db-1").code == exit_usage);
  CHECK(checked("shop-db-1").err ==
        "healer: label healer.intervall: no such label; did you mean 'healer.interval'?\n");
  CHECK(contains(checked("shop-db-2").out, "is not watched: a label opts out.\n"));
  CHECK(contains(checked("shop-run").out, "is not watched: it is a one-off run of its service.\n"));
  CHECK(contains(checked("healer").out, "is not watched: it is healer itself.\n"));
  CHECK(contains(checked("paused").out, "is watched, but left alone while it is paused.\n"));
  CHECK(contains(checked("created").out, "is watched; it is created now.\n"));
}

TEST_CASE("check-config of an unknown or ambiguous container name is an error") {
  const Checked unknown = checked("shop-wbe-1");
  CHECK(unknown.code == exit_failed);
  CHECK(unknown.out.empty());
  CHECK(unknown.err == "healer: no container is named 'shop-wbe-1'; did you mean 'shop-web-1'?\n");
  CHECK(checked("abcd").err ==
        "healer: 'abcd' means 2 containers: shop-web-1, shop-db-1; name one of them\n");
  CHECK(checked("db").err == "healer: 'db' means 2 containers: shop-db-1, shop-db-2; name one of them\n");
  CHECK(checked("zzzz").err == "healer: no container is named 'zzzz'\n");
  CHECK(contains(checked("abc").err, "no container is named 'abc'"));  // too short for an id
  Captured captured;
  CHECK(check_config({{}, {}, "web"}, {}, no_engine, captured.output) == exit_failed);
  CHECK(captured.err.str() == "healer: no engine answers on unix:///var/run/docker.sock\n");
}

TEST_CASE("test-notification prints each channel's result, and fails when one is not delivered") {
  FakeDaemon good(answer(200, R"({"channels":[{"name":"slack","result":"delivered","error":""}]})"));
  Captured all;
  CHECK(test_notification({}, good.environment(), all.output) == exit_ok);
  CHECK(squeezed(all.out.str()) == "CHANNEL RESULT ERROR\nslack delivered -\n");
  Captured one;
  CHECK(test_notification({{}, "on call"}, good.environment(), one.output) == exit_ok);
  CHECK(good.asked() == std::vector<std::string>{"POST /v1/test-notification?all=1",
                                                 "POST /v1/test-notification?channel=on%20call"});

  FakeDaemon bad(answer(200, R"({"channels":[{"name":"slack","result":"delivered","error":""},
    {"name":"ops","result":"refused","error":"HTTP 404: no_service"},
    {"name":"mail","result":"failed","error":"no answer within 10s"}]})"));
  Captured some;
  CHECK(test_notification({}, bad.environment(), some.output) == exit_failed);
  CHECK(squeezed(some.out.str()) ==
        "CHANNEL RESULT ERROR\nslack delivered -\nops refused HTTP 404: no_service\n"
        "mail failed no answer within 10s\n");
  Captured raw;
  CHECK(test_notification({{}, "", true}, bad.environment(), raw.output) == exit_failed);
  CHECK(contains(raw.out.str(), R"("result":"failed")"));

  FakeDaemon unknown(answer(404, R"({"error":"no channel is named \"slak\"; did you mean \"slack\"?"})"));
  Captured misspelt;
  CHECK(test_notification({{}, "slak"}, unknown.environment(), misspelt.output) == exit_failed);
  CHECK(misspelt.err.str() == "healer: no channel is named \"slak\"; did you mean \"slack\"?\n");
  Captured alone;
  CHECK(test_notification({}, no_daemon, alone.output) == exit_failed);
  CHECK(contains(alone.err.str(), "no healer answers on /nonexistent/healer.sock"));
  for (const char* odd : {"", "[]", "{}", R"({"channels":[]})", R"({"channels":[7]})"}) {
    CAPTURE(std::string(odd));
    FakeDaemon strange(answer(200, odd));
    Captured refused;
    CHECK(test_notification({}, strange.environment(), refused.output) == exit_failed);
  }
}

TEST_CASE("check-config shows channels, and refuses wrong ones") {
  const Environment environment{{"NTFY_URL", "https://ntfy.example/topic"}};
  Captured shown;
  CHECK(check_config({}, environment, {}, shown.output, [](const DaemonSettings& settings) {
          CHECK(settings.channels.size() == 1);
          return Result<void>{};
        }) == exit_ok);
  CHECK(contains(squeezed(shown.out.str()), "\nchannels.ntfy.url <redacted> environment NTFY_URL\n"));
  CHECK(contains(squeezed(shown.out.str()), "\nchannels.ntfy.gap auto default\n"));
  Captured refused;
  CHECK(check_config({}, environment, {}, refused.output, [](const DaemonSettings&) -> Result<void> {
          return failure(ErrorCode::InvalidInput, "channel ntfy: that is no topic");
        }) == exit_usage);
  CHECK(refused.err.str() == "healer: channel ntfy: that is no topic\n");
}

}  // namespace
}  // namespace healer::cli
