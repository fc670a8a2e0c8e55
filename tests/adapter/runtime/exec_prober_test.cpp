#include "runtime/exec_prober.hpp"

#include <doctest/doctest.h>

#include "fakes.hpp"
#include "runtime/routed_prober.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

ProbeTargetPtr command(const std::string& container, const std::vector<std::string>& words = {"check"}) {
  return std::make_shared<const ProbeTarget>(ExecTarget{container, words});
}

struct Fixture {
  VirtualHost host;
  HeldEngine engine;
  std::vector<std::pair<ProbeId, ProbeFacts>> facts;
  std::unique_ptr<ExecProber> prober = std::make_unique<ExecProber>(
      engine, host, [this](ProbeId id, ProbeFacts seen) { facts.emplace_back(id, std::move(seen)); });

  void start(std::uint64_t id, const ProbeTargetPtr& target = command("a")) {
    const std::size_t before = facts.size();
    prober->start(ProbeId{id}, target, 5s);
    REQUIRE(facts.size() == before);  // never from inside the call
  }
  /// The engine's answer to its exec number `index`; end(): the command has ended.
  void answer(std::size_t index, Result<ExecResult> result) { engine.execs[index].done(std::move(result)); }
  void end(std::size_t index) { engine.execs[index].ended(); }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an exec's answer: its exit code and output, and how long it took") {
  start(1, command("a", {"check", "--all"}));
  REQUIRE(engine.execs.size() == 1);
  const ExecOrder& order = engine.execs[0].order;
  CHECK(order.container_id == "a");
  CHECK(order.command == std::vector<std::string>{"check", "--all"});
  CHECK(order.output_cap == 10 * 1024);
  CHECK(order.deadline == 5s);
  CHECK(prober->open() == 1);
  host.advance(1500ms);
  answer(0, ExecResult{3, "no space left", false});
  end(0);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].first == ProbeId{1});
  CHECK(facts[0].second.end == ProbeEnd::Answered);
  CHECK(facts[0].second.status == 3);
  CHECK(facts[0].second.body == "no space left");
  CHECK(facts[0].second.duration == 1500ms);
  CHECK(prober->open() == 0);
  CHECK(prober->stuck() == 0);
}

TEST_CASE_FIXTURE(Fixture, "an exec's errors as facts") {
  const std::map<ErrorCode, ProbeEnd> ends{
      {ErrorCode::Refused, ProbeEnd::Denied},
      {ErrorCode::Conflict, ProbeEnd::NotRunning},
      {ErrorCode::NotFound, ProbeEnd::NotRunning},
      {ErrorCode::Timeout, ProbeEnd::AnswerTimeout},
      {ErrorCode::PeerFailure, ProbeEnd::EngineFailed},
      {ErrorCode::Unreachable, ProbeEnd::EngineFailed},
      {ErrorCode::ConnectionLost, ProbeEnd::EngineFailed},
      {ErrorCode::Protocol, ProbeEnd::EngineFailed},
      {ErrorCode::TooLarge, ProbeEnd::EngineFailed},
      {ErrorCode::InvalidInput, ProbeEnd::EngineFailed},
  };
  std::size_t index = 0;
  for (const auto& entry : ends) {
    const ErrorCode code = entry.first;
    CAPTURE(std::string(to_string(code)));
    start(index + 1);
    answer(index, failure(code, "exec a: because\n" + std::string(1000, 'x')));
    end(index);
    const ProbeFacts& seen = facts.at(index).second;
    CHECK(seen.end == entry.second);
    CHECK(seen.detail.starts_with("exec a: because x"));
    CHECK(seen.detail.size() <= 300);
    ++index;
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "never a second command while the first has not ended; other commands do not wait") {
  start(1);
  start(2);
  CHECK(engine.execs.size() == 1);
  CHECK(facts.empty());
  host.run_posted();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].first == ProbeId{2});
  CHECK(facts[0].second.end == ProbeEnd::StillOpen);
  start(3, command("b"));
  start(4, command("a", {"check", "more"}));
  CHECK(engine.execs.size() == 3);

  // The check is answered, but the command has not ended: it outlived its timeout.
  answer(0, failure(ErrorCode::Timeout, "exec a: not over"));
  CHECK(prober->stuck() == 1);
  start(5);
  host.run_posted();
  CHECK(facts.back().second.end == ProbeEnd::StillOpen);
  CHECK(engine.execs.size() == 3);
  end(0);
  CHECK(prober->stuck() == 0);
  start(6);
  CHECK(engine.execs.size() == 4);
  answer(3, ExecResult{});
  CHECK(facts.back().first == ProbeId{6});
  CHECK(facts.back().second.end == ProbeEnd::Answered);
}

TEST_CASE_FIXTURE(Fixture,
                  "a cancelled check gives no result, and no second command starts until its command ends") {
  start(1);
  prober->cancel(ProbeId{1});
  prober->cancel(ProbeId{77});
  CHECK(prober->open() == 0);
  start(2);
  host.run_posted();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].second.end == ProbeEnd::StillOpen);
  answer(0, failure(ErrorCode::Timeout, "exec a: not over"));
  CHECK(facts.size() == 1);
  CHECK(prober->stuck() == 1);
  end(0);
  CHECK(prober->stuck() == 0);
  start(3);
  CHECK(engine.execs.size() == 2);

  start(4);
  prober->cancel(ProbeId{4});
  host.run_posted();
  CHECK(facts.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "a target of another kind is an error, not a command") {
  start(1, std::make_shared<const ProbeTarget>(TcpTarget{}));
  host.run_posted();
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].second.end == ProbeEnd::EngineFailed);
  CHECK(engine.execs.empty());
}

TEST_CASE_FIXTURE(Fixture, "a destroyed prober gives no more results") {
  start(1);
  start(2);
  prober.reset();
  host.run_posted();
  answer(0, ExecResult{});
  end(0);
  CHECK(facts.empty());
}

TEST_CASE("each check goes to the prober of its kind, and each cancellation, too") {
  ScriptedProber sockets;
  ScriptedProber execs;
  RoutedProber routed({sockets, execs});
  const auto ask = [&](std::uint64_t id, ProbeTarget target) {
    routed.start(ProbeId{id}, std::make_shared<const ProbeTarget>(std::move(target)), 1s);
  };
  ask(1, HttpTarget{});
  ask(2, TcpTarget{});
  ask(3, ExecTarget{});
  ask(4, GrpcTarget{});
  using Ids = std::vector<ProbeId>;
  CHECK(sockets.asked == Ids{ProbeId{1}, ProbeId{2}, ProbeId{4}});
  CHECK(execs.asked == Ids{ProbeId{3}});
  CHECK(routed.open() == 4);
  routed.cancel(ProbeId{3});
  CHECK(execs.cancelled == Ids{ProbeId{3}});
  routed.cancel(ProbeId{1});
  CHECK(sockets.cancelled.back() == ProbeId{1});
}
