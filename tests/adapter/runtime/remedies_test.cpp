// Each kind of remedy as a call to the engine, and each result of the call as a RemedyAnswer.
#include <doctest/doctest.h>

#include "adapter/runtime/bench.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

RemedyStep step_of(RemedyKind kind) {
  RemedyStep step;
  step.kind = kind;
  return step;
}

/// A bench whose ladder has this step; the workload is unhealthy and the remedy is ordered.
std::unique_ptr<Bench> acting(RemedyStep step) {
  auto bench = std::make_unique<Bench>();
  bench->policy.remedies = {std::move(step)};
  bench->heal_once();
  return bench;
}

/// The last stored state of the attempt.
AttemptState ended_as(Bench& bench) {
  AttemptState state = AttemptState::Ordered;
  for (const Record& record : bench.store.let_through())
    if (const auto* attempt = std::get_if<Attempt>(&record)) state = attempt->state;
  return state;
}

}  // namespace

TEST_CASE("a signal goes to the container's process") {
  RemedyStep step = step_of(RemedyKind::Kill);
  step.signal = 1;
  const auto bench = acting(step);
  REQUIRE(bench->engine.orders.size() == 1);
  CHECK(bench->engine.orders[0].verb == "kill");
  bench->engine.orders[0].done({});
  CHECK(ended_as(*bench) == AttemptState::Verifying);
}

TEST_CASE("a command's exit code decides, and its first line of output is the reason") {
  RemedyStep step = step_of(RemedyKind::Exec);
  step.command = {"/reload", "now"};
  auto bench = acting(step);
  REQUIRE(bench->engine.execs.size() == 1);
  CHECK(bench->engine.execs[0].order.command == step.command);
  CHECK(bench->engine.execs[0].order.container_id == "c1");
  CHECK(bench->engine.execs[0].order.deadline > 0s);
  bench->engine.execs[0].done(ExecResult{0, "fine", false});
  CHECK(ended_as(*bench) == AttemptState::Verifying);

  bench = acting(step);
  bench->engine.execs[0].done(ExecResult{3, "\n no such file, password=abc \nmore", false});
  CHECK(ended_as(*bench) == AttemptState::Failed);
  CHECK(bench->observer.said("exit code 3: no such file, password=<redacted>"));
  CHECK(!bench->observer.said("more"));

  bench = acting(step);
  bench->engine.execs[0].done(ExecResult{1, "", false});
  CHECK(bench->observer.said("failed: exit code 1"));

  bench = acting(step);
  bench->engine.execs[0].done(failure(ErrorCode::Refused, "exec: 403 forbidden"));
  CHECK(ended_as(*bench) == AttemptState::Failed);
}

TEST_CASE("a recreation is marked with its attempt, and the new container is inspected") {
  const auto bench = acting(step_of(RemedyKind::Recreate));
  REQUIRE(bench->engine.recreations.size() == 1);
  const RecreateOrder& order = bench->engine.recreations[0].first;
  CHECK(order.container_id == "c1");
  CHECK(order.name == "web");
  CHECK(order.mark == "healer1");
  bench->engine.inspects.clear();
  bench->engine.recreations[0].second(std::string("c2"));
  REQUIRE(!bench->engine.inspects.empty());
  CHECK(bench->engine.inspects.back().first == "c2");
}

TEST_CASE("a webhook's body names the unhealthy workload, and its status decides") {
  RemedyStep step = step_of(RemedyKind::Webhook);
  step.url = Secret("https://hooks.example/abc");
  auto bench = acting(step);
  REQUIRE(bench->posts.size() == 1);
  const WebhookCall& call = bench->posts[0].first;
  CHECK(call.url == step.url);
  CHECK(call.deadline > 0s);
  CHECK(
      call.body ==
      R"({"event":"remedy","workload":"web","container_id":"c1","attempt":1,"reason":"HTTP 503","host":"h"})");
  bench->posts[0].second({});
  CHECK(ended_as(*bench) == AttemptState::Verifying);

  bench = acting(step);
  bench->posts[0].second(failure(ErrorCode::Refused, "HTTP 500"));
  CHECK(ended_as(*bench) == AttemptState::Failed);
  CHECK(bench->observer.said("HTTP 500"));

  bench = acting(step);
  bench->posts[0].second(failure(ErrorCode::Timeout, "no answer within 30s"));
  CHECK(ended_as(*bench) != AttemptState::Failed);
}

TEST_CASE("no remedy of any kind is executed in a dry run") {
  for (const RemedyKind kind :
       {RemedyKind::Restart, RemedyKind::Kill, RemedyKind::Exec, RemedyKind::Recreate, RemedyKind::Webhook}) {
    RuntimeSettings settings;
    settings.dry_run = true;
    Bench bench(settings);
    bench.policy.remedies = {step_of(kind)};
    bench.heal_once();
    bench.host.run_posted();
    CHECK(bench.engine.orders.empty());
    CHECK(bench.engine.execs.empty());
    CHECK(bench.engine.recreations.empty());
    CHECK(bench.posts.empty());
    CHECK(bench.observer.said("dry run"));
  }
}

TEST_CASE("an operator's commands reach the core, and unknown names are refused") {
  Bench bench;
  bench.connect();
  bench.list();
  CHECK(bench.runtime->command(OperatorHeal{"nobody"}).error().code == ErrorCode::NotFound);
  CHECK(bench.runtime->command(OperatorPause{"nobody", 30min}).error().code == ErrorCode::NotFound);
  CHECK(bench.runtime->command(OperatorResume{"nobody"}).error().code == ErrorCode::NotFound);
  CHECK(bench.runtime->command(OperatorPause{"", std::nullopt}).has_value());
  CHECK(bench.runtime->command(OperatorResume{""}).has_value());
  CHECK(bench.runtime->explain("web").has_value());
  CHECK(!bench.runtime->explain("nobody").has_value());

  REQUIRE(bench.runtime->command(OperatorHeal{"web"}).has_value());
  bench.answer_captures();
  bench.engine.answer_inspects(bench.containers);
  bench.store.let_through();
  REQUIRE(bench.engine.orders.size() == 1);
  CHECK(bench.engine.orders[0].verb == "restart");
  const auto again = bench.runtime->command(OperatorHeal{"web"});
  REQUIRE(!again.has_value());
  CHECK(again.error().code == ErrorCode::Conflict);
  CHECK(again.error().message.find("being healed already") != std::string::npos);
}

TEST_CASE("a container that an operator paused is not healed, and the answer says so") {
  Bench bench;
  bench.web().state = ContainerState::Paused;
  bench.connect();
  bench.list();
  const auto refused = bench.runtime->command(OperatorHeal{"web"});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().message == "web is paused by an operator; unpause it first");
  CHECK(bench.engine.captures.empty());
}
