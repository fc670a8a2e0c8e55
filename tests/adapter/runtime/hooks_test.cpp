// Hooks before and after a remedy: their arguments, what waits for them, and what follows from a failure.
#include <doctest/doctest.h>

#include "adapter/runtime/bench.hpp"
#include "present/status.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

class ScriptedHooks final : public HookRunner {
 public:
  std::vector<std::pair<HookCall, std::function<void(HookResult)>>> calls;
  void run(HookCall call, std::function<void(HookResult)> done) override {
    calls.emplace_back(std::move(call), std::move(done));
  }
  std::string variable(std::size_t call, const std::string& name) const {
    for (const auto& [key, value] : calls.at(call).first.environment)
      if (key == name) return value;
    return "(none)";
  }
};

HookResult ended_with(int code, std::string output = {}) {
  HookResult result;
  result.exit_code = code;
  result.output = std::move(output);
  return result;
}

struct HookBench {
  ScriptedHooks hooks;
  std::unique_ptr<Bench> bench;

  explicit HookBench(HookSettings settings, bool dry_run = false) {
    RuntimeSettings runtime;
    runtime.dry_run = dry_run;
    if (!settings.before.empty()) runtime.host.hook_limit = settings.timeout + 10s;
    runtime.hooks = std::move(settings);
    bench = std::make_unique<Bench>(runtime, StoredState{}, &hooks);
    bench->heal_once();
  }

  /// The stored decisions about hooks that ended.
  std::vector<Decision> decisions() {
    std::vector<Decision> found;
    for (const Record& record : bench->store.let_through())
      if (const auto* decision = std::get_if<Decision>(&record))
        if (std::holds_alternative<fact::HookRan>(decision->fact)) found.push_back(*decision);
    return found;
  }
};

HookSettings before_hook() {
  HookSettings settings;
  settings.before = {"/opt/hook", "--name={name}", "{id}", "{remedy} {attempt}", "{outcome}{nothing}"};
  return settings;
}

}  // namespace

TEST_CASE("no text of a container reaches a hook with characters for a terminal") {
  ScriptedHooks runner;
  RemedyHooks hooks(
      &runner, before_hook(), [] { return Instant{}; }, [](const Report&, const Decision&) {});
  ApplyRemedy remedy;
  remedy.workload = remedy.name = "a\x1b[31m\xE2\x80\xAE\nb";
  remedy.reason = reason::DependencyRestarted{remedy.name};
  hooks.before(remedy, [] {});
  REQUIRE(runner.calls.size() == 1);
  CHECK(runner.variable(0, "HEALER_WORKLOAD") == "a b");
  CHECK(runner.variable(0, "HEALER_CONTAINER") == "a b");
  CHECK(runner.variable(0, "HEALER_REASON") == "a b, which it depends on, was restarted");
  CHECK(runner.calls[0].first.argv[1] == "--name=a b");
}

TEST_CASE("a remedy waits for the hook before it") {
  HookBench at(before_hook());
  REQUIRE(at.hooks.calls.size() == 1);
  CHECK(at.bench->engine.orders.empty());
  const HookCall& call = at.hooks.calls[0].first;
  CHECK(call.argv == std::vector<std::string>{"/opt/hook", "--name=web", "c1", "restart 1", "{nothing}"});
  CHECK(call.deadline == 30s);
  CHECK(at.hooks.variable(0, "HEALER_HOOK") == "before");
  CHECK(at.hooks.variable(0, "HEALER_WORKLOAD") == "web");
  CHECK(at.hooks.variable(0, "HEALER_CONTAINER_ID") == "c1");
  CHECK(at.hooks.variable(0, "HEALER_REMEDY") == "restart");
  CHECK(at.hooks.variable(0, "HEALER_ATTEMPT") == "1");
  CHECK(at.hooks.variable(0, "HEALER_REASON").find("503") != std::string::npos);
  CHECK(at.hooks.variable(0, "HEALER_OUTCOME") == "(none)");

  at.hooks.calls[0].second(ended_with(0, "drained"));
  CHECK(at.bench->engine.orders.empty());  // an inspect comes first
  at.bench->engine.answer_inspects(at.bench->containers);
  REQUIRE(at.bench->engine.orders.size() == 1);
  CHECK(at.bench->engine.orders[0].verb == "restart");
  const auto decisions = at.decisions();
  REQUIRE(decisions.size() == 1);
  CHECK(decisions[0].rule == Rule::Acted);
  CHECK(decisions[0].incident.value == 1);
  CHECK(decisions[0].fact == Fact{fact::HookRan{"before", "/opt/hook", "exit code 0: drained"}});
}

TEST_CASE("a hook that fails or hangs is logged, and the remedy goes on") {
  HookResult hung;
  hung.timed_out = true;
  HookResult missing;
  missing.error = "No such file or directory";
  for (const HookResult& result : {ended_with(3, "no route"), hung, missing}) {
    HookBench at(before_hook());
    REQUIRE(at.hooks.calls.size() == 1);
    at.hooks.calls[0].second(result);
    at.bench->engine.answer_inspects(at.bench->containers);
    CHECK(at.bench->engine.orders.size() == 1);
    CHECK(at.bench->observer.said("the hook before the remedy: " + to_string(result, 30s)));
  }
}

TEST_CASE("a container that changed while the hook ran is not touched") {
  SUBCASE("stopped") {
    HookBench at(before_hook());
    at.bench->model.kill(at.bench->containers.at("c1"), By::Operator, 9);
    at.hooks.calls[0].second(ended_with(0));
    at.bench->engine.answer_inspects(at.bench->containers);
    at.bench->store.let_through();
    at.bench->host.advance(10min);
    at.bench->engine.answer_inspects(at.bench->containers);
    at.bench->store.let_through();
    CHECK(at.bench->engine.orders.empty());
    CHECK(at.bench->observer.said("stopped by an operator"));
  }
  SUBCASE("restarted") {
    HookBench at(before_hook());
    at.bench->web().started_at = "2026-11-22T12:00:00Z";
    at.hooks.calls[0].second(ended_with(0));
    at.bench->engine.answer_inspects(at.bench->containers);
    CHECK(at.bench->engine.orders.empty());
  }
  SUBCASE("paused") {
    HookBench at(before_hook());
    at.bench->web().state = ContainerState::Paused;
    at.hooks.calls[0].second(ended_with(0));
    at.bench->engine.answer_inspects(at.bench->containers);
    CHECK(at.bench->engine.orders.empty());
  }
}

TEST_CASE("the hook after a remedy runs in the background, after any outcome") {
  HookSettings settings;
  settings.after = {"/opt/after", "{outcome}"};
  {
    HookBench at(settings);
    CHECK(at.hooks.calls.empty());
    REQUIRE(at.bench->engine.orders.size() == 1);
    at.bench->engine.orders[0].done({});
    REQUIRE(at.hooks.calls.size() == 1);
    CHECK(at.hooks.calls[0].first.argv == std::vector<std::string>{"/opt/after", "done"});
    CHECK(at.hooks.variable(0, "HEALER_HOOK") == "after");
    CHECK(at.hooks.variable(0, "HEALER_OUTCOME") == "done");
    at.hooks.calls[0].second(ended_with(1, "oops"));
    CHECK(at.decisions().size() == 1);
    CHECK(at.bench->observer.said("the hook after the remedy: exit code 1: oops"));
  }
  HookBench at(settings);
  REQUIRE(at.bench->engine.orders.size() == 1);
  at.bench->engine.orders[0].done(failure(ErrorCode::Refused, "403 Forbidden"));
  REQUIRE(at.hooks.calls.size() == 1);
  CHECK(at.hooks.variable(0, "HEALER_OUTCOME") == "refused");
}

TEST_CASE("docker-autoheal's script gets its four arguments") {
  HookSettings settings;
  settings.script = "/opt/post.sh";
  HookBench at(settings);
  REQUIRE(at.bench->engine.orders.size() == 1);
  // An inspect shows the container between stop and start: the script gets the state from before the remedy.
  at.bench->web().state = ContainerState::Exited;
  at.bench->runtime->policies_changed([&](const auto&...) {
    return ResolvedPolicy{std::make_shared<const Policy>(at.bench->policy), {}};
  });
  at.bench->list();
  at.bench->engine.orders[0].done({});
  REQUIRE(at.hooks.calls.size() == 1);
  CHECK(at.hooks.calls[0].first.argv ==
        std::vector<std::string>{"/opt/post.sh", "/web", "c1", "running", "10"});
}

TEST_CASE("the script of tmknight's docker-autoheal gets its three arguments") {
  HookSettings settings;
  settings.script = "/opt/post.sh";
  settings.script_without_state = true;
  HookBench at(settings);
  REQUIRE(at.bench->engine.orders.size() == 1);
  at.bench->engine.orders[0].done({});
  REQUIRE(at.hooks.calls.size() == 1);
  CHECK(at.hooks.calls[0].first.argv == std::vector<std::string>{"/opt/post.sh", "web", "c1", "10"});
}

TEST_CASE("a dry run runs no hook") {
  HookSettings settings = before_hook();
  settings.after = {"/opt/after"};
  HookBench at(settings, true);
  at.bench->host.run_posted();
  CHECK(at.hooks.calls.empty());
}

TEST_CASE("a placeholder inside a value is not filled in") {
  ApplyRemedy remedy;
  remedy.name = "{id}";
  remedy.container_id = "c1";
  CHECK(filled_in({"{name}{id}", "{", "{name", "{{name}}"}, remedy, "done") ==
        std::vector<std::string>{"{id}c1", "{", "{name", "{{id}}"});
}

TEST_CASE("a container excluded by name counts as opted out") {
  RuntimeSettings settings;
  settings.excluded = {"web"};
  Bench bench(settings);
  bench.connect();
  bench.list();
  CHECK(present::status(bench.runtime->supervisor(), bench.host.now()).empty());
}
