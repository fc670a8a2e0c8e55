#include <doctest/doctest.h>

#include "support/one_container.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// The condition of a container that ended with this code on Podman, if `died` is the only event.
Condition after_exit(int code) {
  OneContainer web({}, {}, StopReports::Unreliable);
  EngineEvent died;
  died.container_id = web.container.id;
  died.report = Ended{code};
  died.unix_nanoseconds = wall_time_of(web.start + 1s).unix_ms * 1'000'000;
  web.step(died, web.start + 1s);
  web.container.state = ContainerState::Exited;
  web.container.exit_code = code;
  web.observe(web.start + 1s);
  web.step(Tick{"web"}, web.start + 10s);
  return web.status(web.start + 10s).condition;
}

}  // namespace

TEST_CASE("on Podman an exit with a code that a stop may leave counts as an operator's stop") {
  for (const int code : {0, 130, 137, 143}) CHECK(after_exit(code) == Condition::Stopped);
}

TEST_CASE("on Podman any other exit is a crash") {
  for (const int code : {1, 2, 134, 139}) {
    const Condition seen = after_exit(code);
    CHECK((seen == Condition::Crashed || seen == Condition::Healing));
  }
}
