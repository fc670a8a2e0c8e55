#include "core/workload/exit.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

EngineEvent event(std::int64_t at, EngineReport report) {
  return EngineEvent{"c1", "web", at, std::move(report)};
}

EngineEvent killed(std::int64_t at, int signal) {
  return event(at, StopRequested{StopForm::Signal, signal});
}

ExitKind judge_events(std::initializer_list<EngineEvent> events, const Container& facts = {}) {
  ExitEvidence evidence;
  for (const EngineEvent& one : events) evidence.observe(one);
  return evidence.judge(facts);
}

}  // namespace

TEST_CASE("exit: an end without a requested stop is a crash") {
  CHECK(judge_events({event(1, Ended{1})}) == ExitKind::Crash);
  CHECK(judge_events({event(1, Ended{0})}) == ExitKind::Crash);
}

TEST_CASE("exit: a requested stop is an operator's, whether it is reported before or after the end") {
  CHECK(judge_events({killed(1, 15), killed(2, 9), event(3, Ended{137}), event(4, StopRequested{})}) ==
        ExitKind::Operator);
  CHECK(judge_events({event(3, Ended{143}), event(4, StopRequested{})}) == ExitKind::Operator);
  CHECK(judge_events({killed(1, 0), event(3, Ended{137})}) == ExitKind::Operator);
}

TEST_CASE("exit: out of memory, by event or by fact") {
  CHECK(judge_events({event(2, Ended{137, true})}) == ExitKind::OutOfMemory);
  Container facts;
  facts.oom_killed = true;
  CHECK(judge_events({event(2, Ended{137})}, facts) == ExitKind::OutOfMemory);
}

TEST_CASE("exit: events of an earlier instance are forgotten, newer ones are kept") {
  ExitEvidence evidence;
  evidence.observe(killed(10, 15));
  evidence.observe(event(11, Ended{143}));
  evidence.observe(killed(30, 15));
  evidence.forget_before(20);
  CHECK_FALSE(evidence.died());
  CHECK(evidence.operator_acted());
  evidence.forget_seen();
  CHECK_FALSE(evidence.operator_acted());
  evidence.observe(killed(30, 15));  // a repeated event
  CHECK_FALSE(evidence.operator_acted());
  evidence.observe(event(31, Ended{1}));
  CHECK(evidence.judge(Container{}) == ExitKind::Crash);
}

TEST_CASE("exit: without events, a code that a stop may leave counts as an operator's stop") {
  Container facts;
  for (const int code : {0, 130, 137, 143}) {
    facts.exit_code = code;
    CHECK(judge_unseen_exit(facts) == ExitKind::Operator);
  }
  for (const int code : {1, 2, 127, 139, 255}) {
    facts.exit_code = code;
    CHECK(judge_unseen_exit(facts) == ExitKind::Crash);
  }
  facts.exit_code = 137;
  facts.oom_killed = true;
  CHECK(judge_unseen_exit(facts) == ExitKind::OutOfMemory);
}

TEST_CASE("exit: which restart policies start the container again") {
  Container facts;
  CHECK_FALSE(engine_restarts(facts));
  facts.engine_restarts.policy = RestartPolicy::Always;
  CHECK(engine_restarts(facts));
  facts.engine_restarts.policy = RestartPolicy::UnlessStopped;
  CHECK(engine_restarts(facts));
  facts.engine_restarts.policy = RestartPolicy::OnFailure;
  CHECK(engine_restarts(facts));
  facts.engine_restarts.maximum_retries = 3;
  facts.engine_restarts.count = 3;
  CHECK_FALSE(engine_restarts(facts));
}
