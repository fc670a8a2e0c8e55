// The whole of healer behind the guard, on a real engine.
#include <doctest/doctest.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <boost/json/parse.hpp>

#include "guard/facts.hpp"
#include "guard/guard_scene.hpp"

namespace healer::guard::testing {
namespace {

const std::string in = R"("monitored":"true","healer.interval":"300ms","healer.failure_threshold":"1")";
const std::string checked =
    R"("Cmd":["sh","-c","trap 'exit 0' TERM; touch /ok; sleep 100000 & wait"],)"
    R"("Healthcheck":{"Test":["CMD","test","-f","/ok"],"Interval":300000000,"Retries":1})";

/// healer as its user, without any other privilege.
class Healer {
 public:
  explicit Healer(const Scene& scene) : log_(scene.folder() + "/healer.log") {
    const std::string home = scene.folder() + "/healer";
    mkdir(home.c_str(), 0700);
    CHECK(chown(home.c_str(), Scene::client, Scene::client) == 0);
    pid_ = fork();
    if (pid_ != 0) return;
    if (!std::freopen(log_.c_str(), "w", stdout) || dup2(1, 2) < 0) _exit(126);
    if (setgid(Scene::client) != 0 || setuid(Scene::client) != 0) _exit(126);
    clearenv();  // the test's own variables are no settings of healer
    setenv("DOCKER_HOST", ("unix://" + scene.guard_socket()).c_str(), 1);
    setenv("HEALER_STATE", (home + "/healer.db").c_str(), 1);
    setenv("HEALER_ADMIN_SOCKET", (home + "/healer.sock").c_str(), 1);
    setenv("HEALER_LISTEN", "off", 1);
    execl(HEALER_BINARY, "healer", "run", nullptr);
    _exit(127);
  }
  ~Healer() {
    kill(pid_, SIGTERM);
    waitpid(pid_, nullptr, 0);
  }
  /// What `healer status` prints.
  std::string status() const {
    const std::string home = log_.substr(0, log_.rfind('.'));
    const std::string command =
        "env -i HEALER_ADMIN_SOCKET=" + home + "/healer.sock " + HEALER_BINARY + " status";
    FILE* const output = popen(command.c_str(), "r");
    REQUIRE(output != nullptr);
    std::string text;
    for (int c = 0; (c = std::fgetc(output)) != EOF;) text += static_cast<char>(c);
    pclose(output);
    return text;
  }
  std::string log() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string log_;
  pid_t pid_ = -1;
};

std::string health_of(const Scene& scene, const std::string& name) {
  return text_at(object_at(object_at(scene.inspect(name), "State"), "Health"), "Status");
}

void execute(const Scene& scene, const std::string& name, const std::string& command) {
  const Answered created =
      scene.raw(request("POST", "/v1.41/containers/" + name + "/exec", R"({"Cmd":)" + command + "}"));
  REQUIRE(created.status == 201);
  const std::string id(boost::json::parse(created.body()).as_object()["Id"].as_string());
  CHECK(scene.raw(request("POST", "/v1.41/exec/" + id + "/start", R"({"Detach":true})")).status == 200);
}

TEST_CASE(
    "healer heals through the guard by restart and by recreate, and what an operator stopped stays so") {
  Scene scene;
  scene.run("g-restart", in, checked);
  scene.run("g-recreate", in + R"(,"healer.remedies":"recreate")", checked);
  scene.run("g-stopped", in, checked);
  scene.run("g-stranger", "", checked);
  scene.start_guard();
  const Healer healer(scene);
  const bool watches = wait_for([&] { return healer.log().find("watching 3 of ") != std::string::npos; });
  REQUIRE_MESSAGE(watches, healer.log());
  CHECK_MESSAGE(healer.status().find(" reachable, guarded\n") != std::string::npos, healer.status());
  for (const char* name : {"g-restart", "g-recreate", "g-stopped", "g-stranger"})
    REQUIRE(wait_for([&] { return health_of(scene, name) == "healthy"; }));
  const std::string started = scene.started_at("g-restart");
  const std::string stranger = scene.started_at("g-stranger");
  const std::string id = scene.id_of("g-recreate");
  scene.raw(request("POST", "/v1.41/containers/g-stopped/stop?t=1"));
  for (const char* name : {"g-stranger", "g-restart"}) execute(scene, name, R"(["rm","/ok"])");
  // One after the other: failures that begin together are another case of healer's.
  const bool restarted = wait_for(
      [&] { return scene.started_at("g-restart") != started && health_of(scene, "g-restart") == "healthy"; });
  CHECK_MESSAGE(restarted, healer.log());
  REQUIRE(wait_for([&] { return healer.log().find("RECOVERED") != std::string::npos; }));
  execute(scene, "g-recreate", R"(["rm","/ok"])");
  CHECK_MESSAGE(wait_for([&] {
                  return scene.id_of("g-recreate") != id && health_of(scene, "g-recreate") == "healthy";
                }),
                healer.log());
  CHECK(scene.status_of("g-stopped") == "exited");
  CHECK(scene.started_at("g-stranger") == stranger);
  const bool both = wait_for([&] {
    const std::string log = healer.log();
    const auto first = log.find("RECOVERED");
    return first != std::string::npos && log.find("RECOVERED", first + 1) != std::string::npos;
  });
  CHECK_MESSAGE(both, healer.log());
  const std::string audit = scene.audit();
  CHECK(audit.find("\"verb\":\"restart\"") != std::string::npos);
  CHECK(audit.find("\"verb\":\"recreate\"") != std::string::npos);
  CHECK_MESSAGE(audit.find("\"refusal\"") == std::string::npos, audit);
}

}  // namespace
}  // namespace healer::guard::testing
