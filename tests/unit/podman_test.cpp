#include <doctest/doctest.h>

#include "core/supervisor.hpp"

using namespace healer;

namespace {

/// How a container that ended with this code on Podman, which said nothing but `died`, is seen.
Condition after_exit(int code) {
  const Instant start{Duration{100'000'000}};
  Supervisor supervisor("host", {});
  Policy policy;
  policy.selection = Selection::OptedIn;
  const auto shared = std::make_shared<const Policy>(policy);
  Container container;
  container.id = "c1";
  container.name = "web";
  container.state = ContainerState::Running;
  container.started_at = "2026-11-22T10:00:00Z";
  container.started = wall_time_of(start - 1h);
  container.ports = {PortBinding{80, true, "127.0.0.1", 8080}};

  Actions out;
  std::uint64_t seed = 0;
  const auto step = [&](const Event& event, Instant at) { supervisor.step(event, at, Draws(++seed), out); };
  step(EngineConnected{"Podman 4.3.1 (API 1.41)", true}, start);
  step(ContainerObserved{container, shared, {}}, start);
  step(SyncCompleted{{"c1"}}, start);

  EngineEvent died;
  died.kind = EngineEventKind::Die;
  died.container_id = "c1";
  died.exit_code = code;
  died.unix_nanoseconds = wall_time_of(start + 1s).unix_ms * 1'000'000;
  step(died, start + 1s);
  container.state = ContainerState::Exited;
  container.exit_code = code;
  step(ContainerObserved{container, shared, {}}, start + 1s);
  step(Tick{"web"}, start + 10s);
  return supervisor.status_of("web", start + 10s)->condition;
}

}  // namespace

TEST_CASE("on Podman an exit that a stop could have left behind is taken for a person's") {
  for (const int code : {0, 130, 137, 143}) CHECK(after_exit(code) == Condition::Stopped);
}

TEST_CASE("on Podman any other exit is a crash") {
  for (const int code : {1, 2, 134, 139}) {
    const Condition seen = after_exit(code);
    CHECK((seen == Condition::Crashed || seen == Condition::Healing));
  }
}
