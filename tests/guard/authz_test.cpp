// The guard as a real engine's authorization plugin.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "guard/attempts.hpp"
#include "guard/facts.hpp"
#include "guard/guard_scene.hpp"
#include "guard/healer_process.hpp"
#include "guard/recreation.hpp"
#include "guard/tls_engine.hpp"

namespace healer::guard::testing {
namespace {

namespace json = boost::json;

const std::string in = R"("monitored":"true")";
const std::string quick = R"("Cmd":["sh","-c","trap 'exit 0' TERM; sleep 100000 & wait"])";
const std::string denied = "authorization denied by plugin";

/// One engine for all cases; each case has its own containers and its own guard.
TlsEngine* engine = nullptr;

std::string of(const std::string& id, const std::string& what) {
  return "/v1.41/containers/" + id + "/" + what;
}

Answered as_healer(const std::string& bytes) {
  return engine->over_tls(bytes, "healer");
}

bool denied_by(const Answered& answered, Rule rule) {
  return answered.status == 403 && answered.bytes.find(denied) != std::string::npos &&
         answered.bytes.find("healer-guard: " + to_string(rule) + ": ") != std::string::npos;
}

std::string id_in(const Answered& answered) {
  const auto object = object_of(answered.body());
  return object ? text_at(*object, "Id") : std::string();
}

/// A scene on that engine, whose guard is the plugin. The engine answers nobody while there is no guard.
struct Behind {
  explicit Behind(const std::string& more = {}, const std::string& plant = {}) {
    guard = launch_first();
    scene = std::make_unique<Scene>(engine->socket());
    kill(guard, SIGTERM);
    waitpid(guard, nullptr, 0);
    start(more, plant);
  }
  ~Behind() {
    const std::string docker = "docker -H unix://" + engine->socket();
    if (std::system((docker + " rm -fv $(" + docker + " ps -aq) >/dev/null 2>&1").c_str()) != 0)
      std::cerr << "containers stay\n";
  }
  Behind(const Behind&) = delete;
  Behind& operator=(const Behind&) = delete;
  void start(const std::string& more = {}, const std::string& plant = {}) const {
    scene->start_guard(engine->plugin_lines() + more, plant, "--authz");
  }
  static pid_t launch_first() {
    return launch_guard(engine->folder() + "/first/guard.conf", {}, "--authz", "judges healer");
  }
  pid_t guard = -1;
  std::unique_ptr<Scene> scene;
};

TEST_CASE("healer's certificate may do what the guard lets it, and nobody else is touched") {
  Behind behind;
  Scene& scene = *behind.scene;
  const std::string web = scene.run("g-web", in, quick);
  const std::string stranger = scene.run("g-stranger", "", quick);
  for (const char* path : {"/_ping", "/version", "/v1.41/info", "/v1.41/containers/json?all=1",
                           "/v1.41/networks", "/v1.41/events?until=1"})
    CHECK_MESSAGE(as_healer(request("GET", path)).status == 200, path);
  CHECK(as_healer(request("GET", of(web, "json"))).status == 200);
  CHECK(as_healer(request("GET", of(web, "top"))).status == 200);
  CHECK(denied_by(as_healer(request("GET", of(stranger, "top"))), Rule::OptIn));
  CHECK(denied_by(as_healer(request("GET", of("g-web", "top"))), Rule::FullId));
  const std::string before = scene.started_at("g-web");
  CHECK(as_healer(request("POST", of(web, "restart?t=1"))).status == 204);
  CHECK(scene.started_at("g-web") != before);
  for (const std::string& name : {std::string("g-web"), web.substr(0, 12)})
    CHECK(denied_by(as_healer(request("POST", of(name, "restart?t=1"))), Rule::FullId));
  CHECK(denied_by(as_healer(request("POST", of(stranger, "restart?t=1"))), Rule::OptIn));
  CHECK(denied_by(as_healer(request("POST", of(web, "kill?signal=HUP"))), Rule::Remedy));
  CHECK(as_healer(request("POST", of(web, "recreate"))).status == 404);
  CHECK(denied_by(as_healer(request("POST", "/v1.23/containers/" + web + "/restart")), Rule::Version));
  // Others: another certificate, and the unix socket.
  const std::string evil = R"({"Image":"guard-test","Cmd":["true"],"HostConfig":{"Privileged":true}})";
  CHECK(engine->over_tls(request("POST", "/v1.41/containers/create?name=g-a", evil), "operator").status ==
        201);
  CHECK(engine->over_tls(request("DELETE", "/v1.41/containers/g-a"), "operator").status == 204);
  CHECK(scene.raw(request("POST", "/v1.41/containers/create?name=g-a", evil)).status == 201);
  CHECK(scene.raw(request("DELETE", "/v1.41/containers/g-a")).status == 204);
  CHECK(denied_by(as_healer(request("POST", "/v1.41/containers/create?name=g-a", evil)), Rule::Verb));
  CHECK(
      denied_by(as_healer(request("DELETE", "/v1.41/containers/" + stranger + "?v=0&force=1")), Rule::Verb));
  CHECK(scene.audit().find("made by healer") != std::string::npos);
}

TEST_CASE("orders count in the budgets, and what an operator stopped stays so") {
  Behind behind;
  Scene& scene = *behind.scene;
  const std::string web = scene.run("g-web", in, quick);
  const std::string stopped = scene.run("g-stopped", in, quick);
  int executed = 0;
  for (int i = 0; i < 20; ++i)
    executed += as_healer(request("POST", of(web, "restart?t=0"))).status == 204 ? 1 : 0;
  CHECK(executed == 10);
  CHECK(denied_by(as_healer(request("POST", of(web, "restart?t=0"))), Rule::WorkloadBudget));
  scene.raw(request("POST", of(stopped, "stop?t=1")));
  CHECK(denied_by(as_healer(request("POST", of(stopped, "start"))), Rule::OperatorStopped));
  // A new guard under the same engine remembers both.
  scene.stop_guard(SIGKILL);
  // The engine tries to reach its plugin for half a minute, and then refuses.
  CHECK(scene.raw(request("GET", "/v1.41/info")).status != 200);
  behind.start();
  CHECK(scene.raw(request("GET", "/v1.41/info")).status == 200);
  CHECK(denied_by(as_healer(request("POST", of(web, "restart?t=0"))), Rule::WorkloadBudget));
  CHECK(denied_by(as_healer(request("POST", of(stopped, "start"))), Rule::OperatorStopped));
}

TEST_CASE("a command runs only word for word, and its exec once") {
  Behind behind;
  Scene& scene = *behind.scene;
  const std::string web = scene.run("g-web", in + R"(,"healer.command":"echo hello")", quick);
  const std::string fit =
      R"({"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Cmd":["echo","hello"]})";
  const std::string start = R"({"Detach":false,"Tty":false})";
  for (const std::string& body : {std::string(R"({"AttachStdout":true,"Cmd":["echo","hello"]})"), fit + " ",
                                  std::string(R"({"Cmd":["sh"]})")})
    CHECK_FALSE(as_healer(request("POST", of(web, "exec"), body)).status == 201);
  const Answered made = as_healer(request("POST", of(web, "exec"), fit));
  REQUIRE_MESSAGE(made.status == 201, made.bytes);
  const std::string path = "/v1.41/exec/" + id_in(made);
  const Answered output = as_healer(request("POST", path + "/start", start, "Connection: close\r\n"));
  CHECK(output.status == 200);
  CHECK(output.body().find("hello\n") != std::string::npos);
  CHECK(denied_by(as_healer(request("POST", path + "/start", start)), Rule::ExecHandle));
  CHECK(as_healer(request("GET", path + "/json")).status == 200);
  const std::string foreign = id_in(scene.raw(request("POST", of(web, "exec"), R"({"Cmd":["sh"]})")));
  CHECK(denied_by(as_healer(request("POST", "/v1.41/exec/" + foreign + "/start", start)), Rule::ExecHandle));
}

TEST_CASE("a body that the engine does not show is denied") {
  Behind behind("signals=HUP,QUIT\n");
  Scene& scene = *behind.scene;
  const std::string web = scene.run("g-web", in + R"(,"healer.remedies":"kill:HUP")", quick);
  const std::string path = of(web, "kill?signal=HUP");
  const auto chunked = [&](const std::string& types) {
    return "POST " + path + " HTTP/1.1\r\nHost: d\r\n" + types +
           "Transfer-Encoding: chunked\r\n\r\nb\r\nsignal=QUIT\r\n0\r\n\r\n";
  };
  const std::string form = "Content-Type: application/x-www-form-urlencoded\r\n";
  const std::string typed = "Content-Type: application/json\r\n";
  const std::string whole =
      "POST " + path + " HTTP/1.1\r\nHost: d\r\n" + form + "Content-Length: 11\r\n\r\nsignal=QUIT";
  for (const std::string& bytes : {chunked(form), chunked(form + typed), whole})
    CHECK(denied_by(as_healer(bytes), Rule::Body));
  // Some engines show a chunked body if its first type is JSON.
  CHECK(as_healer(chunked(typed + form)).bytes.find(denied) != std::string::npos);
  CHECK(as_healer(request("POST", path)).status == 204);
}

/// What a client of the plugin derives for itself: the guard's own code, on the engine's unix socket.
struct Client {
  EngineClient calls{engine->socket()};
  RecreationRecord record;
  std::string body;

  Client(const Scene& scene, const std::string& name, const std::string& mark, const std::string& image = {})
      : record{1, scene.id_of(name), name, name + "-" + mark + "-new", name + "-" + mark, image} {
    REQUIRE(calls.negotiate().has_value());
    Recreation recreation(calls, record, {});
    const auto inspect = calls.call({.path = "/containers/" + record.id + "/json"});
    REQUIRE(inspect.has_value());
    REQUIRE(recreation.prepare(inspect->body, {}).has_value());
    body = recreation.creation().body;
  }
  std::string creation(const std::string& other = {}) const {
    return request("POST", "/v1.41/containers/create?name=" + record.new_name, other.empty() ? body : other);
  }
};

TEST_CASE("a recreation is the calls that the guard itself would make, each in its turn") {
  Behind behind;
  Scene& scene = *behind.scene;
  const std::string old = scene.run("g-web", in + R"(,"healer.remedies":"recreate")",
                                    quick + R"(,"Env":["A=b"])", R"("NetworkMode":"bridge")");
  const std::string stranger = scene.run("g-stranger", "", quick);
  const Client client(scene, "g-web", "m1");
  // One byte more, one byte less, another image, a privilege, a tag, and nothing.
  std::string privileged = client.body;
  privileged.replace(privileged.find(R"("Privileged":false)"), 18, R"("Privileged":true )");
  std::string tagged = client.body;
  const auto image = tagged.find("sha256:");
  tagged.replace(image, tagged.find('"', image) - image, "guard-test");
  for (const std::string& body : {client.body + " ", client.body.substr(0, client.body.size() - 1),
                                  privileged, tagged, std::string("{}")})
    CHECK_MESSAGE(denied_by(as_healer(client.creation(body)), Rule::Body), body);
  // Shown by the engine or not: it is not the derived one.
  std::array<char, 20> size{};
  (void)std::snprintf(size.data(), size.size(), "%zx", privileged.size());
  const std::string chunked = "POST /v1.41/containers/create?name=" + client.record.new_name +
                              " HTTP/1.1\r\nHost: d\r\nContent-Type: application/json\r\n"
                              "Transfer-Encoding: chunked\r\n\r\n" +
                              size.data() + "\r\n" + privileged + "\r\n0\r\n\r\n";
  CHECK(denied_by(as_healer(chunked), Rule::Body));
  CHECK(
      denied_by(as_healer(request("POST", "/v1.41/containers/create?name=other", client.body)), Rule::Verb));
  CHECK(denied_by(as_healer(request("POST", "/v1.41/containers/create?name=g-stranger-m1-new", client.body)),
                  Rule::OptIn));
  const Answered made = as_healer(client.creation());
  REQUIRE_MESSAGE(made.status == 201, made.bytes);
  const std::string fresh = id_in(made);
  // Not in its turn, or not of these two containers.
  for (const std::string& bytes :
       {request("POST", of(old, "rename?name=g-web-m1")), request("POST", of(fresh, "rename?name=g-web")),
        request("DELETE", "/v1.41/containers/" + old + "?v=0&force=0"),
        request("POST", of(fresh, "rename?name=x")),
        request("DELETE", "/v1.41/containers/" + fresh + "?v=1&force=1"),
        request("DELETE", "/v1.41/containers/" + stranger + "?v=0&force=0"),
        request("POST", "/v1.41/networks/bridge/connect", R"({"Container":")" + fresh + R"("})"),
        request("POST", of(stranger, "rename?name=g-web")), client.creation()})
    CHECK_MESSAGE(as_healer(bytes).bytes.find(denied) != std::string::npos, bytes);
  // Side by side: it shares nothing with the old one.
  CHECK(as_healer(request("POST", of(fresh, "start"))).status == 204);
  CHECK(as_healer(request("POST", of(old, "stop?t=1"))).status == 204);
  CHECK(as_healer(request("POST", of(old, "rename?name=g-web-m1"))).status == 204);
  CHECK(as_healer(request("POST", of(fresh, "rename?name=g-web"))).status == 204);
  CHECK(as_healer(request("DELETE", "/v1.41/containers/" + old + "?v=0&force=0")).status == 204);
  CHECK(scene.id_of("g-web") == fresh);
  CHECK(scene.status_of("g-web") == "running");
  CHECK(scene.inspect(old).empty());
  // It is over: no step is left, and the new container is a workload as before.
  CHECK(denied_by(as_healer(request("DELETE", "/v1.41/containers/" + fresh + "?v=0&force=1")), Rule::Verb));
  const Client again(scene, "g-web", "m2");
  CHECK(as_healer(again.creation()).status == 201);
}

TEST_CASE(
    "a recreation cannot be used to stop a container again and again, and may be undone, also by a new "
    "guard") {
  Behind behind;
  Scene& scene = *behind.scene;
  const std::string old =
      scene.run("g-web", in + R"(,"healer.remedies":"recreate")", quick + R"(,"Volumes":{"/d":{}})");
  const Client client(scene, "g-web", "m1");
  const std::string fresh = id_in(as_healer(client.creation()));
  REQUIRE_FALSE(fresh.empty());
  int stops = 0;
  for (int i = 0; i < 10; ++i) {
    stops += as_healer(request("POST", of(old, "stop?t=1"))).status == 204 ? 1 : 0;
    (void)as_healer(request("POST", of(old, "start")));
  }
  CHECK(stops == 3);
  scene.stop_guard(SIGKILL);
  behind.start();
  scene.ensure_running("g-web");
  CHECK(as_healer(request("DELETE", "/v1.41/containers/" + fresh + "?v=0&force=1")).status == 204);
  CHECK(scene.id_of("g-web") == old);
  CHECK(as_healer(Client(scene, "g-web", "m2").creation()).status == 201);
}

TEST_CASE("healer heals through the plugin by restart and by recreate") {
  Behind behind;
  Scene& scene = *behind.scene;
  for (const char* name : {"g-net", "g-side"})
    REQUIRE(scene.raw(request("POST", "/v1.41/networks/create", std::string(R"({"Name":")") + name + "\"}"))
                .status == 201);
  scene.run("g-restart", checked_labels, checked);
  scene.run("g-recreate", checked_labels + R"(,"healer.remedies":"recreate")", checked,
            R"("NetworkMode":"g-net")");
  scene.run("g-stranger", "", checked);
  scene.raw(request("POST", "/v1.41/networks/g-side/connect", R"({"Container":"g-recreate"})"));
  const Healer healer(scene, {{"DOCKER_HOST", "tcp://127.0.0.1:" + std::to_string(TlsEngine::port)},
                              {"DOCKER_TLS_VERIFY", "1"},
                              {"DOCKER_CERT_PATH", engine->folder() + "/healer"}});
  const bool watches = wait_for([&] { return healer.log().find("watching 2 of ") != std::string::npos; });
  REQUIRE_MESSAGE(watches, healer.log());
  for (const char* name : {"g-restart", "g-recreate"})
    REQUIRE(wait_for([&] { return health_of(scene, name) == "healthy"; }));
  const std::string started = scene.started_at("g-restart");
  const std::string id = scene.id_of("g-recreate");
  execute(scene, "g-restart", R"(["rm","/ok"])");
  const bool restarted = wait_for(
      [&] { return scene.started_at("g-restart") != started && health_of(scene, "g-restart") == "healthy"; });
  CHECK_MESSAGE(restarted, healer.log());
  REQUIRE(wait_for([&] { return healer.log().find("RECOVERED") != std::string::npos; }));
  execute(scene, "g-recreate", R"(["rm","/ok"])");
  const bool recreated = wait_for(
      [&] { return scene.id_of("g-recreate") != id && health_of(scene, "g-recreate") == "healthy"; });
  CHECK_MESSAGE(recreated, healer.log() << scene.audit());
  const json::object after = scene.inspect("g-recreate");
  const json::object& networks = object_at(object_at(after, "NetworkSettings"), "Networks");
  CHECK(networks.contains("g-net"));
  CHECK(networks.contains("g-side"));
  CHECK_MESSAGE(scene.audit().find("\"refusal\"") == std::string::npos, scene.audit());
}

TEST_CASE("no attempt passes the plugin") {
  Behind behind("own=g-own\n");
  Suite suite(*behind.scene);
  std::size_t tried = 0;
  for (const Attempt& attempt : suite.attempts) {
    // The engine's own parser reads these, and each request of a connection is judged.
    const bool framing = attempt.rule == Rule::Pipelined || attempt.rule == Rule::Coding ||
                         attempt.rule == Rule::RequestLine || attempt.rule == Rule::Header ||
                         attempt.rule == Rule::Length || attempt.bytes.find("Expect:") != std::string::npos;
    if (framing) continue;
    const Answered answered = as_healer(attempt.bytes);
    ++tried;
    // 301: the engine names the same path without "//".
    CHECK_MESSAGE((answered.status >= 400 || answered.status == 301 || answered.status == 0),
                  attempt.bytes.substr(0, 200) << "\n"
                                               << answered.bytes.substr(0, 300));
  }
  CHECK(tried >= 200);
  MESSAGE(tried << " attempts");
}

TEST_CASE("a plugin without a rule lets through what that rule stops") {
  struct Plant {
    Rule rule;
    std::function<Answered(Scene&)> attempt;
  };
  const std::string remedies =
      R"(,"healer.remedies":"recreate,restart,kill:HUP","healer.command":"echo hello")";
  const std::vector<Plant> plants{
      {Rule::FullId, [](Scene&) { return as_healer(request("POST", of("g-web", "restart?t=0"))); }},
      {Rule::Body,
       [](Scene& scene) {
         return as_healer("POST " + of(scene.id_of("g-web"), "kill?signal=HUP") +
                          " HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                          "Transfer-Encoding: chunked\r\n\r\nb\r\nsignal=QUIT\r\n0\r\n\r\n");
       }},
      {Rule::Body,
       [](Scene& scene) {
         const Client client(scene, "g-web", "m1");
         return as_healer(client.creation(client.body + " "));
       }},
      {Rule::OptIn,
       [](Scene& scene) { return as_healer(request("POST", of(scene.id_of("g-stranger"), "restart?t=0"))); }},
      {Rule::ExecHandle,
       [](Scene& scene) {
         const std::string id = id_in(
             scene.raw(request("POST", of("g-web", "exec"), R"({"Cmd":["true"],"AttachStdout":true})")));
         return as_healer(request("POST", "/v1.41/exec/" + id + "/start", R"({"Detach":false,"Tty":false})"));
       }},
      {Rule::WorkloadBudget,
       [](Scene& scene) {
         const std::string id = scene.id_of("g-web");
         for (int i = 0; i < 10; ++i) (void)as_healer(request("POST", of(id, "restart?t=0")));
         return as_healer(request("POST", of(id, "restart?t=0")));
       }},
  };
  for (const Plant& plant : plants)
    for (const std::string& planted : {std::string(), to_string(plant.rule)}) {
      Behind behind("", planted);
      behind.scene->run("g-web", in + remedies, quick);
      behind.scene->run("g-stranger", "", quick);
      const Answered answered = plant.attempt(*behind.scene);
      if (planted.empty())
        CHECK_MESSAGE(denied_by(answered, plant.rule), to_string(plant.rule) << answered.bytes);
      else
        CHECK_MESSAGE((answered.status >= 200 && answered.status < 400), to_string(plant.rule)
                                                                             << answered.bytes);
    }
}

}  // namespace
}  // namespace healer::guard::testing

int main(int argc, char** argv) {
  using healer::guard::testing::TlsEngine;
  const bool able = geteuid() == 0 && std::system("command -v dockerd openssl ip findmnt >/dev/null") == 0;
  if (!able) {
    const char* required = std::getenv("HEALER_TEST_REQUIRE_ENGINE");
    std::cerr << "skipped: an engine of the test's own needs root, dockerd, openssl and ip\n";
    return required && std::string(required) == "1" ? 1 : 77;
  }
  TlsEngine::own_network();
  TlsEngine engine;
  healer::guard::testing::engine = &engine;
  doctest::Context context(argc, argv);
  return context.run();
}
