// The whole of healer behind the guard, on a real engine.
#include <doctest/doctest.h>

#include <string>

#include "guard/guard_scene.hpp"
#include "guard/healer_process.hpp"

namespace healer::guard::testing {
namespace {

TEST_CASE(
    "healer heals through the guard by restart and by recreate, and what an operator stopped stays so") {
  Scene scene;
  scene.run("g-restart", checked_labels, checked);
  scene.run("g-recreate", checked_labels + R"(,"healer.remedies":"recreate")", checked);
  scene.run("g-stopped", checked_labels, checked);
  scene.run("g-stranger", "", checked);
  scene.start_guard();
  const Healer healer(scene, {{"DOCKER_HOST", "unix://" + scene.guard_socket()}});
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
