#pragma once

#include <string>
#include <vector>

#include "integration/engine_scene.hpp"
#include "integration/private_engine.hpp"

namespace healer::testing {

/// False, with the reason logged, when this machine cannot run an engine that the test may kill. The test
/// fails instead when HEALER_TEST_REQUIRE_ENGINE=1.
bool private_engine_is_possible();

/// Where healer runs, seen from the engine: a rootless engine's networks are in another namespace than
/// healer's.
enum class HealerRuns { InTheEnginesNetwork, OutsideOfIt };

/// A scene on an engine of its own, which has the options that the case is about.
class PrivateScene {
 public:
  /// `options` are dockerd's.
  explicit PrivateScene(const std::vector<std::string>& options = {},
                        HealerRuns where = HealerRuns::InTheEnginesNetwork);

  PrivateEngine& engine() { return engine_; }
  EngineScene& scene() { return scene_; }

  /// Gives the engine's host a network card with the address 10.77.0.1/24 and a default route. Both lead to
  /// nobody: a packet to a stranger is lost without an answer, as behind a real router.
  void connect_uplink() const;
  static constexpr const char* uplink = "eth0";
  static constexpr const char* uplink_address = "10.77.0.1";

  /// The HTTP status of a GET from the engine's host; 0 without an answer within a second.
  int ask(const std::string& url) const;

 private:
  PrivateEngine engine_;
  Lab lab_;
  EngineScene scene_;
};

}  // namespace healer::testing
