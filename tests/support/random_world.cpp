#include "support/random_world.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "core/workload/ladder.hpp"
#include "present/status.hpp"

namespace healer::testing {
namespace {

Policy random_policy(unsigned number) {
  Policy policy = Scene::policy();
  const auto pick = [&number](unsigned count) {
    const unsigned picked = number % count;
    number = number / count + 7919 * (picked + 1);
    return picked;
  };
  policy.interval = Duration{1000} * (2 + pick(5));
  policy.timeout = 500ms;
  policy.failure_threshold = 1 + pick(3);
  policy.success_threshold = 1 + pick(3);
  policy.start_period = Duration{1000} * (pick(3) * 5);
  policy.retry.budget_attempts = 1 + pick(4);
  policy.retry.budget_window = Duration{60'000} * (1 + pick(5));
  policy.retry.breaker_open_for = Duration{60'000} * (1 + pick(3));
  policy.retry.backoff_jitter = 0.25;
  policy.retry.backoff_max = 20s;
  policy.retry.verify_limit = 10s;
  policy.notify.cooldown = 30s;
  const RemedyKind remedies[] = {RemedyKind::Restart, RemedyKind::Restart, RemedyKind::Restart,
                                 RemedyKind::Start,   RemedyKind::Stop,    RemedyKind::None};
  policy.remedies.front().kind = remedies[pick(6)];
  if (pick(2) == 0) {
    const RemedyKind further[] = {RemedyKind::Kill, RemedyKind::Exec, RemedyKind::Recreate,
                                  RemedyKind::Webhook, RemedyKind::Restart};
    const RemedyKind last = policy.remedies.front().kind;
    policy.remedies.clear();
    for (unsigned ladder_steps = 1 + pick(3); ladder_steps > 0; --ladder_steps) {
      RemedyStep step;
      step.kind = further[pick(5)];
      step.signal = pick(2) == 0 ? 1 : 15;
      if (step.kind == RemedyKind::Exec) step.command = {"/reload"};
      policy.remedies.push_back(step);
    }
    policy.remedies.emplace_back();
    policy.remedies.back().kind = last;
  }
  policy.evidence = pick(3) > 0;
  if (pick(5) == 0) policy.selection = Selection::Unlabelled;
  return policy;
}

/// Some hosts have routes, reminders every few seconds, escalation, and quiet hours that end two minutes
/// after the scene starts.
HostPolicy random_host(unsigned seed) {
  HostPolicy host = seed % 4 == 0 ? Scene::with_connectivity() : Scene::host_policy();
  if (seed % 3 == 0) return host;
  host.channels = {"slack", "pager", "boss"};
  NotificationRouting routing;
  routing.remind_every = Duration{1000} * (seed % 40);
  NotificationRoute first;
  first.name = "first";
  first.channels = {"slack"};
  first.match.kinds = {seed % 5 == 0 ? NotificationKind::Critical : NotificationKind::Degraded};
  first.escalate_after = Duration{1000} * (1 + seed % 50);
  first.escalate_to = "second";
  first.go_on = seed % 2 == 0;
  NotificationRoute second;
  second.name = "second";
  second.channels = {"pager", "boss"};
  second.only_escalated = seed % 7 != 0;
  routing.routes = {first, second};
  MaintenanceWindow quiet;
  quiet.from_minute = 14 * 60;
  quiet.to_minute = 14 * 60 + 15;
  if (seed % 2 == 0) routing.quiet = {quiet};
  host.routing = std::make_shared<const NotificationRouting>(std::move(routing));
  return host;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Op& op) {
  return out << "{" << op.kind << "," << op.box << "," << op.number << "}";
}

Dialect some_dialect(unsigned seed) {
  const Dialect dialects[] = {Dialect::Docker20, Dialect::Docker26, Dialect::Podman};
  return dialects[seed % 3];
}

RandomWorld::RandomWorld(unsigned seed, Dialect dialect, bool transcript)
    : scene(dialect, random_host(seed), seed) {
  watch.has_recipient = true;
  scene.keep_transcript = transcript;
  scene.after_step = [this](const Event& event, const Effects& effects) { after(event, effects); };
  scene.at_kill = [this] { watch.healer_restarted(); };
  scene.at_order = [this](const ApplyRemedy& order) {
    look_for_ignored_pause(order);
    watch.order(order, truth_of(order), scene.now());
    if (!watch.broken().empty() && seen.empty()) seen = scene.transcript();
  };
  for (unsigned i = 0; i < 3; ++i) {
    Box& box = scene.add("web" + std::to_string(i), random_policy(seed / (i + 1) + i));
    add_checks(box, seed / (i + 2), i);
    const RestartPolicy policies[] = {RestartPolicy::No, RestartPolicy::No, RestartPolicy::Always,
                                      RestartPolicy::OnFailure};
    box.facts.engine_restarts.policy = policies[(seed / 3 + i) % 4];
    if (i > 0) depend(box, i, seed);
  }
  scene.connect();
}

void RandomWorld::perform(const Op& op) {
  Box* found = scene.find_box("web" + std::to_string(op.box % 3));
  if (!found) return;  // being recreated, under another name
  Box& box = *found;
  switch (op.kind % Op::kinds) {
    case 0:
    case 1:
      box.broken = true;
      box.fixed_by_start = op.number % 3 != 0;
      break;
    case 2:
      box.broken = box.hangs = false;
      box.answer.reset();
      box.answers.clear();
      box.exec_answer.reset();
      break;
    case 3:
      box.hangs = true;
      break;
    case 4:
    case 5:
      scene.crash(box, static_cast<int>(op.number % 4));
      break;
    case 6:
      scene.crash(box, 137, true);
      break;
    case 7:
    case 8:
      stop(box);
      break;
    case 9:
    case 10:
      scene.start(box);
      break;
    case 11:
      scene.restart(box);
      break;
    case 12:
      scene.pause(box);
      break;
    case 13:
    case 14:
      scene.unpause(box);
      break;
    case 15:
      scene.recreate(box, op.number % 2 == 0);
      break;
    case 16:
      forgive_stops();
      if (scene.engine_up) scene.lose_engine();
      break;
    case 17:
    case 18:
      if (!scene.engine_up) scene.connect();
      break;
    case 19:
      if (scene.engine_up) scene.shut_engine_down();
      forgive_stops();
      break;
    case 20:
      scene.restart_healer(op.number % 2 == 0);
      break;
    case 21:
      scene.die_at_order = op.number % 2 == 0;
      break;
    case 22:
      scene.fate = static_cast<OrderFate>(op.number % 8);
      break;
    case 23:
      for (std::size_t i = 0; i < 5 && i < scene.history().size() && scene.engine_up; ++i) {
        const EngineEvent again = scene.history()[scene.history().size() - 1 - i];
        scene.send(again);
      }
      break;
    case 24: {
      ProbeFacts refused;
      refused.end = ProbeEnd::Refused;
      scene.send(ProbeFinished{ProbeId{op.number % 20}, box.facts.name, refused});
      scene.send(RemedyFinished{AttemptId{op.number % 7 + 1000}, box.facts.name, RemedyAnswer::Done, ""});
      break;
    }
    case 25:
      if (scene.engine_up) scene.resync();
      break;
    case 26:
      if (op.number % 4 == 0) {
        watch.operator_reset(box.facts.name);
        scene.send(OperatorReset{box.facts.name});
      } else {
        scene.send(LoopStalled{1s});
      }
      break;
    case 27: {
      ProbeFacts unknown;
      unknown.end = ProbeEnd::NoRoute;
      box.answer = unknown;
      break;
    }
    case 28:
      scene.inspect_takes = Duration{1 + op.number % 3 * 400};
      scene.inspect_fails = op.number % 5 == 0;
      break;
    case 34:
      watch.operator_reset(box.facts.name);
      asked.insert(box.facts.name);
      scene.send(OperatorHeal{box.facts.name});
      break;
    case 35:
      scene.evidence_takes = op.number % 4 == 0 ? std::nullopt : std::optional<Duration>(op.number);
      break;
    case 36:
      scene.send(OperatorPause{box.facts.name, pause_length(op.number)});
      break;
    case 37:
      scene.send(OperatorResume{box.facts.name});
      break;
    case 38:
      scene.send(OperatorPause{"", pause_length(op.number)});
      break;
    case 39:
      scene.send(OperatorResume{""});
      break;
    case 29:
      scene.kill(box, op.number % 2 == 0 ? 1 : 10);
      break;
    case 30:
    case 31:
      scene.connectivity.end = op.number % 2 == 0 ? ProbeEnd::ConnectTimeout : ProbeEnd::Answered;
      scene.connectivity_silent = op.number % 7 == 0;
      break;
    case 32: {
      const ProbeEnd ends[] = {ProbeEnd::Denied, ProbeEnd::StillOpen, ProbeEnd::NotRunning,
                               ProbeEnd::AnswerTimeout, ProbeEnd::NoResources};
      box.exec_answer.emplace().end = ends[op.number % 5];
      break;
    }
    case 40:
    case 41:
      scene.send(AlertReported{box.facts.name, "alertmanager", std::to_string(op.number % 3), "Rule", "",
                               op.kind % 43 == 40, op.number % 4 != 0});
      break;
    case 42:
      scene.send(OperatorAck{box.facts.name, "kim"});
      break;
    case 33:
      box.answers[5432].end = op.number % 2 == 0 ? ProbeEnd::Refused : ProbeEnd::NoRoute;
      break;
  }
  scene.pass(Duration{static_cast<int>(op.number % 13) * (op.number % 13) * 150});
  look_for_lost_wakes();
}

void RandomWorld::quiet() {
  scene.inspect_fails = false;
  scene.inspect_takes = 1ms;
  scene.fate = OrderFate::Done;
  scene.die_at_order.reset();
  scene.connectivity = {};
  scene.connectivity_silent = false;
  for (auto& [id, box] : scene.boxes) {
    if (!box->exists) continue;
    box->answer.reset();
    box->answers.clear();
    box->exec_answer.reset();
    box->broken = box->hangs = false;
    box->broken_starts_left = 0;
    box->fixed_by_start = true;
  }
  if (!scene.engine_up) scene.connect();
  scene.resync();   // as the runtime does each minute; finds containers that started while inspects failed
  scene.pass(15s);  // a workload without a successful inspect cannot be resumed
  scene.send(OperatorResume{""});
  for (auto& [id, box] : scene.boxes) {
    if (!box->exists) continue;
    scene.send(OperatorResume{box->facts.name});
  }
  for (auto& [id, box] : scene.boxes)
    if (box->exists) scene.unpause(*box);
  scene.pass(15s);
  for (auto& [id, box] : scene.boxes)
    for (const char* alert : {"0", "1", "2"})
      scene.send(AlertReported{box->facts.name, "alertmanager", alert, "Rule", "", false, true});
  scene.pass(12min);
  // A small budget, or a ladder whose first steps do not help, needs more time after the breaker opened.
  for (int more = 0; more < 5 && operator_is_called(); ++more) scene.pass(12min);
  look_for_lost_wakes();
  for (const auto& [id, incident] : scene.incidents) {
    if (incident.outcome != IncidentOutcome::Open) continue;
    // It may stay open if the ladder has no step for this state,
    const Workload& workload = scene.workload(incident.workload);
    const bool down = workload.lifecycle.presence == Presence::Exited;
    const bool may_not =
        !choose_step(workload.ladder, workload.incident ? workload.remediation.ladder_step : 0, down, 0);
    // if its network parent does not run, or its dependency is not ready,
    const bool waits = workload.held && (workload.held->first == HoldKind::NetworkParent ||
                                         workload.held->first == HoldKind::Dependency);
    // or if it lost its network and no step of the ladder starts a new instance.
    const bool network_lost = workload.health.network_loss.has_value();
    if (!workload.incident || !(may_not || waits || network_lost))
      lost.push_back("incident " + std::to_string(id) + " stays open");
  }
}

std::string RandomWorld::verdict() const {
  std::string text;
  for (const std::string& one : watch.broken()) text += one + "\n";
  for (const std::string& one : lost) text += one + "\n";
  return text;
}

void RandomWorld::add_checks(Box& box, unsigned number, unsigned port) {
  Policy policy = *box.policy;
  if (number % 3 == 0) {
    NamedProbe database;
    database.name = "db";
    database.spec.kind = ProbeKind::Tcp;
    database.spec.port = 5432;
    NamedProbe command;
    command.name = "disk";
    command.spec.kind = ProbeKind::Exec;
    command.spec.command = {"check"};
    policy.named_probes = {database, command};
    policy.start_period =
        Duration{0};  // the checker would take the pass of one probe for the end of the start period
    box.facts.ports.push_back(PortBinding{5432, true, "127.0.0.1", static_cast<std::uint16_t>(20000 + port)});
  }
  if (number % 4 == 1) policy.window = FailureWindow{2 + number % 3, 6 + number % 10};
  box.policy = std::make_shared<const Policy>(std::move(policy));
}

void RandomWorld::depend(Box& box, unsigned number, unsigned seed) {
  const std::string other = "web" + std::to_string(number - 1);
  if (seed / 5 % 3 == 1) {
    Policy policy = *box.policy;
    policy.dependencies.names = {other};
    policy.dependencies.hold = 1min;
    box.policy = std::make_shared<const Policy>(std::move(policy));
  }
  Box& parent = scene.box(other);
  if (seed / 7 % 4 != number) return;
  share_network(box.facts, parent.facts);
  for (const PortBinding& port : box.facts.ports) parent.facts.ports.push_back(port);  // reached there
}

bool RandomWorld::operator_is_called() const {
  return std::any_of(scene.incidents.begin(), scene.incidents.end(), [](const auto& entry) {
    return entry.second.outcome == IncidentOutcome::Open && entry.second.gave_up;
  });
}

std::optional<Duration> RandomWorld::pause_length(unsigned number) {
  if (number % 5 == 0) return std::nullopt;
  return Duration{1000} * (number % 200);
}

void RandomWorld::look_for_ignored_pause(const ApplyRemedy& order) {
  const auto on = [this](const std::optional<Instant>& until) { return until && scene.now() < *until; };
  const bool paused = on(scene.host.paused_until) || on(scene.records[order.workload].paused_until);
  // Allowed within a pause: healer heal, resuming a recreation, and the second half of an attempt.
  const bool goes_on = order.resume || scene.attempts[order.attempt.value].ordered_at < scene.now();
  if (paused && asked.count(order.workload) == 0 && !goes_on)
    lost.push_back("an order for " + order.workload + ", which is paused");
}

void RandomWorld::stop(Box& box) {
  // During an order of healer, an operator's stop looks like healer's own.
  const bool ours = std::any_of(scene.attempts.begin(), scene.attempts.end(), [&](const auto& entry) {
    return entry.second.workload == box.facts.name && !entry.second.ended_at;
  });
  scene.stop(box);
  if (ours) scene.stopped_by_operator.erase(box.facts.id);
}

void RandomWorld::forgive_stops() {
  std::erase_if(scene.stopped_by_operator,
                [&](const auto& entry) { return scene.now() - entry.second < Duration{40s}; });
}

Truth RandomWorld::truth_of(const ApplyRemedy& order) {
  const Box& box = *scene.boxes.at(order.container_id);
  Truth truth;
  truth.workload = order.workload;
  truth.opted_in = box.policy->selection == Selection::OptedIn;
  truth.paused = box.facts.state == ContainerState::Paused;
  truth.stopped_by_operator = scene.stopped_by_operator.count(box.facts.id) != 0;
  truth.instance = box.facts.instance();
  truth.budget = box.policy->retry.budget_attempts;
  truth.window = box.policy->retry.budget_window;
  const Instant started = instant_of(*box.facts.started);
  const auto passed = last_pass.find(order.workload);
  truth.starting =
      box.facts.state == ContainerState::Running && scene.now() < started + *box.policy->start_period &&
      (passed == last_pass.end() || passed->second < started) && asked.erase(order.workload) == 0;
  return truth;
}

void RandomWorld::after(const Event& event, const Effects& effects) {
  watch.effects(effects, scene.now());
  const HostStatus host = present::host_status(*scene.core, scene.now());
  scene.core->each([this](const Workload& workload) {
    if (!workload.contribution.in_remedy)
      by_heal.erase(workload.key);
    else if (workload.remediation.forced)
      by_heal.insert(workload.key);
  });
  if (host.in_remedy > host.remedies_allowed + by_heal.size()) lost.push_back("more in remedy than allowed");
  if (const auto* tick = std::get_if<Tick>(&event)) watch.tick(tick->workload, effects, scene.now());
  if (const auto* finished = std::get_if<RemedyFinished>(&event)) watch.answered(finished->attempt);
  if (const auto* finished = std::get_if<ProbeFinished>(&event)) {
    if (finished->facts.status == 200) last_pass[finished->workload] = scene.now();
    const bool unknown = finished->facts.end == ProbeEnd::NoRoute;
    const auto status = present::status_of(*scene.core, finished->workload, scene.now());
    if (unknown && status && status->probes.empty() && failures.count(finished->workload) != 0)
      watch.unknown_outcome(finished->workload, failures[finished->workload], status->failures);
  }
  failures.clear();
  scene.core->each(
      [this](const Workload& workload) { failures[workload.key] = workload.health.tracker.failures(); });
}

void RandomWorld::look_for_lost_wakes() {
  scene.core->each([this](const Workload& workload) {
    const auto asked = scene.wakes.find(workload.key);
    if (workload.wake_at && (asked == scene.wakes.end() || asked->second < *workload.wake_at))
      lost.push_back("the wake-up of " + workload.key + " is lost");
  });
}

}  // namespace healer::testing
