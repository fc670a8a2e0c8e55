#include "core/supervisor.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/explain.hpp"
#include "core/identity.hpp"
#include "core/status.hpp"
#include "core/workload/ladder.hpp"

namespace healer {
namespace {

/// Proxies of the engine's socket end streams now and then: a stream that is back within this is no outage.
constexpr Duration engine_notification_after = 10s;
/// Stalls this close together are one stall: a starved process runs its loop now and then.
constexpr Duration stall_memory = 5s;
/// A shorter stall is not logged, but may excuse a timeout.
constexpr Duration said_stall = 1s;
/// An engine that shuts down stops its containers just before its event stream ends.
constexpr Duration shutdown_gap = 3s;
constexpr Duration shutdown_window = 30s;
/// For so long after the first list a connection may still replay events from before the connection.
constexpr Duration replay_lookback = 5s;
/// Limits memory where names come and go for ever (one for each run of a job); the state file keeps all.
constexpr std::size_t most_remembered = 10000;

bool may_run(const Workload& workload) {
  // A container between two crash-loop restarts is not running, so an engine's shutdown cannot stop it. While
  // inspects fail, only the reported exit shows that.
  const bool up =
      workload.lifecycle.presence == Presence::Running || workload.lifecycle.presence == Presence::Paused;
  return up && !workload.lifecycle.evidence.died();
}

/// The same name as the engine adapter gives, see RecreateOrder::mark.
std::string set_aside_name(const std::string& name, AttemptId attempt) {
  return fmt::format("{}-healer{}", name, attempt.value);
}

/// Two containers run under one workload key: the one that started last is the workload's.
bool runs_longer(const Container& facts, const Workload& present) {
  return present.lifecycle.presence == Presence::Running && facts.started && present.container.started &&
         *facts.started < *present.container.started;
}

/// By the events, an operator stopped the workload within the last `shutdown_window`.
bool stopped_lately(const Workload& workload, Instant now, std::int64_t newest_event) {
  // The engine's clock is compared too: a stop that arrives late, after a reconnect, is older than it seems.
  const bool together =
      newest_event - workload.lifecycle.evidence.newest() < shutdown_window.count() * 1'000'000;
  // An exit soon after a signal of healer counts as healer's; a stop request does not.
  const bool ended = workload.lifecycle.evidence.died() || workload.lifecycle.presence == Presence::Exited;
  const bool there = workload.lifecycle.presence != Presence::Absent || workload.unseen();
  return ended && workload.lifecycle.evidence.operator_acted() && there &&
         workload.lifecycle.presence != Presence::Paused && together &&
         now - workload.lifecycle.evidence_at < shutdown_window;
}

/// An order of healer may have caused the workload's events. After the engine's answer, while healer verifies
/// the attempt, the events are not healer's.
bool is_ordered_about(const Workload& workload) {
  return workload.remediation.attempt && !std::holds_alternative<Verifying>(workload.remediation.phase);
}

/// Keeps the newest order of a former process: the order may explain an exit.
void remember_order(Remembered& remembered, const Attempt& attempt) {
  if (remembered.newest_order && attempt.ordered_at < remembered.newest_order->from) return;
  const Instant until =
      keeps_instance(attempt.remedy) ? attempt.ordered_at : attempt.ended_at.value_or(attempt.ordered_at);
  remembered.newest_order = OrderedInstance{attempt.instance, attempt.ordered_at, until, true};
}

}  // namespace

Supervisor::Supervisor(HostPolicy policy, const StoredState& stored, std::uint64_t seed)
    : host_state_(std::move(policy), seed), session_(stored) {
  host_state_.ids.incident = stored.last_incident;
  host_state_.ids.attempt = stored.last_attempt;
  host_state_.ids.notification = stored.last_notification;
  for (const WorkloadRecord& record : stored.workloads) {
    remembered_[record.key].record = record;
    if (!record.last_instance.container_id.empty()) early_evidence_[record.last_instance.container_id];
  }
  for (const Attempt& attempt : stored.attempts) {
    const auto of = remembered_.find(attempt.workload);
    if (of != remembered_.end() && attempt.ordered_at > of->second.record.reset_at)
      of->second.attempts.push_back(attempt.ordered_at);
    if (of != remembered_.end()) remember_order(of->second, attempt);
    if (attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying) {
      unfinished_attempts_.push_back(attempt);
      if (attempt.remedy == RemedyKind::Recreate && of != remembered_.end())
        set_aside_[set_aside_name(of->second.record.name, attempt.id)] = attempt.workload;
    }
  }
  stored_incidents_ = stored.open_incidents;
  host_state_.host = stored.host;
  engine_dedup_key_ = stored.host.engine_notification_key;
}

void Supervisor::step(const Event& event, Instant now, Effects& out) {
  Step step{now, out};
  if (!taken_over_) take_over_host(step);
  decide(step, [&] { std::visit([&](const auto& what) { on(what, step); }, event); });
  // Reports that the session kept until now: each is decided like a separate event.
  for (const EngineEvent& released : session_.take_released()) decide(step, [&] { report(released, step); });
}

template <class F>
void Supervisor::decide(Step& step, F&& what) {
  host_due(step);
  what();
  connectivity_due(step);
  restrain(step);
  wake_host(step);
}

void Supervisor::connectivity_due(Step& step) {
  connectivity_changed(
      host_state_.connectivity.run_due(host_state_.policy, step.now, host_state_.ids.probe, step.out), step);
  for (const std::string& key : host_state_.connectivity.take_waiting())
    if (Workload* workload = by_key(key))
      run_controller(*workload, step,
                     [](WorkloadController& controller) { controller.connectivity_answered(); });
}

void Supervisor::connectivity_changed(ConnectivityCheck::Change change, Step& step) {
  if (change == ConnectivityCheck::Change::None) return;
  const ConnectivityCheck& connectivity = host_state_.connectivity;
  const std::string lasted = format_duration(step.now - connectivity.failed_since());
  std::string key = fmt::format("healer/{:.60}/connectivity/{}", host_state_.policy.host_name,
                                connectivity.failed_since().time_since_epoch().count());
  if (change == ConnectivityCheck::Change::Over) {
    host_notification(
        step, NotificationKind::Recovered, "CONNECTIVITY",
        fmt::format("the connectivity check passes again, after {}: failing checks count.", lasted),
        std::move(key), Following{NotificationKind::Info, true});
    return;
  }
  host_notification(
      step, NotificationKind::Info, "CONNECTIVITY",
      fmt::format("the connectivity check fails: the control target {} has not answered for {} ({}). "
                  "Failing checks are unknown until it does, and cause no remedy.",
                  host_state_.policy.connectivity_text, lasted, connectivity.why()),
      std::move(key), Following{NotificationKind::Info});
}

template <class F>
void Supervisor::run_controller(Workload& workload, Step& step, F&& what) {
  WorkloadController controller(host_state_, workload, step.now, step.out);
  const auto recreation = [&workload] {
    const bool now =
        workload.remediation.attempt && workload.remediation.attempt->remedy == RemedyKind::Recreate;
    return now ? workload.remediation.attempt->id : AttemptId{};
  };
  const AttemptId before = recreation();
  const std::size_t first = step.out.size();
  what(controller);
  controller.run_due();
  controller.finish();
  if (const AttemptId after = recreation(); after != before) {
    if (before) set_aside_.erase(set_aside_name(workload.name, before));
    if (after) set_aside_[set_aside_name(workload.name, after)] = workload.key;
  }
  count(workload, first, step);
  if (workload.lifecycle.forget_at) forget_if_over(workload, step.now);
}

void Supervisor::run_controller_for(Workload& workload, Step& step,
                                    const std::function<void(WorkloadController&)>& what) {
  run_controller(workload, step, what);
}

Workload* Supervisor::by_key(const std::string& key) {
  const auto found = workloads_.find(key);
  return found == workloads_.end() ? nullptr : found->second.get();
}

Workload* Supervisor::by_container(const std::string& id) {
  const auto found = key_of_container_.find(id);
  return found == key_of_container_.end() ? nullptr : by_key(found->second);
}

Workload& Supervisor::adopt(const std::string& key, const std::string& container_id) {
  auto& slot = workloads_[key];
  if (!slot) {
    Remembered remembered;
    remembered.record.key = key;
    if (auto found = remembered_.extract(key)) remembered = std::move(found.mapped());
    slot = std::make_unique<Workload>(restore_workload(remembered));
    for (const Incident& incident : stored_incidents_)
      if (incident.workload == key) restore_incident(*slot, incident);
    std::erase_if(stored_incidents_, [&](const Incident& incident) { return incident.workload == key; });
  }
  if (slot->container.id != container_id) key_of_container_.erase(slot->container.id);
  key_of_container_[container_id] = key;
  return *slot;
}

void Supervisor::on(const EngineEvent& event, Step& step) {
  if (session_.use_of(event) == EngineSession::Use::Now) report(event, step);
}

void Supervisor::report(const EngineEvent& event, Step& step) {
  if (step.now >= host_state_.live_from)
    host_state_.engine_lag = step.now - host_state_.instant(WallTime{event.unix_nanoseconds / 1'000'000});
  if (Workload* workload = by_container(event.container_id)) {
    run_controller(*workload, step, [&](WorkloadController& controller) { controller.engine_event(event); });
    parent_event(event, step);
    return;
  }
  parent_event(event, step);
  if (const auto early = early_evidence_.find(event.container_id);
      early != early_evidence_.end() && reports_an_end(event))
    early->second.observe(event);
  const bool started = std::holds_alternative<Started>(event.report);
  if (started && early_evidence_.size() < most_remembered) early_evidence_[event.container_id];
  // The container is unknown or not watched: only a start or a change can make it a watched one.
  if (started || std::holds_alternative<Changed>(event.report))
    step.out.push_back(Inspect{event.container_id});
}

void Supervisor::on(const ContainerObserved& event, Step& step) {
  const Container& facts = event.container;
  if (facts.state == ContainerState::Running || facts.state == ContainerState::Paused)
    session_.saw_running(facts.instance());
  note_parent(facts, step);
  if (!is_watched(facts, *event.policy, host_state_.probe_origin)) {
    early_evidence_.erase(facts.id);
    if (Workload* workload = by_container(facts.id)) {
      run_controller(*workload, step, [](WorkloadController& controller) { controller.opted_out(); });
    }
    return;
  }
  if (is_set_aside(facts)) return;
  const std::string key = workload_key(facts);
  if (Workload* other = by_container(facts.id); other && other->key != key) {
    // The container was renamed: the workload of the old name has lost its container.
    key_of_container_.erase(facts.id);
    run_controller(*other, step, [](WorkloadController& controller) { controller.container_gone(); });
  }
  if (const Workload* present = by_key(key); present && present->container.id != facts.id) {
    // The replacement of a removed container does not run yet: its start event will cause an inspect.
    const bool awaited = present->lifecycle.presence == Presence::Absent && present->lifecycle.forget_at;
    if (awaited && facts.state == ContainerState::Created) return;
    // A replacement that does not run yet, or an older container that is about to be removed.
    if (present->lifecycle.presence != Presence::Absent &&
        (facts.state != ContainerState::Running || runs_longer(facts, *present)))
      return;
  }

  Workload& workload = adopt(key, facts.id);
  std::optional<Attempt> unfinished = take_unfinished(key, step);
  take_early_evidence(workload, facts.id, unfinished.has_value());
  run_controller(workload, step, [&](WorkloadController& controller) {
    if (unfinished) controller.resume_attempt(*unfinished);
    controller.observe(event);
  });
  if (Workload* seen = by_key(key)) learn_edges(*seen, facts, step);
}

void Supervisor::take_early_evidence(Workload& workload, const std::string& container_id, bool ours) {
  const auto early = early_evidence_.extract(container_id);
  if (!early) return;
  workload.lifecycle.evidence = early.mapped();
  if (ours) workload.lifecycle.evidence.forget_seen();
  workload.lifecycle.evidence_at = host_state_.happened(workload.lifecycle.evidence.newest());
}

bool Supervisor::is_set_aside(const Container& facts) const {
  if (set_aside_.empty()) return false;
  // The new container begins under the set-aside name with this suffix.
  constexpr std::string_view successor = "-new";
  std::string name = facts.name;
  if (name.ends_with(successor)) name.resize(name.size() - successor.size());
  return set_aside_.contains(name);
}

std::optional<Attempt> Supervisor::take_unfinished(const std::string& key, Step& step) {
  std::optional<Attempt> newest;
  for (Attempt& attempt : unfinished_attempts_) {
    if (attempt.workload != key) continue;
    if (newest && attempt.id < newest->id) std::swap(attempt, *newest);
    if (newest) {
      // Attempts of a workload never overlap: this older attempt had ended, but its end was not stored.
      newest->state = AttemptState::Cancelled;
      newest->note = "its end was not written down";
      newest->ended_at = step.now;
      step.out.push_back(Persist{*newest});
    }
    newest = attempt;
  }
  std::erase_if(unfinished_attempts_, [&](const Attempt& attempt) { return attempt.workload == key; });
  return newest;
}

void Supervisor::on(const ContainerGone& event, Step& step) {
  early_evidence_.erase(event.container_id);
  parent_gone(event.container_id, step);
  Workload* workload = by_container(event.container_id);
  if (!workload) return;
  if (workload->container.id != event.container_id) {
    key_of_container_.erase(event.container_id);
    return;
  }
  run_controller(*workload, step, [](WorkloadController& controller) { controller.container_gone(); });
  if (Workload* left = by_container(event.container_id); left && left->lifecycle.presence == Presence::Absent)
    key_of_container_.erase(event.container_id);
}

void Supervisor::on(const InspectFailed& event, Step& step) {
  // Events of a container without an inspect yet stay in early_evidence_: a later inspect succeeds, or the
  // container is gone.
  if (Workload* workload = by_container(event.container_id))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.inspect_failed(event.error); });
}

/// Takes over the workloads whose containers the first list contains, but no inspect has shown yet: their
/// events count from now on.
void Supervisor::take_over_unseen(const std::vector<std::string>& listed, Step& step) {
  const auto is_recreated = [this](const std::string& key) {
    return std::any_of(unfinished_attempts_.begin(), unfinished_attempts_.end(), [&](const Attempt& attempt) {
      return attempt.workload == key && attempt.remedy == RemedyKind::Recreate;
    });
  };
  std::vector<std::string> keys;
  for (const auto& [key, remembered] : remembered_) {
    const std::string& id = remembered.record.last_instance.container_id;
    // The inspect of a container that is no longer watched has erased its early evidence.
    const bool unseen = std::binary_search(listed.begin(), listed.end(), id) && early_evidence_.contains(id);
    if (unseen && !is_recreated(key)) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    const std::string id = remembered_.at(key).record.last_instance.container_id;
    Workload& workload = adopt(key, id);
    const std::optional<Attempt> unfinished = take_unfinished(key, step);
    take_early_evidence(workload, id, unfinished.has_value());
    workload.dirty = workload.reported_stopped();
    run_controller(workload, step, [&](WorkloadController& controller) {
      if (unfinished) controller.resume_attempt(*unfinished);  // before any other remedy can begin
      controller.not_inspected_yet();
    });
  }
}

/// Takes over the open incidents whose container does not exist or is being recreated.
void Supervisor::take_over_incidents(Step& step) {
  const std::vector<Incident> left = stored_incidents_;
  for (const Incident& incident : left) {
    const std::optional<Attempt> unfinished = take_unfinished(incident.workload, step);
    Workload& workload = adopt(incident.workload, {});
    workload.name = incident.name;
    // The container was removed while healer was not running: like any removed container, it gets the time of
    // a deployment before its incident is closed.
    key_of_container_.erase("");
    run_controller(workload, step, [&](WorkloadController& controller) {
      if (unfinished) controller.resume_attempt(*unfinished);
      controller.container_gone();
    });
  }
}

void Supervisor::on(const SyncCompleted& event, Step& step) {
  std::vector<std::string> listed = event.container_ids;
  std::sort(listed.begin(), listed.end());
  std::vector<std::string> gone;
  for (const auto& [id, key] : key_of_container_)
    if (!std::binary_search(listed.begin(), listed.end(), id)) gone.push_back(id);
  std::sort(gone.begin(), gone.end());  // the order of a hash map must not decide
  // A container may be newer than the list: an inspect must confirm that it is gone.
  for (const std::string& id : gone) step.out.push_back(Inspect{id});
  look_at_parents(listed, step);
  if (session_.listed()) {
    step.out.push_back(LogLine{LogLevel::Info,
                               "the engine restarted: stops from before it answered are the engine's, not an "
                               "operator's",
                               {}});
    host_state_.host.engine_stops_until = session_.stops_until();
    save_host(step);
  }

  const bool first = !host_state_.synced_once;
  host_state_.synced_once = true;
  host_state_.synced_at = step.now;
  host_state_.live_from = std::min(host_state_.live_from, step.now + replay_lookback);
  if (first) {
    take_over_unseen(listed, step);
    take_over_incidents(step);
  }
  std::vector<std::string> keys;
  keys.reserve(workloads_.size());
  for (const auto& [key, workload] : workloads_) {
    if (workload->lifecycle.judge_exit_at || workload->lifecycle.ran_before_engine_loss) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys)
    run_controller(*by_key(key), step, [](WorkloadController& controller) { controller.synced(); });
  if (first) release(HoldKind::EngineDown, step);
  if (first)
    step.out.push_back(LogLine{
        LogLevel::Info, fmt::format("watching {} of {} containers", workloads_.size(), listed.size()), {}});
}

void Supervisor::on(const EngineConnected& event, Step& step) {
  host_state_.engine_up = true;
  host_state_.live_from = Instant::max();
  host_state_.stop_reports = event.stop_reports;
  host_state_.capabilities = event.capabilities;
  session_.connected(event.process);
  engine_notification_due_.reset();
  step.out.push_back(LogLine{LogLevel::Info, "connected to " + event.description, {}});
  if (!engine_dedup_key_.empty()) {
    // If the outage began before this process, its length is not known.
    const std::string after =
        engine_lost_at_ ? " after " + format_duration(step.now - *engine_lost_at_) : std::string();
    engine_notification(step, NotificationKind::Recovered, "ENGINE BACK",
                        "The engine answers again" + after + ".");
    engine_dedup_key_.clear();
    host_state_.host.engine_notification_key.clear();
    save_host(step);
  }
  engine_lost_at_.reset();
  // Remedies that became due while the engine was down are due now.
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (!std::holds_alternative<Idle>(workload->remediation.phase)) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) run_controller(*by_key(key), step, [](WorkloadController&) {});
}

void Supervisor::on(const ProbeOriginLearned& event, Step& step) {
  if (event.probe_origin == host_state_.probe_origin) return;
  host_state_.probe_origin = event.probe_origin;
  if (Workload* itself = by_container(event.probe_origin.own_container_id))
    run_controller(*itself, step, [](WorkloadController& controller) { controller.opted_out(); });
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (workload->lifecycle.presence == Presence::Running) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys)
    run_controller(*by_key(key), step, [](WorkloadController& controller) { controller.resolve_targets(); });
}

EngineSession::Running Supervisor::running_instances() const {
  EngineSession::Running running;
  for (const auto& [key, workload] : workloads_) {
    const ContainerState state = workload->container.state;
    if (state == ContainerState::Running || state == ContainerState::Paused)
      running[workload->container.id] = workload->container.started_at;
  }
  return running;
}

std::int64_t Supervisor::newest_event() const {
  std::int64_t newest = 0;
  for (const auto& [key, workload] : workloads_)
    newest = std::max(newest, workload->lifecycle.evidence.newest());
  return newest;
}

bool Supervisor::was_shutdown(Instant now) const {
  // All running containers were stopped, the last just before the stream ended: the engine shut down. A
  // single stop may be an operator's at the moment when the stream broke: it counts as the operator's.
  const std::int64_t newest = newest_event();
  std::size_t stopped = 0;
  Instant last{};
  for (const auto& [key, workload] : workloads_) {
    if (is_ordered_about(*workload)) continue;
    if (stopped_lately(*workload, now, newest)) {
      ++stopped;
      last = std::max(last, workload->lifecycle.evidence_at);
    } else if (may_run(*workload)) {
      return false;
    }
  }
  return stopped >= 2 && now - last <= shutdown_gap;
}

void Supervisor::on(const EngineLost& event, Step& step) {
  engine_reason_ = event.reason;
  session_.lost(running_instances());
  if (std::exchange(host_state_.engine_up, false)) {
    const bool shut_down = was_shutdown(step.now);
    const std::int64_t newest = newest_event();
    std::vector<std::string> keys;
    for (const auto& [key, workload] : workloads_) keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    for (const std::string& key : keys) {
      Workload& workload = *by_key(key);
      const bool fell =
          shut_down && !is_ordered_about(workload) && stopped_lately(workload, step.now, newest);
      run_controller(workload, step, [&](WorkloadController& controller) { controller.engine_lost(fell); });
    }
  }
  const bool first = !engine_lost_at_;
  if (!first) return;
  engine_lost_at_ = step.now;
  engine_notification_due_ = step.now + engine_notification_after;
  step.out.push_back(
      LogLine{LogLevel::Warning,
              "engine unreachable, health is unknown and nothing is done until it is back: " + event.reason,
              {}});
}

void Supervisor::on(const ProbeFinished& event, Step& step) {
  if (event.workload.empty()) {
    connectivity_changed(host_state_.connectivity.finished(event, host_state_.policy, step.now, step.out),
                         step);
    return;
  }
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.probe_finished(event); });
}

void Supervisor::on(const RemedyFinished& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.remedy_finished(event); });
}

void Supervisor::on(const Tick& event, Step& step) {
  if (event.workload.empty()) {
    host_wake_at_.reset();  // this Tick answered the Wake: wake_host() requests the next one
    if (engine_notification_due_ && step.now >= *engine_notification_due_ && !host_state_.engine_up) {
      engine_notification_due_.reset();
      if (!engine_dedup_key_.empty()) return;  // a former process notified it
      engine_dedup_key_ = fmt::format("healer/{:.60}/engine/{}", host_state_.policy.host_name,
                                      step.now.time_since_epoch().count());
      engine_notification(
          step, NotificationKind::Critical, "ENGINE DOWN",
          fmt::format(
              "The engine cannot be reached: {}. Health is unknown, and nothing is healed until it is back.",
              engine_reason_));
      host_state_.host.engine_notification_key = engine_dedup_key_;
      save_host(step);
    }
    return;
  }
  Workload* workload = by_key(event.workload);
  if (!workload) return;
  workload->wake_at.reset();  // this Tick answered the Wake: finish() requests the next one
  run_controller(*workload, step, [](WorkloadController&) {});
}

void Supervisor::on(const LoopStalled& event, Step& step) {
  const bool recent = host_state_.stalled_at && step.now - *host_state_.stalled_at < stall_memory;
  host_state_.stall = recent ? std::max(host_state_.stall, event.lag) : event.lag;
  host_state_.stalled_at = step.now;
  if (event.lag < said_stall) return;
  step.out.push_back(
      LogLine{LogLevel::Warning,
              fmt::format("the loop stood still for {}: what timed out meanwhile is not counted",
                          format_duration(event.lag)),
              {}});
}

void Supervisor::on(const OperatorReset& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step, [](WorkloadController& controller) { controller.reset(); });
}

void Supervisor::on(const EvidenceCaptured& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.evidence_captured(event); });
}

void Supervisor::on(const OperatorHeal& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step, [](WorkloadController& controller) { controller.heal(); });
}

void Supervisor::on(const OperatorAck& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.acknowledge(event.by); });
}

void Supervisor::on(const AlertReported& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    run_controller(*workload, step,
                   [&](WorkloadController& controller) { controller.alert_reported(event); });
}

void Supervisor::forget_if_over(const Workload& workload, Instant now) {
  if (now < *workload.lifecycle.forget_at || workload.incident || workload.remediation.in_flight) return;
  // History and budget stay on disk, and in memory in case the workload returns.
  const std::string key = workload.key;
  if (remembered_.size() < most_remembered || !workload.remediation.breaker.attempts().empty())
    remembered_[key] = {workload.record(), workload.remediation.breaker.attempts(), std::nullopt};
  if (const auto of = key_of_container_.find(workload.container.id);
      of != key_of_container_.end() && of->second == key)
    key_of_container_.erase(of);
  uncount(*by_key(key));
  workloads_.erase(key);
}

void Supervisor::engine_notification(Step& step, NotificationKind kind, const char* event, std::string text) {
  std::vector<std::string>& notified_channels = host_state_.host.engine_notified_channels;
  const bool ends = kind == NotificationKind::Recovered;
  const auto to = host_notification(
      step, kind, event, std::move(text), engine_dedup_key_,
      Following{NotificationKind::Critical, ends, ends, notified_channels},
      ends ? std::string() : "See whether the engine runs, and whether healer may talk to it.");
  notified_channels.clear();
  if (!ends)
    for (const Destination& each : to) notified_channels.push_back(each.channel);
}

std::vector<Destination> Supervisor::host_notification(Step& step, NotificationKind kind, const char* event,
                                                       std::string text, std::string dedup_key,
                                                       const Following& follows, std::string advice,
                                                       const std::vector<Destination>& more) {
  Notification notification;
  notification.id = NotificationId{++host_state_.ids.notification};
  notification.kind = kind;
  notification.dedup_key = std::move(dedup_key);
  notification.event = event;
  notification.text = std::move(text);
  notification.host = host_state_.policy.host_name;
  notification.created_at = step.now;
  notification.advice = std::move(advice);
  notification.link = link_of(routing_of(host_state_.policy).link, notification);
  std::vector<Destination> to =
      route_notification(host_state_.policy, notification, follows, {step.now, host_state_.wall_ahead})
          .destinations;
  join(to, more);
  step.out.push_back(SendNotification{std::move(notification), to});
  return to;
}

std::vector<WorkloadStatus> Supervisor::status(Instant now) const {
  std::vector<WorkloadStatus> all;
  all.reserve(workloads_.size());
  for (const auto& [key, workload] : workloads_)
    all.push_back(status_of_workload(*workload, host_state_, now));
  std::sort(all.begin(), all.end(), [](const WorkloadStatus& a, const WorkloadStatus& b) {
    return std::tie(a.name, a.key) < std::tie(b.name, b.key);
  });
  return all;
}

HostStatus Supervisor::host_status(Instant now) const {
  return status_of_host(host_state_, now);
}

std::optional<WorkloadStatus> Supervisor::status_of(std::string_view key_or_name, Instant now) const {
  const auto key = find(key_or_name);
  if (!key) return std::nullopt;
  return status_of_workload(*workload(*key), host_state_, now);
}

std::optional<WorkloadExplanation> Supervisor::explain(std::string_view key_or_name, Instant now) const {
  const auto key = find(key_or_name);
  if (!key) return std::nullopt;
  return explain_workload(*workload(*key), host_state_, now);
}

std::optional<std::string> Supervisor::find(std::string_view key_or_name) const {
  if (const auto exact = workloads_.find(std::string(key_or_name)); exact != workloads_.end())
    return exact->first;
  std::optional<std::string> found;
  for (const auto& [key, workload] : workloads_)
    if (workload->name == key_or_name && (!found || key < *found)) found = key;
  return found;
}

}  // namespace healer
