// The tables of the machines are the whole truth: random events take each row, and no transition that no row
// names.
#include <array>
#include <memory>
#include <random>
#include <string>

#include <doctest/doctest.h>

#include "support/random_world.hpp"
#include "support/scene.hpp"
#include "support/transitions.hpp"

using namespace healer;
using namespace healer::testing;

namespace {

/// The same draws in every build and on every machine.
class Draw {
 public:
  explicit Draw(unsigned seed) : next_(seed) {}
  unsigned below(unsigned count) { return static_cast<unsigned>(next_() % count); }
  bool one_in(unsigned count) { return below(count) == 0; }
  template <class T, std::size_t count>
  const T& of(const std::array<T, count>& values) {
    return values[below(count)];
  }

 private:
  std::mt19937 next_;
};

/// Some containers of an engine that behaves, and a healer that may die.
void walk_likely(unsigned seed, TakenRows& rows) {
  Draw draw(seed);
  // One draw a statement: compilers evaluate the arguments of a call in different orders.
  const Dialect dialect = some_dialect(draw.below(3));
  RandomWorld world(1 + draw.below(100000), dialect, false);
  rows.watch(world.scene);
  for (unsigned steps = 0; steps < 60; ++steps)
    world.perform(Op{draw.below(Op::kinds), draw.below(3), draw.below(1000)});
}

/// One container, and an engine that shows any state and reports anything at any time: late, lost, repeated
/// or wrong.
class UnlikelyWorld {
 public:
  UnlikelyWorld(unsigned seed, TakenRows& rows)
      : draw_(seed),
        scene_seed_(1 + draw_.below(1000)),
        host_policy_(host()),
        scene_(some_dialect(draw_.below(3)), host_policy_, scene_seed_) {
    scene_.keep_transcript = false;
    box_ = &scene_.add("web", policy());
    const std::array policies = {RestartPolicy::No, RestartPolicy::Always, RestartPolicy::OnFailure};
    box_->facts.engine_restarts.policy = draw_.of(policies);
    if (draw_.one_in(4)) {  // the HEALTHCHECK is its only probe
      box_->facts.ports.clear();
      box_->facts.health = EngineHealth::Starting;
      box_->facts.health_check.interval = 5s;
      box_->facts.health_check.timeout = 1s;
    }
    box_->broken = draw_.one_in(2);
    box_->fixed_by_start = draw_.one_in(2);
    if (draw_.one_in(6)) scene_.capabilities = {{Capability::Replace, Capability::Exec}, RemedyKind::Replace};
    scene_.after_step = [this](const Event&, const Effects& effects) {
      for (const Effect& effect : effects)
        if (const auto* start = std::get_if<StartProbe>(&effect)) probe_ = start->probe;
    };
    rows.watch(scene_);
    scene_.connect();
  }

  void step() {
    switch (draw_.below(8)) {
      case 0:
      case 1:
        inspected();
        break;
      case 2:
        reported();
        break;
      case 3:
        answered();
        break;
      case 4:
        commanded();
        break;
      case 5:
        set_host();
        break;
      default:
        set_container();
    }
    const std::array waits = {0ms, 1ms, 300ms, 1000ms, 2500ms, 6000ms, 11000ms, 35000ms, 65000ms};
    scene_.pass(draw_.of(waits));
  }

 private:
  HostPolicy host() {
    HostPolicy host = draw_.one_in(3) ? Scene::with_connectivity() : Scene::host_policy();
    if (draw_.one_in(3)) host.hook_limit = 3s;
    NotificationRouting routing;
    routing.remind_every = 20s;
    NotificationRoute first;
    first.name = "first";
    first.channels = {"slack"};
    first.escalate_after = 30s;
    first.escalate_to = "second";
    NotificationRoute second;
    second.name = "second";
    second.channels = {"slack"};
    routing.routes = {first, second};
    if (draw_.one_in(2)) host.routing = std::make_shared<const NotificationRouting>(std::move(routing));
    return host;
  }

  Policy policy() {
    Policy policy = Scene::policy();
    policy.interval = 2s;
    policy.timeout = 500ms;
    policy.failure_threshold = 1 + draw_.below(3);
    policy.start_period = Duration{1000} * (draw_.below(2) * 20);
    policy.retry.budget_attempts = 1 + draw_.below(5);
    policy.retry.budget_window = policy.retry.breaker_open_for = 1min;
    policy.retry.backoff_max = 4s;
    policy.retry.verify_limit = 10s;
    policy.notify.cooldown = 30s;
    policy.alerts.lookback = 10s;
    policy.evidence = draw_.one_in(2);
    policy.heal_exits = !draw_.one_in(4);
    const std::array remedies = {RemedyKind::Restart, RemedyKind::Recreate, RemedyKind::Stop,
                                 RemedyKind::Kill,    RemedyKind::Exec,     RemedyKind::Replace,
                                 RemedyKind::None};
    policy.remedies.clear();
    for (unsigned steps = 1 + draw_.below(2); steps > 0; --steps) {
      policy.remedies.emplace_back();
      policy.remedies.back().kind = draw_.of(remedies);
      policy.remedies.back().signal = 15;
      policy.remedies.back().command = {"/reload"};
    }
    if (draw_.one_in(3)) {
      NamedProbe database;
      database.name = "db";
      database.spec.kind = ProbeKind::Tcp;
      database.spec.port = 80;
      policy.named_probes = {database};
    }
    return policy;
  }

  /// An inspect shows a state that nothing explains.
  void inspected() {
    Container facts = box_->facts;
    const std::array states = {ContainerState::Running, ContainerState::Running,    ContainerState::Exited,
                               ContainerState::Exited,  ContainerState::Restarting, ContainerState::Paused,
                               ContainerState::Created, ContainerState::Dead};
    facts.state = draw_.of(states);
    facts.exit_code = draw_.one_in(3) ? 0 : 1;
    facts.oom_killed = draw_.one_in(8);
    if (draw_.one_in(3)) {  // another instance
      facts.started = wall_time_of(scene_.now());
      facts.started_at = std::to_string(scene_.now().time_since_epoch().count());
    }
    if (facts.state != ContainerState::Running) facts.finished = wall_time_of(scene_.now());
    PolicyPtr policy = box_->policy;
    if (draw_.one_in(20)) {
      Policy out = *policy;
      out.selection = Selection::OptedOut;
      policy = std::make_shared<const Policy>(std::move(out));
    }
    if (draw_.one_in(2)) box_->facts = facts;
    scene_.send(ContainerObserved{facts, policy, {}});
  }

  void reported() {
    EngineEvent event;
    event.container_id = box_->facts.id;
    event.name = box_->facts.name;
    event.unix_nanoseconds = wall_time_of(scene_.now()).unix_ms * 1'000'000;
    const std::array<EngineReport, 8> reports = {StopRequested{StopForm::Stop, 0},
                                                 StopRequested{StopForm::Signal, 15},
                                                 Ended{1, false},
                                                 Ended{0, false},
                                                 Started{},
                                                 HealthReported{EngineHealth::Healthy},
                                                 HealthReported{EngineHealth::Unhealthy},
                                                 Changed{}};
    event.report = draw_.of(reports);
    if (draw_.one_in(16)) event.report = Removed{};
    scene_.send(event);
  }

  void answered() {
    if (scene_.orders.empty() || draw_.one_in(3)) {
      ProbeFacts failed;
      failed.end = ProbeEnd::Refused;
      if (draw_.one_in(3))
        scene_.send(ProbeFinished{probe_, "web", failed});
      else if (draw_.one_in(2))
        scene_.send(InspectFailed{box_->facts.id, Error{ErrorCode::Timeout, "no answer"}});
      else if (!scene_.incidents.empty())
        scene_.send(EvidenceCaptured{"web", scene_.incidents.rbegin()->second.id, "", ""});
      return;
    }
    const std::array answers = {RemedyAnswer::Begun, RemedyAnswer::Done, RemedyAnswer::Refused,
                                RemedyAnswer::Lost, RemedyAnswer::SkippedDryRun};
    scene_.send(RemedyFinished{scene_.orders.back().attempt, "web", draw_.of(answers), "as drawn"});
  }

  void commanded() {
    switch (draw_.below(8)) {
      case 0:
        scene_.send(OperatorReset{"web"});
        break;
      case 1:
      case 2:
        scene_.send(OperatorHeal{"web"});
        break;
      case 3:
        scene_.send(OperatorAck{"web", "kim"});
        break;
      case 4:
        scene_.send(OperatorPause{"web", draw_.one_in(2) ? std::optional<Duration>(5s) : std::nullopt});
        break;
      case 5:
        scene_.send(OperatorResume{"web"});
        break;
      default:
        scene_.send(AlertReported{"web", "alertmanager", "1", "Rule", "", draw_.one_in(2), true});
    }
  }

  void set_host() {
    const std::array inspects = {1ms, 1ms, 1ms, 400ms, 4000ms, 15000ms};
    constexpr std::array<std::optional<AlertAnswer>, 5> alert_answers = {
        AlertAnswer::Fires, AlertAnswer::Fires, AlertAnswer::Over, AlertAnswer::Unknown, std::nullopt};
    const std::array<std::optional<Duration>, 4> evidence = {1ms, 1ms, 1500ms, std::nullopt};
    switch (draw_.below(8)) {
      case 0:
        if (scene_.engine_up) scene_.lose_engine();
        break;
      case 1:
        if (scene_.engine_up) scene_.shut_engine_down();
        break;
      case 2:
        scene_.restart_healer(draw_.one_in(2));
        break;
      case 3:
        scene_.inspect_takes = draw_.of(inspects);
        scene_.evidence_takes = draw_.of(evidence);
        break;
      case 4:
        scene_.fate = static_cast<OrderFate>(draw_.below(8));
        break;
      case 5:
        scene_.connectivity.end = draw_.one_in(2) ? ProbeEnd::ConnectTimeout : ProbeEnd::Answered;
        scene_.connectivity_silent = draw_.one_in(2);
        scene_.answers_probes = !draw_.one_in(4);
        scene_.alert_answer = alert_answers[scene_.steps % alert_answers.size()];
        break;
      default:
        if (!scene_.engine_up) scene_.connect();
    }
  }

  void set_container() {
    Box* found = scene_.find_box("web");
    if (found == nullptr) found = &scene_.add("web", *box_->policy);
    box_ = found;
    switch (draw_.below(10)) {
      case 0:
      case 1:
        box_->broken = true;
        box_->fixed_by_start = draw_.one_in(2);
        break;
      case 2:
      case 3:
        box_->broken = false;
        break;
      case 4:
        scene_.crash(*box_);
        break;
      case 5:
        scene_.stop(*box_);
        break;
      case 6:
        scene_.start(*box_);
        break;
      case 7:
        scene_.pause(*box_);
        break;
      case 8:
        if (draw_.one_in(4)) scene_.recreate(*box_, draw_.one_in(2));
        break;
      default:
        scene_.unpause(*box_);
    }
  }

  Draw draw_;
  // In the order of their draws.
  std::uint64_t scene_seed_;
  HostPolicy host_policy_;
  Scene scene_;
  Box* box_ = nullptr;
  ProbeId probe_;  ///< of the newest check
};

/// The thresholds, and outcomes that the core does not show them: it counts unknown outcomes elsewhere.
void walk_tracker(unsigned seed, TakenRows& rows) {
  Draw draw(seed);
  Tracker tracker;
  const std::array outcomes = {Outcome::Pass, Outcome::Fail, Outcome::Unknown};
  for (unsigned steps = 0; steps < 100; ++steps) {
    const Tracker::State before = tracker.state();
    const auto observed = [&] {
      const bool in_start_period = draw.one_in(4);
      return tracker.observe(draw.of(outcomes), in_start_period, {3, 2, {4, 8}});
    };
    const Tracker::Row row = draw.one_in(8)   ? tracker.begin_instance(draw.one_in(2))
                             : draw.one_in(8) ? tracker.settle(draw.one_in(2))
                                              : observed();
    CHECK(row.from == before);
    CHECK(row.to == tracker.state());
    rows.take<Tracker>(row);
  }
}

/// Permits asked for before the time that is up was noticed.
void walk_breaker(unsigned seed, TakenRows& rows) {
  Draw draw(seed);
  Policy policy;
  policy.retry.budget_attempts = 2;
  policy.retry.budget_window = policy.retry.breaker_open_for = 1min;
  Breaker breaker;
  Instant now{1h};
  for (unsigned steps = 0; steps < 100; ++steps) {
    now += Duration{1000} * draw.below(60);
    const BreakerState before = breaker.state();
    if (breaker.permit(policy, now)) breaker.count_attempt(now);
    rows.take<Breaker>({before, Breaker::Input::Permit, breaker.state()});
  }
}

// Rows that random events take too rarely.

Policy with(RemedyKind remedy) {
  Policy policy = Scene::policy();
  policy.remedies.front().kind = remedy;
  policy.remedies.front().signal = 15;
  return policy;
}

ContainerObserved observed(const Box& box, ContainerState state) {
  Container facts = box.facts;
  facts.state = state;
  return {facts, box.policy, {}};
}

template <class Phase>
bool pass_until_in(Scene& scene) {
  return scene.pass_until(
      [&] { return std::holds_alternative<Phase>(scene.workload("web").remediation.phase); }, 5min);
}

void answers_are_lost(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  scene.healthy("web", with(RemedyKind::Recreate)).broken = true;
  CHECK(scene.pass_until([&] { return !scene.orders.empty(); }));
  for (unsigned order = 0; order < 4; ++order)  // the first one, and three resumes
    scene.send(RemedyFinished{scene.orders.front().attempt, "web", RemedyAnswer::Lost, "no answer"});
}

void engine_is_lost_before_the_order(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.inspect_takes = 5s;
  box.broken = true;
  CHECK(pass_until_in<Checking>(scene));
  scene.lose_engine();
  scene.send(observed(box, ContainerState::Running));
}

void healthy_while_evidence_is_captured(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.add("web");
  box.facts.ports.clear();
  box.facts.health = EngineHealth::Starting;
  box.facts.health_check.interval = 30s;
  scene.connect();
  scene.evidence_takes.reset();
  scene.pass(1s);
  scene.engine_health(box, EngineHealth::Unhealthy);
  CHECK(pass_until_in<Gathering>(scene));
  scene.engine_health(box, EngineHealth::Healthy);
  scene.pass(100ms);
}

void stopped_after_a_lost_order(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.fate = OrderFate::LostDone;
  box.broken = true;
  CHECK(scene.pass_until([&] { return !scene.orders.empty(); }));
  scene.inspect_fails = true;
  CHECK(pass_until_in<Settling>(scene));
  scene.pass(1s);
  scene.stop(box);
  scene.pass(1s);
  scene.inspect_fails = false;
  scene.pass(5s);
}

void signal_then_restart_policy(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web", with(RemedyKind::Kill));
  box.broken = true;
  CHECK(pass_until_in<Verifying>(scene));
  scene.send(observed(box, ContainerState::Exited));
  scene.send(observed(box, ContainerState::Restarting));
}

/// It ended by itself, as its order went out; the engine's restart policy and the order are both at work.
void order_while_left_to_the_engine(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.evidence_takes.reset();
  scene.fate = OrderFate::Silent;
  box.broken = true;
  CHECK(pass_until_in<Gathering>(scene));
  EngineEvent ended;
  ended.container_id = box.facts.id;
  ended.name = box.facts.name;
  ended.unix_nanoseconds = wall_time_of(scene.now()).unix_ms * 1'000'000;
  ended.report = Ended{1, false};
  scene.send(ended);
  scene.inspect_takes = 1min;  // what its state is after the order stays unknown
  scene.send(EvidenceCaptured{"web", scene.incidents.rbegin()->second.id, "", ""});
  CHECK(scene.pass_until([&] { return !scene.orders.empty(); }));
  scene.send(observed(box, ContainerState::Restarting));
  scene.send(observed(box, ContainerState::Exited));
}

void gone_while_a_newer_exit_is_awaited(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.send(observed(box, ContainerState::Restarting));
  scene.inspect_takes = 1min;  // it stays unknown what became of it
  scene.pass(29s);
  scene.send(observed(box, ContainerState::Exited));
  scene.pass(1500ms);
  scene.send(ContainerGone{box.facts.id});
}

void moved_while_held(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.send(OperatorPause{"web", std::nullopt});
  box.broken = true;
  CHECK(pass_until_in<Planned>(scene));
  box.facts.ports.front().host_port = 9999;
  scene.send(observed(box, ContainerState::Running));
}

void moved_while_evidence_is_captured(TakenRows& rows) {
  Scene scene;
  rows.watch(scene);
  Box& box = scene.healthy("web");
  scene.evidence_takes.reset();
  box.broken = true;
  CHECK(pass_until_in<Gathering>(scene));
  box.facts.ports.front().host_port = 9999;
  scene.send(observed(box, ContainerState::Running));
}

/// One of two checks fails, the other has no result; then the connectivity check is one with more time.
void no_results(TakenRows& rows) {
  Scene scene(Dialect::Docker20, Scene::with_connectivity());
  ProbeId first;
  scene.after_step = [&](const Event&, const Effects& effects) {
    for (const Effect& effect : effects)
      if (const auto* start = std::get_if<StartProbe>(&effect); start && !start->workload.empty())
        first = start->probe;
  };
  rows.watch(scene);
  Policy policy = Scene::policy();
  policy.failure_threshold = 1;
  NamedProbe database;
  database.name = "db";
  database.spec.kind = ProbeKind::Tcp;
  database.spec.port = 80;
  policy.named_probes = {database};
  scene.healthy("web", policy);
  scene.answers_probes = false;
  scene.connectivity_silent = true;
  const auto open = [&] { return scene.workload("web").health.round() == RoundTable::State::Open; };
  CHECK(scene.pass_until(open));
  ProbeFacts refused;
  refused.end = ProbeEnd::Refused;
  // The first failure, and a second one later: a streak shorter than a second is no verdict.
  for (const std::uint64_t probe : {first.value - 1, first.value})
    scene.send(ProbeFinished{ProbeId{probe}, "web", refused});
  CHECK(scene.pass_until(open));
  scene.send(ProbeFinished{first, "web", refused});
  CHECK(
      scene.pass_until([&] { return scene.workload("web").health.round() == RoundTable::State::Awaiting; }));
  HostPolicy slower = Scene::with_connectivity();
  slower.connectivity = std::make_shared<const ProbeTarget>(TcpTarget{Endpoint{"192.0.2.2", 53}, 0});
  slower.connectivity_timeout = 1min;
  scene.send(HostPolicyChanged{slower});
  scene.pass(30s);
}

}  // namespace

TEST_CASE("transitions: random events take every row, and no transition that no row names") {
  TakenRows rows;
  for (unsigned seed = 1; seed <= 300; ++seed) walk_likely(seed, rows);
  for (unsigned seed = 1; seed <= 600; ++seed) {
    UnlikelyWorld world(seed, rows);
    for (unsigned steps = 0; steps < 100; ++steps) world.step();
  }
  for (unsigned seed = 1; seed <= 10; ++seed) {
    walk_tracker(seed, rows);
    walk_breaker(seed, rows);
  }
  for (const auto play :
       {answers_are_lost, engine_is_lost_before_the_order, healthy_while_evidence_is_captured,
        stopped_after_a_lost_order, signal_then_restart_policy, order_while_left_to_the_engine,
        gone_while_a_newer_exit_is_awaited, moved_while_held, moved_while_evidence_is_captured, no_results})
    play(rows);
  for (const std::string& one : rows.broken()) FAIL_CHECK(one);
  for (const std::string& one : rows.untaken()) FAIL_CHECK("no scene takes " << one);
}
