#include "core/supervisor.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/identity.hpp"

namespace healer {
namespace {

/// A stream that ends and is back within this is a proxy's habit, not an outage.
constexpr Duration engine_alert_after = 10s;
/// The stops an engine makes when it shuts down end just before its stream does.
constexpr Duration shutdown_gap = 3s;
constexpr Duration shutdown_window = 30s;
/// Names that come and go for ever (one per job run) must not fill the memory; the rest is on disk.
constexpr std::size_t most_remembered = 10000;

bool is_running(Presence presence) {
  return presence == Presence::Running || presence == Presence::Paused;
}

}  // namespace

Supervisor::Supervisor(std::string host_name, const StoredState& stored) {
  world_.host_name = std::move(host_name);
  world_.last_incident = stored.last_incident;
  world_.last_attempt = stored.last_attempt;
  world_.last_alert = stored.last_alert;
  for (const WorkloadRecord& record : stored.workloads) remembered_[record.key].record = record;
  for (const Attempt& attempt : stored.attempts) {
    const auto of = remembered_.find(attempt.workload);
    if (of != remembered_.end()) of->second.attempts.push_back(attempt.ordered_at);
    if (attempt.state == AttemptState::Ordered || attempt.state == AttemptState::Verifying)
      unfinished_attempts_.push_back(attempt);
  }
  stored_incidents_ = stored.open_incidents;
}

void Supervisor::step(const Event& event, Instant now, Draws draws, Actions& out) {
  Step step{now, draws, out};
  std::visit([&](const auto& what) { on(what, step); }, event);
}

template <class F>
void Supervisor::care(Workload& workload, Step& step, F&& what) {
  Care care(world_, workload, step.now, step.draws, step.out);
  what(care);
  care.run_due();
  care.finish();
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
      if (incident.workload == key) slot->incident = incident;
    std::erase_if(stored_incidents_, [&](const Incident& incident) { return incident.workload == key; });
  }
  if (slot->container.id != container_id) key_of_container_.erase(slot->container.id);
  key_of_container_[container_id] = key;
  return *slot;
}

void Supervisor::on(const EngineEvent& event, Step& step) {
  if (Workload* workload = by_container(event.container_id)) {
    care(*workload, step, [&](Care& care) { care.engine_event(event); });
    return;
  }
  // Unknown or not ours: only what may make it ours is worth a look.
  if (event.kind == EngineEventKind::Start || event.kind == EngineEventKind::Unpause ||
      event.kind == EngineEventKind::Rename)
    step.out.push_back(Inspect{event.container_id});
}

void Supervisor::on(const ContainerObserved& event, Step& step) {
  const Container& facts = event.container;
  if (!is_watched(facts, *event.policy, world_.vantage)) {
    if (Workload* workload = by_container(facts.id)) {
      const std::string key = workload->key;
      care(*workload, step, [](Care& care) { care.opted_out(); });
      forget_if_over(key, step.now);
    }
    return;
  }
  const std::string key = workload_key(facts);
  if (const Workload* present = by_key(key); present && present->container.id != facts.id &&
                                             !facts.id.empty() && present->presence != Presence::Absent &&
                                             facts.state != ContainerState::Running)
    return;  // a replacement that does not run yet, or a predecessor on its way out

  Workload& workload = adopt(key, facts.id);
  const bool restored = workload.presence == Presence::Absent && !workload.attempt;
  care(workload, step, [&](Care& care) {
    if (restored) {
      const auto unfinished = std::find_if(unfinished_attempts_.begin(), unfinished_attempts_.end(),
                                           [&](const Attempt& attempt) { return attempt.workload == key; });
      if (unfinished != unfinished_attempts_.end()) {
        const Attempt attempt = *unfinished;
        unfinished_attempts_.erase(unfinished);
        if (workload.incident) care.resume_attempt(attempt);
      }
    }
    care.observe(event);
  });
}

void Supervisor::on(const ContainerGone& event, Step& step) {
  Workload* workload = by_container(event.container_id);
  if (!workload) return;
  key_of_container_.erase(event.container_id);
  if (workload->container.id != event.container_id) return;
  care(*workload, step, [](Care& care) { care.container_gone(); });
}

void Supervisor::on(const InspectFailed& event, Step& step) {
  if (Workload* workload = by_container(event.container_id))
    care(*workload, step, [&](Care& care) { care.inspect_failed(event.error); });
}

void Supervisor::on(const SyncCompleted& event, Step& step) {
  std::vector<std::string> listed = event.container_ids;
  std::sort(listed.begin(), listed.end());
  std::vector<std::string> gone;
  for (const auto& [id, key] : key_of_container_)
    if (!std::binary_search(listed.begin(), listed.end(), id)) gone.push_back(id);
  std::sort(gone.begin(), gone.end());  // the map's order is no decision's business
  for (const std::string& id : gone) on(ContainerGone{id}, step);

  const bool first = !world_.synced_once;
  world_.synced_once = true;
  // An incident whose container vanished while healer was not there: given the time of a deployment, then
  // closed.
  if (first) {
    const std::vector<Incident> left = stored_incidents_;
    for (const Incident& incident : left) {
      Workload& workload = adopt(incident.workload, "");
      key_of_container_.erase("");
      workload.name = incident.name;
      care(workload, step, [](Care& care) { care.container_gone(); });
    }
  }
  const bool shut_down = std::exchange(engine_shut_down_, false);
  std::vector<std::string> keys;
  keys.reserve(workloads_.size());
  for (const auto& [key, workload] : workloads_) {
    const bool waits = workload->judge_exit_at || shut_down || workload->ran_before_engine_loss;
    if (waits) keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) {
    Workload& workload = *by_key(key);
    const bool fell_with_engine = shut_down && workload.ran_before_engine_loss;
    care(workload, step, [&](Care& care) { care.synced(fell_with_engine); });
  }
  if (first)
    step.out.push_back(LogLine{
        LogLevel::Info, fmt::format("watching {} of {} containers", workloads_.size(), listed.size()), {}});
}

void Supervisor::on(const EngineConnected& event, Step& step) {
  world_.engine_up = true;
  world_.stop_follows_exit = event.stop_follows_exit;
  engine_alert_due_.reset();
  step.out.push_back(LogLine{LogLevel::Info, "connected to " + event.description, {}});
  if (!engine_dedup_key_.empty()) {
    const Duration away = engine_lost_at_ ? step.now - *engine_lost_at_ : Duration{0};
    engine_alert(step, AlertKind::Recovered, "ENGINE BACK",
                 fmt::format("The engine answers again after {}.", format_duration(away)));
    engine_dedup_key_.clear();
  }
  engine_lost_at_.reset();
  // What was due while the engine was away is due now.
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (!std::holds_alternative<Idle>(workload->remedy)) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) care(*by_key(key), step, [](Care&) {});
}

void Supervisor::on(const VantageLearned& event, Step& step) {
  if (event.vantage == world_.vantage) return;
  world_.vantage = event.vantage;
  std::vector<std::string> keys;
  for (const auto& [key, workload] : workloads_)
    if (workload->presence == Presence::Running) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  for (const std::string& key : keys) care(*by_key(key), step, [](Care& care) { care.find_way(); });
}

bool Supervisor::was_shutdown(Instant now) const {
  // Everything that ran was stopped by somebody, the last just before the stream ended: the engine itself.
  std::size_t stopped = 0;
  Instant last{};
  for (const auto& [key, workload] : workloads_) {
    if (is_running(workload->presence)) return false;
    if (workload->exit_kind == ExitKind::Person && now - workload->stopped_at < shutdown_window) {
      ++stopped;
      last = std::max(last, workload->stopped_at);
    }
  }
  return stopped > 0 && now - last <= shutdown_gap;
}

void Supervisor::on(const EngineLost& event, Step& step) {
  engine_reason_ = event.reason;
  if (world_.engine_up) {
    engine_shut_down_ = was_shutdown(step.now);
    for (auto& [key, workload] : workloads_) {
      const bool fell = engine_shut_down_ && workload->exit_kind == ExitKind::Person &&
                        step.now - workload->stopped_at < shutdown_window;
      if (fell) workload->ran_before_engine_loss = true;
      Care(world_, *workload, step.now, step.draws, step.out).engine_lost();
    }
  }
  const bool first = !engine_lost_at_;
  world_.engine_up = false;
  if (!first) return;
  engine_lost_at_ = step.now;
  engine_alert_due_ = step.now + engine_alert_after;
  step.out.push_back(
      LogLine{LogLevel::Warning,
              "engine unreachable, health is unknown and nothing is done until it is back: " + event.reason,
              {}});
  step.out.push_back(Wake{"", *engine_alert_due_});
}

void Supervisor::on(const ProbeFinished& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    care(*workload, step, [&](Care& care) { care.probe_finished(event); });
}

void Supervisor::on(const RemedyFinished& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    care(*workload, step, [&](Care& care) { care.remedy_finished(event); });
}

void Supervisor::on(const Tick& event, Step& step) {
  if (event.workload.empty()) {
    if (engine_alert_due_ && step.now >= *engine_alert_due_ && !world_.engine_up) {
      engine_alert_due_.reset();
      engine_dedup_key_ =
          fmt::format("healer/{:.60}/engine/{}", world_.host_name, step.now.time_since_epoch().count());
      engine_alert(
          step, AlertKind::Critical, "ENGINE DOWN",
          fmt::format(
              "The engine cannot be reached: {}. Health is unknown, and nothing is healed until it is back.",
              engine_reason_));
    } else if (engine_alert_due_) {
      step.out.push_back(Wake{"", std::max(*engine_alert_due_, step.now)});
    }
    return;
  }
  Workload* workload = by_key(event.workload);
  if (!workload) return;
  workload->wake_at.reset();  // it has been used up: finish() asks anew
  const std::string key = workload->key;
  care(*workload, step, [](Care&) {});
  forget_if_over(key, step.now);
}

void Supervisor::on(const LoopStalled& event, Step& step) {
  world_.stalled_at = step.now;
  step.out.push_back(
      LogLine{LogLevel::Warning,
              fmt::format("the loop stood still for {}: what timed out meanwhile is not counted",
                          format_duration(event.lag)),
              {}});
}

void Supervisor::on(const OperatorReset& event, Step& step) {
  if (Workload* workload = by_key(event.workload))
    care(*workload, step, [](Care& care) { care.operator_reset(); });
}

void Supervisor::forget_if_over(const std::string& key, Instant now) {
  Workload* workload = by_key(key);
  if (!workload || !workload->forget_at || now < *workload->forget_at || workload->incident) return;
  // History and budget stay on disk, and here for the case that it comes back.
  if (remembered_.size() < most_remembered)
    remembered_[key] = {workload->record(), workload->breaker.attempts()};
  key_of_container_.erase(workload->container.id);
  workloads_.erase(key);
}

void Supervisor::engine_alert(Step& step, AlertKind kind, const char* event, std::string text) {
  Alert alert;
  alert.id = AlertId{++world_.last_alert};
  alert.kind = kind;
  alert.dedup_key = engine_dedup_key_;
  alert.event = event;
  alert.text = std::move(text);
  alert.host = world_.host_name;
  alert.raised_at = step.now;
  step.out.push_back(RaiseAlert{std::move(alert)});
}

std::optional<std::string> Supervisor::find(std::string_view key_or_name) const {
  for (const auto& [key, workload] : workloads_)
    if (key == key_or_name || workload->name == key_or_name) return key;
  return std::nullopt;
}

}  // namespace healer
