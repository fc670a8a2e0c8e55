// Orders, limits and memory of a guard in front of a real engine.
#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "guard/facts.hpp"
#include "guard/guard_scene.hpp"
#include "guard/io.hpp"

namespace healer::guard::testing {
namespace {

namespace json = boost::json;

const std::string in = R"("monitored":"true")";
const std::string quick = R"("Cmd":["sh","-c","trap 'exit 0' TERM; sleep 100000 & wait"])";

std::string of(const std::string& name, const std::string& what) {
  return "/v1.41/containers/" + name + "/" + what;
}

Answered order(const Scene& scene, const std::string& name, const std::string& what) {
  return scene.guarded(request("POST", of(name, what)));
}

/// The guard learns of events a moment after the engine's answer.
Answered order_when_known(const Scene& scene, const std::string& name, const std::string& what,
                          Rule not_yet) {
  Answered answered;
  wait_for([&] {
    answered = order(scene, name, what);
    return !answered.refused_by(not_yet);
  });
  return answered;
}

TEST_CASE("an order that is a remedy is carried out, on the container that was inspected") {
  Scene scene;
  scene.run("g-web", in + R"(,"healer.remedies":"restart,stop,kill:HUP")", quick);
  scene.start_guard();
  const std::string before = scene.started_at("g-web");
  CHECK(order(scene, "g-web", "restart?t=1").status == 204);
  CHECK(scene.started_at("g-web") != before);
  CHECK(order(scene, "g-web", "kill?signal=HUP").status == 204);
  CHECK(order_when_known(scene, "g-web", "stop?t=1", Rule::OperatorStopped).status == 204);
  // Its own stop is no operator's.
  CHECK(order_when_known(scene, "g-web", "start", Rule::OperatorStopped).status == 204);
  CHECK(scene.status_of("g-web") == "running");
  CHECK(scene.guarded(request("GET", "/_ping")).status == 200);
  CHECK(scene.guarded(request("GET", "/_ping"), 0).refused_by(Rule::Peer));
  CHECK(scene.guarded(request("GET", "/_ping"), 65534).refused_by(Rule::Peer));
  CHECK(scene.guarded(request("GET", "/_ping"), 65531).refused_by(Rule::Peer));
  CHECK(scene.command("audit verify " + scene.folder() + "/audit").first == 0);
}

TEST_CASE("a thousand restarts become ten, and a new id refills nothing, nor does a new guard") {
  Scene scene;
  scene.run("g-web", in, quick);
  scene.start_guard();
  int executed = 0;
  for (int i = 0; i < 1000; ++i) executed += order(scene, "g-web", "restart?t=0").status == 204 ? 1 : 0;
  CHECK(executed == 10);
  CHECK(order(scene, "g-web", "restart?t=0").refused_by(Rule::WorkloadBudget));
  scene.run("g-web", in, quick);
  CHECK(order_when_known(scene, "g-web", "restart?t=0", Rule::OperatorStopped)
            .refused_by(Rule::WorkloadBudget));
  scene.stop_guard(SIGKILL);
  scene.start_guard();
  CHECK(order(scene, "g-web", "restart?t=0").refused_by(Rule::WorkloadBudget));
  // Only root resets it, on the other socket.
  for (const unsigned user : {Scene::client, 65531U, 65534U})
    CHECK(scene.as_operator("reset g-web\n", user).refused_by(Rule::Peer));
  CHECK(order(scene, "g-web", "restart?t=0").refused_by(Rule::WorkloadBudget));
  const std::string conf = " --config " + scene.folder() + "/guard.conf ";
  CHECK(scene.command("ctl" + conf + "reset g-web").first == 0);
  CHECK(order(scene, "g-web", "restart?t=0").status == 204);
  CHECK(scene.command("ctl" + conf + "pause g-web").first == 0);
  CHECK(order(scene, "g-web", "restart?t=0").refused_by(Rule::Paused));
  scene.stop_guard(SIGKILL);
  scene.start_guard();
  CHECK(order(scene, "g-web", "restart?t=0").refused_by(Rule::Paused));
  CHECK(scene.command("ctl" + conf + "resume g-web").first == 0);
  CHECK(order(scene, "g-web", "restart?t=0").status == 204);
  CHECK(scene.audit().find("\"event\":\"operator\"") != std::string::npos);
}

TEST_CASE("what an operator paused or stopped stays so, also after a crash of the guard") {
  Scene scene;
  scene.run("g-paused", in, quick);
  scene.run("g-stopped", in, quick);
  scene.run("g-killed", in, quick);
  scene.run("g-later", in, quick);
  scene.start_guard();
  scene.raw(request("POST", of("g-paused", "pause")));
  scene.raw(request("POST", of("g-stopped", "stop?t=1")));
  scene.raw(request("POST", of("g-killed", "kill")));
  const auto check = [&] {
    CHECK(order(scene, "g-paused", "restart?t=0").refused_by(Rule::Paused));
    for (const char* what : {"start", "restart?t=0"}) {
      CHECK(order(scene, "g-stopped", what).refused_by(Rule::OperatorStopped));
      CHECK(order(scene, "g-killed", what).refused_by(Rule::OperatorStopped));
    }
  };
  check();
  pause_a_little();
  check();
  scene.stop_guard(SIGKILL);
  scene.raw(request("POST", of("g-later", "stop?t=1")));
  scene.start_guard();
  check();
  CHECK(order(scene, "g-later", "start").refused_by(Rule::OperatorStopped));
  // Whoever starts it by hand gives it back.
  scene.raw(request("POST", of("g-later", "start")));
  CHECK(order_when_known(scene, "g-later", "restart?t=0", Rule::OperatorStopped).status == 204);
}

TEST_CASE("a container that ends on its own may be started") {
  Scene scene;
  scene.run("g-crash", in, R"("Cmd":["sh","-c","while ! test -f /end; do sleep 0.05; done; exit 3"])");
  scene.start_guard();
  scene.raw(request("POST", of("g-crash", "exec"), R"({"Cmd":["touch","/end"]})"));
  const Answered created = scene.raw(request("POST", of("g-crash", "exec"), R"({"Cmd":["touch","/end"]})"));
  const std::string exec_id = json::parse(created.body()).as_object()["Id"].as_string().c_str();
  scene.raw(request("POST", "/v1.41/exec/" + exec_id + "/start", R"({"Detach":true})"));
  REQUIRE(wait_for([&] { return scene.status_of("g-crash") == "exited"; }));
  CHECK(order_when_known(scene, "g-crash", "start", Rule::OperatorStopped).status == 204);
}

TEST_CASE("an exec's id is for one use, and of the guard's own execs alone") {
  Scene scene;
  scene.run("g-web", in + R"(,"healer.command":"echo hello")");
  scene.start_guard();
  const std::string body = R"({"AttachStdout":true,"AttachStderr":true,"Cmd":["echo","hello"]})";
  const std::string start = R"({"Detach":false,"Tty":false})";
  const auto exec_of = [&](const Answered& created) {
    return std::string(json::parse(created.body()).as_object()["Id"].as_string());
  };
  const std::string own = exec_of(scene.guarded(request("POST", of("g-web", "exec"), body)));
  const Answered output = scene.guarded(request("POST", "/v1.41/exec/" + own + "/start", start));
  CHECK(output.status == 200);
  CHECK(output.body().find("hello\n") != std::string::npos);
  CHECK(scene.guarded(request("POST", "/v1.41/exec/" + own + "/start", start)).refused_by(Rule::ExecHandle));
  CHECK(scene.guarded(request("GET", "/v1.41/exec/" + own + "/json")).status == 200);
  const std::string foreign = exec_of(scene.raw(request("POST", of("g-web", "exec"), R"({"Cmd":["sh"]})")));
  CHECK(scene.guarded(request("POST", "/v1.41/exec/" + foreign + "/start", start))
            .refused_by(Rule::ExecHandle));
}

TEST_CASE("nothing of an environment's secrets reaches healer") {
  Scene scene;
  const std::string secret = "tr0ub4dor-and-3";
  scene.run("g-web", in + R"(,"note":"uses )" + secret + R"(","healer.command":"env")",
            R"("Env":["DB_PASSWORD=)" + secret + R"("],"Cmd":["sh","-c","echo db password )" + secret +
                "; echo " + secret + R"( >&2; sleep 100000"],"Healthcheck":{"Test":["CMD-SHELL","echo )" +
                secret + R"("],"Interval":1000000000})");
  scene.run("g-stranger", R"("note":"uses )" + secret + R"(")", R"("Env":["DB_PASSWORD=)" + secret + R"("])");
  scene.start_guard();
  REQUIRE(wait_for([&] {
    return json::serialize(scene.inspect("g-web")).find("\"ExitCode\":0,\"Output\"") != std::string::npos;
  }));
  std::vector<std::string> answers;
  const auto get = [&](const std::string& path) {
    const Answered answered = scene.guarded(request("GET", path));
    CHECK_MESSAGE(answered.status == 200, path << answered.bytes);
    answers.push_back(answered.bytes);
  };
  for (const std::string name : {"g-web", "g-stranger"}) get(of(name, "json"));
  get("/v1.41/containers/json?all=1");
  get(of("g-web", "logs?stdout=1&stderr=1&tail=100"));
  get(of("g-web", "top"));
  get(of("g-web", "stats?stream=false"));
  get("/v1.41/info");
  get("/v1.41/networks");
  const std::string now = std::to_string(wall_now().unix_ms / 1000 + 1);
  get("/v1.41/events?since=1&until=" + now);
  const Answered created =
      scene.guarded(request("POST", of("g-web", "exec"), R"({"AttachStdout":true,"Cmd":["env"]})"));
  const std::string id(json::parse(created.body()).as_object()["Id"].as_string());
  answers.push_back(
      scene.guarded(request("POST", "/v1.41/exec/" + id + "/start", R"({"Detach":false})")).bytes);
  CHECK(answers.back().find("DB_PASSWORD=") != std::string::npos);
  for (const std::string& answer : answers)
    CHECK_MESSAGE(answer.find(secret) == std::string::npos, answer.substr(0, 3000));
  CHECK(answers[1].find("note") == std::string::npos);
  CHECK(answers[0].find("monitored") != std::string::npos);
}

TEST_CASE("recreate makes the same container, from the image it had, although the tag moved") {
  Scene scene;
  scene.label_image("guard-tag", "a=1");
  scene.run("g-web", in + R"(,"healer.remedies":"recreate")",
            R"("Env":["A=b"],"Volumes":{"/data":{}},)" + quick, {}, "guard-tag");
  const json::object before = scene.inspect("g-web");
  const std::string id = text_at(before, "Id");
  scene.label_image("guard-tag", "a=2");
  scene.start_guard();
  CHECK(order(scene, "g-web", "recreate").status == 400);
  const Answered answered = order(scene, id, "recreate?t=1");
  CHECK_MESSAGE(answered.status == 201, answered.bytes);
  const json::object after = scene.inspect("g-web");
  CHECK(text_at(after, "Id") != id);
  CHECK(text_at(after, "Image") == text_at(before, "Image"));
  CHECK(object_at(after, "State").at("Running").as_bool());
  for (const char* key : {"Env", "Cmd", "Labels"})
    CHECK(object_at(before, "Config").at(key) == object_at(after, "Config").at(key));
  CHECK(text_at(array_at(before, "Mounts").at(0).as_object(), "Name") ==
        text_at(array_at(after, "Mounts").at(0).as_object(), "Name"));
  CHECK(scene.inspect(id).empty());
  // The former id is nothing any more.
  CHECK(order(scene, id, "recreate").status == 404);
}

TEST_CASE("recreate takes an image with which the guard saw the workload healthy, and no other") {
  Scene scene;
  const std::string labels = in + R"(,"healer.remedies":"recreate")";
  const std::string check = quick + R"(,"Healthcheck":{"Test":["CMD","true"],"Interval":200000000})";
  scene.label_image("guard-old", "a=1");
  scene.label_image("guard-new", "a=2");
  scene.label_image("guard-other", "a=3");
  scene.start_guard();
  scene.run("g-web", labels, check, {}, "guard-old");
  const auto healthy = [&](const std::string& name) {
    return wait_for([&] {
      return text_at(object_at(object_at(scene.inspect(name), "State"), "Health"), "Status") == "healthy";
    });
  };
  REQUIRE(healthy("g-web"));
  const std::string id = scene.run("g-web", labels, check, {}, "guard-new");
  // Healthy on another workload is not healthy here.
  scene.run("g-other", labels, check, {}, "guard-other");
  REQUIRE(healthy("g-other"));
  const auto recreated = [&](const std::string& of_id, const std::string& image) {
    return order_when_known(scene, of_id, "recreate?t=1&image=" + scene.image_id(image),
                            Rule::OperatorStopped);
  };
  CHECK(recreated(id, "guard-other").refused_by(Rule::Image));
  CHECK(order(scene, id, "recreate?image=guard-old").refused_by(Rule::Query));
  // Also by a guard that did not see it itself.
  scene.stop_guard(SIGKILL);
  scene.start_guard();
  const Answered back = recreated(id, "guard-old");
  CHECK_MESSAGE(back.status == 201, back.bytes);
  const json::object after = scene.inspect("g-web");
  CHECK(text_at(after, "Image") == scene.image_id("guard-old"));
  CHECK(text_at(after, "Id") != id);
  CHECK(text_at(object_at(object_at(after, "Config"), "Labels"), "a") == "1");
}

TEST_CASE("recreate joins the networks that the container had, by their ids") {
  Scene scene;
  const auto make = [&](const std::string& name) {
    scene.raw(request("DELETE", "/v1.41/networks/" + name));
    const Answered made =
        scene.raw(request("POST", "/v1.41/networks/create", R"({"Name":")" + name + R"("})"));
    REQUIRE_MESSAGE(made.status == 201, made.bytes);
    return text_at(json::parse(made.body()).as_object(), "Id");
  };
  const std::string first = make("g-net");
  const std::string second = make("g-side");
  const std::string id =
      scene.run("g-web", in + R"(,"healer.remedies":"recreate")", quick, R"("NetworkMode":"g-net")");
  REQUIRE(scene.raw(request("POST", "/v1.41/networks/g-side/connect", R"({"Container":")" + id + R"("})"))
              .status == 200);
  scene.start_guard();
  const Answered answered = order(scene, id, "recreate?t=1");
  CHECK_MESSAGE(answered.status == 201, answered.bytes);
  const json::object after = scene.inspect("g-web");
  CHECK(text_at(object_at(after, "HostConfig"), "NetworkMode") == first);
  const json::object& networks = object_at(object_at(after, "NetworkSettings"), "Networks");
  CHECK(text_at(object_at(networks, "g-net"), "NetworkID") == first);
  CHECK(text_at(object_at(networks, "g-side"), "NetworkID") == second);
  scene.remove("g-web");
  for (const char* name : {"g-net", "g-side"})
    scene.raw(request("DELETE", std::string("/v1.41/networks/") + name));
}

TEST_CASE("another party's container under the name of the new one is not touched") {
  Scene scene;
  const std::string id = scene.run("g-web", in + R"(,"healer.remedies":"recreate")", quick);
  const std::string other = scene.run("g-web-m1-new", "", quick);
  scene.start_guard();
  CHECK(order(scene, id, "recreate?t=1&mark=m1").status == 409);
  CHECK(scene.status_of(other) == "running");
  CHECK(text_at(scene.inspect(other), "Name") == "/g-web-m1-new");
  CHECK(scene.status_of(id) == "running");
  CHECK(order(scene, id, "recreate?t=1&mark=M1").refused_by(Rule::Query));
  CHECK(order(scene, id, "recreate?t=1&mark=m2").status == 201);
}

TEST_CASE("what reaches beyond its container is recreated with the operator's word alone") {
  Scene scene;
  scene.run("g-caps", in + R"(,"healer.remedies":"recreate")", quick, R"("CapAdd":["SYS_ADMIN"])");
  const std::string id = scene.id_of("g-caps");
  scene.start_guard();
  CHECK(order(scene, id, "recreate").refused_by(Rule::Hazard));
  scene.stop_guard(SIGTERM);
  scene.start_guard("hazardous=g-caps\n");
  CHECK(order(scene, id, "recreate?t=1").status == 201);
}

TEST_CASE("another container's network is joined only when the guard saw the succession") {
  Scene scene;
  const std::string parent = scene.run("g-vpn", "", quick);
  scene.run("g-other", "", quick);
  scene.run("g-child", in + R"(,"healer.remedies":"recreate")", quick + R"(,"Hostname":"")",
            R"("NetworkMode":"container:)" + parent + R"(")");
  const std::string id = scene.id_of("g-child");
  scene.start_guard();
  CHECK(order(scene, id, "recreate?parent=" + scene.id_of("g-other")).refused_by(Rule::NetworkParent));
  CHECK(order(scene, id, "recreate?parent=" + parent).refused_by(Rule::NetworkParent));
  const std::string successor = scene.run("g-vpn", "", quick);
  const Answered answered =
      order_when_known(scene, id, "recreate?t=1&parent=" + successor, Rule::NetworkParent);
  CHECK_MESSAGE(answered.status == 201, answered.bytes);
  CHECK(text_at(object_at(scene.inspect("g-child"), "HostConfig"), "NetworkMode") ==
        "container:" + successor);
}

TEST_CASE("a recreation that a crash of the guard cut is finished or undone by the next guard") {
  Scene scene;
  for (const int delay : {0, 40, 90, 150, 220, 300, 400}) {
    scene.run("g-web", in + R"(,"healer.remedies":"recreate")", quick);
    const std::string id = scene.id_of("g-web");
    scene.start_guard();
    std::thread crash([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
      kill(scene.guard_pid(), SIGKILL);
    });
    (void)order(scene, id, "recreate?t=1");
    crash.join();
    scene.stop_guard(SIGKILL);
    scene.start_guard();
    const bool one = wait_for([&] {
      const Answered list =
          scene.raw(request("GET", "/v1.41/containers/json?all=1", {}, "Connection: close\r\n"));
      return scene.status_of("g-web") == "running" && list.bytes.find("g-web-guard") == std::string::npos;
    });
    CHECK_MESSAGE(one, "after " << delay << " ms: " << scene.audit());
    CHECK(scene.command("audit verify " + scene.folder() + "/audit").first == 0);
    scene.stop_guard(SIGKILL);
    scene.forget();
  }
}

TEST_CASE("an order that cannot be written down is not sent") {
  Scene scene;
  scene.run("g-web", in, quick);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small{2048, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  scene.start_guard();
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  // Its files are full after a few orders.
  std::string started;
  Answered answered;
  for (int i = 0; i < 10 && !answered.refused_by(Rule::Journal); ++i) {
    started = scene.started_at("g-web");
    answered = order(scene, "g-web", "restart?t=0");
  }
  CHECK_MESSAGE(answered.refused_by(Rule::Journal), answered.bytes);
  CHECK(scene.started_at("g-web") == started);
  CHECK(scene.guarded(request("GET", of("g-web", "json"))).status == 200);
  CHECK(scene.command("audit verify " + scene.folder() + "/audit").first == 0);
}

TEST_CASE("a changed audit file shows, and another user's journal is not taken") {
  Scene scene;
  scene.run("g-web", in, quick);
  scene.start_guard();
  CHECK(order(scene, "g-web", "restart?t=0").status == 204);
  scene.stop_guard(SIGTERM);
  std::string audit = scene.audit();
  const auto at = audit.find("\"verb\":\"restart\"");
  REQUIRE(at != std::string::npos);
  audit[at + 8] = 'R';
  {
    const Fd file(open((scene.folder() + "/changed").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600));
    REQUIRE(write(file.get(), audit.data(), audit.size()) == static_cast<ssize_t>(audit.size()));
  }
  const auto [code, output] = scene.command("audit verify " + scene.folder() + "/changed");
  CHECK(code == 1);
  CHECK(output.find("line ") != std::string::npos);
  // A file of another user, or a link, is not taken.
  const std::string journal = scene.folder() + "/journal";
  CHECK(chown(journal.c_str(), 0, 0) == 0);
  CHECK_THROWS(scene.start_guard());
}

TEST_CASE("a guard without a rule of its memory lets through what that rule stops") {
  struct Plant {
    Rule rule;
    std::function<Answered(Scene&)> attempt;
    rlim_t largest_file = RLIM_INFINITY;
  };
  const std::vector<Plant> plants{
      {Rule::Peer, [](Scene& scene) { return scene.guarded(request("GET", "/_ping"), 0); }},
      {Rule::Paused,
       [](Scene& scene) {
         scene.raw(request("POST", of("g-web", "pause")));
         return order(scene, "g-web", "restart?t=0");
       }},
      {Rule::OperatorStopped,
       [](Scene& scene) {
         scene.raw(request("POST", of("g-web", "stop?t=1")));
         return order(scene, "g-web", "start");
       }},
      {Rule::WorkloadBudget,
       [](Scene& scene) {
         for (int i = 0; i < 10; ++i) (void)order(scene, "g-web", "restart?t=0");
         return order(scene, "g-web", "restart?t=0");
       }},
      {Rule::ExecHandle,
       [](Scene& scene) {
         const Answered created = scene.raw(request("POST", of("g-web", "exec"), R"({"Cmd":["true"]})"));
         const std::string id(json::parse(created.body()).as_object()["Id"].as_string());
         return scene.guarded(request("POST", "/v1.41/exec/" + id + "/start", R"({"Detach":false})"));
       }},
      {Rule::NetworkParent,
       [](Scene& scene) {
         const std::string parent = scene.run("g-vpn", "", quick);
         const std::string other = scene.run("g-other", "", quick);
         const std::string child =
             scene.run("g-child", in + R"(,"healer.remedies":"recreate")", quick + R"(,"Hostname":"")",
                       R"("NetworkMode":"container:)" + parent + R"(")");
         return order(scene, child, "recreate?t=1&parent=" + other);
       }},
      {Rule::Image,
       [](Scene& scene) {
         const std::string id = scene.run("g-image", in + R"(,"healer.remedies":"recreate")", quick);
         scene.label_image("guard-tag", "a=1");
         return order(scene, id, "recreate?t=1&image=" + scene.image_id("guard-tag"));
       }},
      {Rule::HostBudget,
       [](Scene& scene) {
         const std::string deaf = R"("Cmd":["sh","-c","trap '' HUP; sleep 100000"])";
         Answered answered;
         for (int i = 0; i <= 60; ++i) {
           const std::string name = "g-deaf" + std::to_string(i / 10);
           if (i % 10 == 0) scene.run(name, in + R"(,"healer.remedies":"kill:HUP")", deaf);
           answered = order(scene, name, "kill?signal=HUP");
         }
         return answered;
       }},
      {Rule::DownShare,
       [](Scene& scene) {
         Answered answered;
         for (const char* name : {"g-down1", "g-down2", "g-down3", "g-down4"}) {
           scene.run(name, in + R"(,"healer.remedies":"stop")", quick);
           answered = order(scene, name, "stop?t=1");
         }
         return answered;
       }},
      {Rule::Journal,
       [](Scene& scene) {
         Answered answered;
         for (int i = 0; i < 10 && !answered.refused_by(Rule::Journal); ++i)
           answered = order(scene, "g-web", "restart?t=0");
         return answered;
       },
       2048},
  };
  const auto start_limited = [](Scene& scene, const Plant& plant, const std::string& planted) {
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const rlimit limited{plant.largest_file, before.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limited) == 0);
    scene.start_guard({}, planted);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  };
  for (const Plant& plant : plants) {
    Scene scene;
    scene.run("g-web", in, quick);
    start_limited(scene, plant, {});
    CHECK_MESSAGE(plant.attempt(scene).refused_by(plant.rule), to_string(plant.rule));
    scene.stop_guard(SIGKILL);
    scene.forget();
    scene.run("g-web", in, quick);
    start_limited(scene, plant, to_string(plant.rule));
    const Answered answered = plant.attempt(scene);
    CHECK_MESSAGE((answered.status >= 200 && answered.status < 400), to_string(plant.rule) << answered.bytes);
  }
}

TEST_CASE("withheld requests and huge heads keep nobody out for long") {
  Scene scene;
  scene.run("g-web", in, quick);
  scene.start_guard();
  CHECK(scene.guarded(request("GET", "/_ping", {}, "X: " + std::string(10'000'000, 'a') + "\r\n")).status ==
        400);
  std::vector<Fd> withheld;
  if (setegid(0) == 0 && seteuid(Scene::client) == 0) {
    for (int i = 0; i < 64; ++i) {
      auto connection = connect_unix(scene.guard_socket());
      if (!connection) continue;
      (void)write_all(connection->get(),
                      "POST /v1.41/containers/g-web/exec HTTP/1.1\r\nHost: d\r\nContent-Length: 100\r\n\r\n{",
                      Deadline(Duration{1000}));
      withheld.push_back(std::move(*connection));
    }
    CHECK(seteuid(0) == 0);
  }
  CHECK(withheld.size() == 64);
  CHECK(wait_for([&] { return scene.guarded(request("GET", "/_ping")).status == 200; }));
}

}  // namespace
}  // namespace healer::guard::testing
