#include "core/exit.hpp"

#include <doctest/doctest.h>

using namespace healer;

namespace {

EngineEvent event(EngineEventKind kind, std::int64_t at, int number = 0) {
  EngineEvent event;
  event.kind = kind;
  event.unix_nanoseconds = at;
  event.exit_code = number;
  event.signal = number;
  return event;
}

ExitKind judge_events(std::initializer_list<EngineEvent> events, const Container& facts = {}) {
  ExitEvidence evidence;
  for (const EngineEvent& one : events) evidence.observe(one);
  return evidence.judge(facts);
}

}  // namespace

TEST_CASE("exit: a die with no kill before it is a crash") {
  CHECK(judge_events({event(EngineEventKind::Die, 1, 1)}) == ExitKind::Crash);
  CHECK(judge_events({event(EngineEventKind::Die, 1, 0)}) == ExitKind::Crash);
}

TEST_CASE("exit: kill or stop in any order is an operator's") {
  CHECK(judge_events({event(EngineEventKind::Kill, 1, 15), event(EngineEventKind::Kill, 2, 9),
                      event(EngineEventKind::Die, 3, 137), event(EngineEventKind::Stop, 4)}) ==
        ExitKind::Operator);
  CHECK(judge_events({event(EngineEventKind::Die, 3, 143), event(EngineEventKind::Stop, 4)}) ==
        ExitKind::Operator);
  CHECK(judge_events({event(EngineEventKind::Kill, 1, 0), event(EngineEventKind::Die, 3, 137)}) ==
        ExitKind::Operator);
}

TEST_CASE("exit: signals that only notify are no stop") {
  for (const int signal : {1, 10, 12, 18})
    CHECK(judge_events({event(EngineEventKind::Kill, 1, signal), event(EngineEventKind::Die, 3, 1)}) ==
          ExitKind::Crash);
}

TEST_CASE("exit: out of memory, by event or by fact") {
  CHECK(judge_events({event(EngineEventKind::Oom, 1), event(EngineEventKind::Die, 2, 137)}) ==
        ExitKind::OutOfMemory);
  Container facts;
  facts.oom_killed = true;
  CHECK(judge_events({event(EngineEventKind::Die, 2, 137)}, facts) == ExitKind::OutOfMemory);
}

TEST_CASE("exit: code 0 under on-failure is a job done") {
  Container facts;
  facts.restart_policy = RestartPolicy::OnFailure;
  CHECK(judge_events({event(EngineEventKind::Die, 1, 0)}, facts) == ExitKind::Completed);
  CHECK(judge_events({event(EngineEventKind::Die, 1, 2)}, facts) == ExitKind::Crash);
}

TEST_CASE("exit: what belongs to an earlier instance explains nothing, what is newer stays") {
  ExitEvidence evidence;
  evidence.observe(event(EngineEventKind::Kill, 10, 15));
  evidence.observe(event(EngineEventKind::Die, 11, 143));
  evidence.observe(event(EngineEventKind::Kill, 30, 15));
  evidence.forget_before(20);
  CHECK_FALSE(evidence.died());
  CHECK(evidence.operator_acted());
  evidence.forget_seen();
  CHECK_FALSE(evidence.operator_acted());
  evidence.observe(event(EngineEventKind::Kill, 30, 15));  // said again
  CHECK_FALSE(evidence.operator_acted());
  evidence.observe(event(EngineEventKind::Die, 31, 1));
  CHECK(evidence.judge(Container{}) == ExitKind::Crash);
}

TEST_CASE("exit: unseen, a code that a stop leaves behind means hands off") {
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

TEST_CASE("exit: which restart policies bring it back") {
  Container facts;
  CHECK_FALSE(engine_restarts(facts));
  facts.restart_policy = RestartPolicy::Always;
  CHECK(engine_restarts(facts));
  facts.restart_policy = RestartPolicy::UnlessStopped;
  CHECK(engine_restarts(facts));
  facts.restart_policy = RestartPolicy::OnFailure;
  CHECK(engine_restarts(facts));
  facts.maximum_retries = 3;
  facts.restart_count = 3;
  CHECK_FALSE(engine_restarts(facts));
}
