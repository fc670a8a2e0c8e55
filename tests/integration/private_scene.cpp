#include <doctest/doctest.h>

#include "integration/private_scene.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace healer::testing {

bool private_engine_is_possible() {
  const std::string why_not = PrivateEngine::why_not();
  if (why_not.empty()) return true;
  const char* required = std::getenv("HEALER_TEST_REQUIRE_ENGINE");
  if (required && std::string(required) == "1") FAIL(why_not);
  MESSAGE("skipped: ", why_not);
  return false;
}

PrivateScene::PrivateScene(const std::vector<std::string>& options, HealerRuns where)
    : engine_(options),
      lab_(engine_.docker(), where == HealerRuns::InTheEnginesNetwork ? engine_.network_namespace() : ""),
      scene_(lab_) {}

void PrivateScene::connect_uplink() const {
  // No kernel module of its own: a dummy interface needs one, a pair of veth is what the engine uses, too.
  Command command;
  command.network_namespace = engine_.network_namespace();
  command.arguments = {"sh",
                       "-ec",
                       "ip link add \"$1\" type veth peer name wire; ip addr add \"$2/24\" dev \"$1\"\n"
                       "ip link set wire up; ip link set \"$1\" up; ip route add default via 10.77.0.254",
                       "uplink",
                       uplink,
                       uplink_address};
  if (const Ran ran = run(std::move(command)); ran.code != 0)
    throw std::runtime_error("no uplink: " + ran.output);
}

int PrivateScene::ask(const std::string& url) const {
  Command command;
  command.network_namespace = engine_.network_namespace();
  command.arguments = {"curl", "-gs", "-o", "/dev/null", "--max-time", "1", "-w", "%{http_code}", url};
  return std::atoi(run(std::move(command)).output.c_str());
}

}  // namespace healer::testing
