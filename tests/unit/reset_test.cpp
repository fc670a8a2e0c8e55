#include <doctest/doctest.h>

#include "core/supervisor.hpp"

using namespace healer;

namespace {

Container web() {
  Container container;
  container.id = "c1";
  container.name = "web";
  container.state = ContainerState::Running;
  container.started_at = "2026-11-22T10:00:00Z";
  container.ports = {PortBinding{80, true, "127.0.0.1", 8080}};
  return container;
}

unsigned attempts_counted(const WorkloadRecord& record) {
  const Instant now{Duration{10'000'000}};
  StoredState stored;
  stored.workloads = {record};
  for (int i = 1; i <= 3; ++i) {
    Attempt attempt;
    attempt.id = AttemptId{static_cast<std::uint64_t>(i)};
    attempt.workload = record.key;
    attempt.ordered_at = now - i * Duration{1min};
    attempt.state = AttemptState::NotCured;
    stored.attempts.push_back(attempt);
  }
  Supervisor supervisor("host", stored);
  Policy policy;
  policy.selection = Selection::OptedIn;
  Actions out;
  supervisor.step(EngineConnected{"engine", false}, now, Draws(1), out);
  supervisor.step(ContainerObserved{web(), std::make_shared<const Policy>(policy), {}}, now, Draws(2), out);
  return supervisor.status_of("web", now)->attempts_in_window;
}

}  // namespace

TEST_CASE("a restart of healer keeps the budget, and an operator's reset of it") {
  WorkloadRecord record;
  record.key = "web";
  record.name = "web";
  CHECK(attempts_counted(record) == 3);
  record.reset_at = Instant{Duration{10'000'000}} - Duration{90s};
  CHECK(attempts_counted(record) == 1);
}
