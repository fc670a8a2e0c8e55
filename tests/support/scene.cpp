#include "support/scene.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/text.hpp"
#include "present/log_text.hpp"
#include "present/notification_text.hpp"
#include "present/status.hpp"
#include "support/show.hpp"

namespace healer::testing {
namespace {

constexpr std::size_t transcript_limit = 4000;

}  // namespace

void join_service(Container& container, const std::string& project, const std::string& service,
                  unsigned number) {
  container.identity.service = project + "/" + service;
  container.identity.key = fmt::format("{}/{}/{}", project, service, number);
}

void share_network(Container& child, const Container& parent) {
  child.network = NetworkKind::Shared;
  child.network_parent = parent.id;
}

HostPolicy Scene::host_policy() {
  return HostPolicy{.host_name = "host1", .channels = {"slack"}};
}

HostPolicy Scene::with_connectivity() {
  HostPolicy policy = host_policy();
  policy.connectivity = std::make_shared<const ProbeTarget>(TcpTarget{Endpoint{"192.0.2.1", 53}, 0});
  policy.connectivity_text = "tcp 192.0.2.1:53";
  return policy;
}

Scene::Scene(Dialect dialect, HostPolicy host_policy, std::uint64_t seed)
    : host_settings(std::move(host_policy)), seed(seed), engine_(surroundings(dialect)) {
  begin_ = now_ = Instant{Duration{1'790'000'000'000}};
  core = std::make_unique<Supervisor>(host_settings, StoredState{}, seed);
}

Scene::~Scene() = default;

Policy Scene::policy() {
  Policy policy;
  policy.selection = Selection::OptedIn;
  policy.start_period = Duration{0};
  policy.retry.backoff_jitter = 0;
  policy.remedies = {RemedyStep{}};
  policy.unproven = UnprovenUse::Act;  // most tests are about failures, not about trust
  return policy;
}

Box& Scene::add(const std::string& name, const Policy& policy) {
  const std::string id = fmt::format("c{}", ++next_id_);
  auto box = std::make_unique<Box>();
  box->facts.id = id;
  box->facts.name = name;
  box->facts.image = "image:1";
  box->facts.advice = {"docker logs " + name, "docker start " + name};
  box->facts.ports = {PortBinding{80, true, "127.0.0.1", ++next_port_}};
  box->facts.networks = {NetworkAttachment{"bridge", "172.17.0.2"}};
  box->policy = std::make_shared<const Policy>(policy);
  Box& added = *box;
  boxes[id] = std::move(box);
  engine_.come_up(added, By::Operator);
  return added;
}

void Scene::connect() {
  engine_up = true;
  caught_up_ = false;
  heard_ = delivered_;
  const bool podman = engine_.dialect() == Dialect::Podman;
  send(EngineConnected{"an engine (simulated)", podman ? StopReports::Unreliable : StopReports::Reliable,
                       podman ? EngineProcess::LeavesContainers : EngineProcess::HoldsContainers,
                       capabilities});
  // The missed events are repeated, and the minute before them.
  std::size_t from = delivered_;
  constexpr std::int64_t overlap = 60'000'000'000;
  while (from > 0 &&
         history()[from - 1].unix_nanoseconds + overlap > history()[delivered_ - 1].unix_nanoseconds &&
         !forgotten_)
    --from;
  forgotten_ = false;
  for (std::size_t i = from; i < history().size(); ++i) hear(i);
  resync();
}

void Scene::resync() {
  std::vector<std::string> ids;
  for (const auto& [id, box] : boxes)
    if (box->exists) ids.push_back(id);
  for (const std::string& id : ids) later(inspect_takes, true, [this, id] { observe(id); });
  later(inspect_takes, true, [this, ids] {
    caught_up_ = true;
    delivered_ = heard_ = std::max(heard_, delivered_);
    send(SyncCompleted{ids});
  });
}

Box& Scene::healthy(const std::string& name, const Policy& policy) {
  Box& added = add(name, policy);
  connect();
  pass(policy.interval * 3);
  decisions();
  return added;
}

Box* Scene::find_box(const std::string& name) {
  for (auto& [id, box] : boxes)
    if ((id == name || box->facts.name == name) && box->exists) return box.get();
  return nullptr;
}

Box& Scene::box(const std::string& name) {
  if (Box* found = find_box(name)) return *found;
  throw std::runtime_error("no box " + name);
}

// Time.

void Scene::later(Duration after, bool of_healer, std::function<void()> run) {
  happenings_[{now_ + after, ++order_of_events_}] = Happening{std::move(run), of_healer};
}

void Scene::pass(Duration time) {
  const Instant end = now_ + time;
  pass_until([&] { return false; }, end - now_);
  now_ = end;
}

bool Scene::pass_until(const std::function<bool()>& holds, Duration limit) {
  const Instant end = now_ + limit;
  std::uint64_t steps_here = 0;
  Instant here = now_;
  while (!holds()) {
    std::optional<Instant> next;
    if (!happenings_.empty()) next = happenings_.begin()->first.first;
    std::string waking;
    bool wake = false;
    for (const auto& [key, at] : wakes) {
      if (next && at >= *next) continue;
      next = at;
      waking = key;
      wake = true;
    }
    if (!next || *next > end) {
      now_ = end;
      return holds();
    }
    if (*next > here) {
      here = *next;
      steps_here = 0;
    } else if (++steps_here > 2000) {
      throw std::runtime_error("time stands still: the core wakes itself without end\n" + transcript());
    }
    now_ = std::max(now_, *next);
    if (wake) {
      wakes.erase(waking);
      send(Tick{waking});
    } else {
      const auto run = std::move(happenings_.begin()->second.run);
      happenings_.erase(happenings_.begin());
      run();
    }
  }
  return true;
}

bool Scene::pass_until_decision(const std::string& decision, Duration limit) {
  return pass_until(
      [&] {
        return std::find(decisions_.begin() + static_cast<std::ptrdiff_t>(decisions_taken_), decisions_.end(),
                         decision) != decisions_.end();
      },
      limit);
}

// Containers.

ModelEngine::Surroundings Scene::surroundings(Dialect dialect) {
  ModelEngine::Surroundings around;
  around.dialect = dialect;
  around.now = [this] { return now_; };
  around.wall = [this] { return wall_time_of(now_); };
  // An operation is over at once: carry_out() waits before it.
  around.later = [this](Duration after, std::function<void()> work) {
    if (after == Duration{0}) return work();
    later(after, false, std::move(work));
  };
  around.end_of_process = [dialect](const ModelContainer& container, std::optional<Duration>) {
    if (dialect == Dialect::Podman) return ProcessEnd{};
    const bool cleanly = static_cast<const Box&>(container).stops_cleanly;
    return ProcessEnd{Duration{0}, cleanly ? 0 : 137, !cleanly};
  };
  around.starts = [this](ModelContainer& container, By) { begin_instance(static_cast<Box&>(container)); };
  around.event = [this](const EngineEvent&) {
    if (engine_up) hear(history().size() - 1);
  };
  return around;
}

void Scene::hear(std::size_t number) {
  later(Duration{0}, true, [this, number] {
    heard_ = std::max(heard_, number + 1);
    if (caught_up_) delivered_ = heard_;
    const EngineEvent event = history()[number];
    send(event);
  });
}

void Scene::begin_instance(Box& box) {
  now_ += 2ms;  // two starts are never in one millisecond: an engine is slower
  if (box.starts > 1 && box.fixed_by_start) box.broken = box.hangs = false;
  if (box.starts > 1 && box.broken_starts_left > 0) {
    --box.broken_starts_left;
    box.broken = true;
  }
  stopped_by_operator.erase(box.facts.id);
}

void Scene::crash(Box& box, int code, bool oom) {
  engine_.crash(box, code, oom);
}

void Scene::stop(Box& box) {
  if (box.up() || box.facts.state == ContainerState::Restarting) stopped_by_operator[box.facts.id] = now_;
  engine_.stop(box, By::Operator);
}

void Scene::kill(Box& box, int signal) {
  if (!box.running()) return;
  engine_.kill(box, By::Operator, signal);
  if (!box.running()) stopped_by_operator[box.facts.id] = now_;
}

void Scene::start(Box& box) {
  engine_.start(box, By::Operator);
}

void Scene::restart(Box& box) {
  engine_.restart(box, By::Operator);
}

void Scene::pause(Box& box) {
  if (!box.running()) return;
  if (box.facts.health != EngineHealth::None) box.facts.health = EngineHealth::Unhealthy;  // moby#46203
  engine_.pause(box);
}

void Scene::unpause(Box& box) {
  engine_.unpause(box);
}

void Scene::remove(Box& box) {
  engine_.remove(box, By::Operator);
}

Box& Scene::recreate(Box& box, bool stop_first) {
  const Container facts = box.facts;
  const PolicyPtr policy = box.policy;
  if (stop_first) stop(box);
  remove(box);
  Box& fresh = add(facts.name, *policy);
  fresh.facts.labels = facts.labels;
  fresh.facts.identity = facts.identity;
  fresh.facts.start_order.dependencies = facts.start_order.dependencies;
  fresh.facts.engine_restarts.policy = facts.engine_restarts.policy;
  fresh.facts.network = facts.network;
  fresh.facts.network_parent = facts.network_parent;
  for (std::size_t i = 1; i < facts.ports.size(); ++i) fresh.facts.ports.push_back(facts.ports[i]);
  return fresh;
}

void Scene::engine_health(Box& box, EngineHealth health) {
  const bool changed = box.facts.health != health;
  box.facts.health = health;
  box.facts.health_check.checked = wall_time_of(now_);
  if (changed || engine_.dialect() == Dialect::Podman) engine_.emit(box, HealthReported{box.facts.health});
}

void Scene::lose_engine(bool replay_later) {
  engine_up = false;
  if (!replay_later) forget_events();
  send(EngineLost{"the stream ended"});
}

void Scene::shut_engine_down() {
  for (auto& [id, box] : boxes) {
    if (box->running()) engine_.stop(*box, By::Engine);
  }
  pass(20ms);
  lose_engine();
}

// Healer.

StoredState Scene::stored() const {
  StoredState state;
  for (const auto& [key, record] : records) state.workloads.push_back(record);
  for (const auto& [id, incident] : incidents) {
    if (incident.outcome == IncidentOutcome::Open) state.open_incidents.push_back(incident);
    state.last_incident = id;
  }
  for (const auto& [id, attempt] : attempts) {
    state.attempts.push_back(attempt);
    state.last_attempt = id;
  }
  state.host = host;
  state.last_notification = notifications.empty() ? 0 : notifications.back().id.value;
  return state;
}

void Scene::restart_healer(bool connect_after) {
  if (at_kill) at_kill();
  note("================ healer is killed and started again");
  for (auto it = happenings_.begin(); it != happenings_.end();)
    it = it->second.of_healer ? happenings_.erase(it) : std::next(it);
  wakes.clear();
  core = std::make_unique<Supervisor>(host_settings, stored(), seed);
  core->watch_transitions(watch_);
  engine_up = false;
  if (connect_after) connect();
}

void Scene::watch_transitions(TransitionWatch watch) {
  watch_ = std::move(watch);
  core->watch_transitions(watch_);
}

void Scene::send(const Event& event) {
  step(event);
}

void Scene::step(const Event& event) {
  if (keep_transcript) note("-> " + show(event));
  Effects effects;
  ++steps;
  core->step(event, now_, effects);
  if (keep_transcript)
    for (const Effect& effect : effects) note("     " + show(effect));
  // The records of a step are on disk before its orders go out.
  for (const Effect& effect : effects) {
    if (const auto* count = std::get_if<Count>(&effect)) {
      if (const auto* hold = std::get_if<CountHold>(&count->metric)) holds.push_back(hold->kind);
    }
    if (const auto* persist = std::get_if<Persist>(&effect)) {
      if (const auto* record = std::get_if<HostRecord>(&persist->record)) host = *record;
      if (const auto* decision = std::get_if<Decision>(&persist->record)) rules.push_back(*decision);
      if (const auto* record = std::get_if<WorkloadRecord>(&persist->record)) records[record->key] = *record;
      if (const auto* incident = std::get_if<Incident>(&persist->record))
        incidents[incident->id.value] = *incident;
      if (const auto* attempt = std::get_if<Attempt>(&persist->record))
        attempts[attempt->id.value] = *attempt;
    }
  }
  if (after_step) after_step(event, effects);
  const Supervisor* before = core.get();
  for (const Effect& effect : effects) {
    perform(effect);
    if (core.get() != before) return;  // healer was killed at an order
  }
}

void Scene::perform(const Effect& effect) {
  if (const auto* wake = std::get_if<Wake>(&effect)) {
    wakes[wake->workload] = wake->at;
  } else if (const auto* probe = std::get_if<StartProbe>(&effect)) {
    const bool of_connectivity = probe->workload.empty();
    if (of_connectivity) {
      ++connectivity_probes;
      if (connectivity_silent) return;
    } else {
      ++probes;
      probe_times.push_back(now_);
      if (!answers_probes) return;
    }
    const ProbeFacts facts = of_connectivity ? connectivity : ask(*probe->target);
    const bool slow = facts.end == ProbeEnd::AnswerTimeout || facts.end == ProbeEnd::ConnectTimeout;
    later(slow ? probe->timeout : probe_takes, true, [this, id = probe->probe, key = probe->workload, facts] {
      send(ProbeFinished{id, key, facts});
    });
  } else if (const auto* inspect = std::get_if<Inspect>(&effect)) {
    later(inspect_takes, true, [this, id = inspect->container_id] { observe(id); });
  } else if (const auto* question = std::get_if<ConfirmAlert>(&effect)) {
    alert_questions.push_back(*question);
    if (!alert_answer) return;
    later(2ms, true, [this, asked = *question, answer = *alert_answer] {
      const char* why = answer == AlertAnswer::Over      ? "gone"
                        : answer == AlertAnswer::Unknown ? "HTTP 302"
                                                         : "";
      send(AlertConfirmed{asked.workload, asked.source, asked.id, answer, why});
    });
  } else if (const auto* capture = std::get_if<CaptureEvidence>(&effect)) {
    ++captures;
    if (!evidence_takes) return;
    later(*evidence_takes, true, [this, key = capture->workload, incident = capture->incident] {
      send(EvidenceCaptured{key, incident, evidence_excerpt, {}});
    });
  } else if (const auto* order = std::get_if<ApplyRemedy>(&effect)) {
    orders.push_back(*order);
    order_times.push_back(now_);
    decisions_.push_back(
        fmt::format("{} {}", order->resume ? "resume" : lower(to_string(order->step.kind)), order->name));
    if (at_order) at_order(*order);
    if (die_at_order) {
      const bool executed = *die_at_order;
      die_at_order.reset();
      if (executed) carry_out(*order);
      restart_healer();
      return;
    }
    carry_out(*order);
  } else if (const auto* notification = std::get_if<SendNotification>(&effect)) {
    notifications.push_back(present::written(*notification));
    sent_to.push_back(notification->destinations);
    decisions_.push_back(lower(to_string(notification->notification.kind)));
  } else if (const auto* report = std::get_if<Report>(&effect)) {
    logs.push_back(present::log_line(*report).message);
  }
}

void Scene::observe(const std::string& id) {
  if (inspect_fails || !engine_up) {
    send(InspectFailed{id, Error{ErrorCode::Timeout, "inspect: no answer"}});
    return;
  }
  auto found = boxes.find(id);
  for (auto it = boxes.begin(); found == boxes.end() && it != boxes.end(); ++it)
    if (it->second->exists && it->second->facts.name == id) found = it;  // engines accept a name for an id
  if (found == boxes.end() || !found->second->exists) {
    send(ContainerGone{id});
    return;
  }
  Box& box = *found->second;
  // Facts about what is not running carry no address.
  Container facts = box.facts;
  send(ContainerObserved{facts, box.policy, {}});
}

namespace {

/// The container's port that a check of this endpoint connects to; 0: the endpoint is not this container's.
std::uint16_t port_at(const Box& box, const Endpoint& endpoint) {
  for (const PortBinding& port : box.facts.ports)
    if (port.host_port == endpoint.port) return port.container_port;
  return 0;
}

Endpoint endpoint_of(const ProbeTarget& target) {
  if (const auto* http = std::get_if<HttpTarget>(&target)) return http->endpoint;
  if (const auto* tcp = std::get_if<TcpTarget>(&target)) return tcp->endpoint;
  if (const auto* grpc = std::get_if<GrpcTarget>(&target)) return grpc->endpoint;
  return {};
}

}  // namespace

ProbeFacts Scene::ask(const ProbeTarget& target) const {
  ProbeFacts facts;
  facts.duration = std::chrono::microseconds{5000};
  const auto* exec = std::get_if<ExecTarget>(&target);
  for (const auto& [id, box] : boxes) {
    const std::uint16_t port = exec ? 0 : port_at(*box, endpoint_of(target));
    if (!box->exists || (exec ? exec->container_id != id : port == 0)) continue;
    if (exec && box->exec_answer) return *box->exec_answer;
    if (const auto of_port = box->answers.find(port); !exec && of_port != box->answers.end())
      return of_port->second;
    if (box->answer) return *box->answer;
    const bool worn =
        box->fails_after && box->facts.started && now_ >= instant_of(*box->facts.started) + *box->fails_after;
    const bool broken = box->broken || worn;
    const bool ready = box->facts.state == ContainerState::Running &&
                       now_ >= instant_of(*box->facts.started) + box->ready_after;
    if (exec && box->facts.state != ContainerState::Running) {
      facts.end = ProbeEnd::NotRunning;
    } else if (box->facts.state == ContainerState::Paused || box->hangs) {
      facts.end = ProbeEnd::AnswerTimeout;
    } else if (exec) {
      facts.status = ready && !broken ? 0 : 1;
    } else if (!ready) {
      facts.end = ProbeEnd::Refused;
    } else if (std::holds_alternative<GrpcTarget>(target)) {
      facts.status = broken ? 2 : 1;
    } else {
      facts.status = broken ? 503 : 200;
    }
    return facts;
  }
  facts.end = exec ? ProbeEnd::NotRunning : ProbeEnd::Refused;
  return facts;
}

// Decisions.

std::string Scene::decisions() {
  std::string text;
  for (; decisions_taken_ < decisions_.size(); ++decisions_taken_)
    text += (text.empty() ? "" : ", ") + decisions_[decisions_taken_];
  return text;
}

bool Scene::logged(const std::string& part) const {
  return std::any_of(logs.begin(), logs.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

unsigned Scene::decided(Rule rule) const {
  return static_cast<unsigned>(std::count_if(
      rules.begin(), rules.end(), [&](const Decision& decision) { return decision.rule == rule; }));
}

unsigned Scene::held_for(HoldKind kind) const {
  return static_cast<unsigned>(std::count(holds.begin(), holds.end(), kind));
}

unsigned Scene::notifications_of(NotificationKind kind) const {
  return static_cast<unsigned>(
      std::count_if(notifications.begin(), notifications.end(),
                    [&](const Notification& notification) { return notification.kind == kind; }));
}

WorkloadStatus Scene::status(const std::string& name) const {
  const auto found = present::status_of(*core, name, now_);
  if (!found) throw std::runtime_error("not watched: " + name);
  return *found;
}

const Workload& Scene::workload(const std::string& key) const {
  const Workload* found = nullptr;
  core->each([&](const Workload& workload) {
    if (workload.key == key) found = &workload;
  });
  if (found == nullptr) throw std::runtime_error("not watched: " + key);
  return *found;
}

void Scene::note(std::string line) {
  if (transcript_.size() >= transcript_limit)
    transcript_.erase(transcript_.begin(), transcript_.begin() + 1000);
  for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  transcript_.push_back(fmt::format("t={:.3f}s {}", static_cast<double>(elapsed().count()) / 1000.0, line));
}

std::string Scene::transcript() const {
  std::string text = "\n";
  for (const std::string& line : transcript_) text += line + "\n";
  return text;
}

}  // namespace healer::testing
