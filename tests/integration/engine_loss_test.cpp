// The whole engine is lost and comes back; the test has its own engine.
#include <doctest/doctest.h>

#include "integration/private_scene.hpp"

using namespace healer::testing;

namespace {

constexpr auto limit = std::chrono::seconds(120);

struct Apps {
  std::string plain;    ///< without a restart policy: healer starts it again
  std::string managed;  ///< with a restart policy: the engine starts it again
  std::string stopped;  ///< stopped by an operator before the loss
};

/// Starts the containers and healer, and stops one as an operator does: while healer watches, or before
/// healer starts. A stop that healer sees just before the engine's shutdown cannot be distinguished from the
/// shutdown.
Apps run_apps(EngineScene& scene, bool stop_is_seen) {
  Make managed;
  managed.options = {"--restart", "always"};
  Apps apps{scene.app("plain"), scene.app("managed", managed), scene.app("stopped")};
  if (!stop_is_seen) scene.docker()({"stop", apps.stopped});
  scene.healer();
  if (stop_is_seen) {
    scene.wait_condition(apps.stopped, "healthy");
    scene.docker()({"stop", apps.stopped});
  }
  for (const std::string& name : {apps.plain, apps.managed}) scene.wait_condition(name, "healthy");
  scene.wait_condition(apps.stopped, "stopped");
  return apps;
}

void require_all_back(EngineScene& scene, const Apps& apps) {
  HealerProcess& healer = scene.healer();
  scene.wait(
      "what ran without a policy runs again", [&] { return healer.condition(apps.plain) == "healthy"; },
      limit);
  scene.wait_condition(apps.managed, "healthy");
  REQUIRE(scene.facts(apps.plain).status == "running");
  REQUIRE(scene.facts(apps.managed).status == "running");
  REQUIRE(scene.facts(apps.stopped).status == "exited");
  REQUIRE(healer.condition(apps.stopped) == "stopped");
  REQUIRE(healer.said("STARTING " + apps.plain) == 1);
  REQUIRE(healer.said("STARTING " + apps.managed) == 0);
  REQUIRE(healer.said("RESTARTING ") == 0);
  REQUIRE(healer.metric("healer_remedies_total", {"remedy=\"start\"", "outcome=\"recovered\""}) == 1);
}

void wait_engine_missed(EngineScene& scene) {
  scene.wait("healer misses the engine", [&] { return scene.healer().metric("healer_engine_up") == 0; });
}

}  // namespace

TEST_CASE("the engine is killed and returns: containers without a restart policy are started again, once") {
  if (!private_engine_is_possible()) return;
  PrivateScene own;
  PrivateEngine& engine = own.engine();
  EngineScene& scene = own.scene();
  const Apps apps = run_apps(scene, true);
  engine.kill();
  wait_engine_missed(scene);
  // The new engine stops the containers that outlived the old one, and reports these stops as events.
  engine.start();
  require_all_back(scene, apps);
}

TEST_CASE("the engine is stopped orderly and returns: its shutdown does not count as an operator's stop") {
  if (!private_engine_is_possible()) return;
  PrivateScene own;
  PrivateEngine& engine = own.engine();
  EngineScene& scene = own.scene();
  const Apps apps = run_apps(scene, false);
  engine.stop();
  wait_engine_missed(scene);
  engine.start();
  require_all_back(scene, apps);
}
