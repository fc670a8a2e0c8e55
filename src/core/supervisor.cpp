#include "core/supervisor.hpp"

#include <algorithm>
#include <utility>

#include "core/host/engine_shutdown.hpp"
#include "core/identity.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// What a workload's controller does about an event of the workload, or a change outside it.
struct Deliver {
  WorkloadController& to;
  void operator()(const ProbeFinished& event) const { to.probe_finished(event); }
  void operator()(const RemedyFinished& event) const { to.remedy_finished(event); }
  void operator()(const EvidenceCaptured& event) const { to.evidence_captured(event); }
  void operator()(const AlertReported& event) const { to.alert_reported(event); }
  void operator()(const AlertConfirmed& event) const { to.alert_confirmed(event); }
  template <IsOperatorCommand Command>
  void operator()(const Command& command) const {
    to.command(command);
  }

  void operator()(const Revisit::LookAgain&) const {}
  void operator()(const Revisit::CauseGone& gone) const { to.cause_gone(gone.held_for, gone.healthy_again); }
  void operator()(const Revisit::NetworkChanged&) const { to.resolve_targets(); }
  void operator()(const Revisit::ConnectivityAnswered&) const { to.connectivity_answered(); }
  void operator()(const Revisit::CheckNow&) const { to.check_now(); }
  void operator()(const Revisit::DependencyRestarted& root) const { to.dependency_restarted(root.name); }
};

}  // namespace

Supervisor::Supervisor(HostPolicy policy, const StoredState& stored, std::uint64_t seed)
    : host_(std::move(policy), stored, seed, workloads_),
      session_(stored),
      remembered_(stored),
      recreations_(stored) {}

void Supervisor::step(const Event& event, Instant now, Effects& effects) {
  HostOut out = host_.out(now, effects);
  if (!std::exchange(taken_over_, true)) {
    remembered_.take_over(now);
    host_.take_over(out);
  }
  decide(out, [&] { std::visit([&](const auto& what) { on(what, out); }, event); });
  // Reports that the session kept until now: each is decided like a separate event.
  for (const EngineEvent& released : session_.take_released()) decide(out, [&] { report(released, out); });
}

template <class F>
void Supervisor::decide(HostOut& out, F&& what) {
  host_.pause_due(out);
  revisit(out);
  host_.mass_due(out);
  revisit(out);
  what();
  revisit(out);
  host_.connectivity_due(out);
  revisit(out);
  settle(out);
  host_.wake(out);
}

void Supervisor::settle(HostOut& out) {
  host_.releases().by_connectivity();
  revisit(out);
  host_.state().concurrency.set_limit(host_.state().policy.remedy_share, workloads_.size());
  host_.watch_mass(out);
  revisit(out);
  while (host_.releases().others_may_begin()) {
    host_.releases().by_slots();
    revisit(out);
    host_.releases().by_dependencies();
    revisit(out);
    host_.watch_mass(out);
    revisit(out);
  }
  host_.report_cycles(out);
}

void Supervisor::revisit(HostOut& out) {
  while (const std::optional<Revisit> next = host_.next_revisit(out)) {
    Workload* workload = workloads_.find(next->workload);
    if (workload == nullptr) continue;
    run(*workload, out,
        [&next](WorkloadController& controller) { std::visit(Deliver{controller}, next->because); });
  }
}

template <class F>
void Supervisor::run(Workload& workload, HostOut& out, F&& what) {
  WorkloadController controller(host_.state(), workload, out.now(), out.effects());
  const AttemptId before = Recreations::of(workload);
  what(controller);
  controller.run_due();
  controller.finish();
  recreations_.decided(workload, before);
  host_.decided(workload, controller.ended_attempts(), out);
  if (!may_be_forgotten(workload, out.now())) return;
  if (controller.vanished()) host_.vanished(workload, controller.vanished_unhealthy(), out);
  // History and budget stay on disk, and in memory in case the workload returns.
  remembered_.keep(workload);
  host_.forget(workload);
  workloads_.forget(workload.key);
}

template <class F>
void Supervisor::run_each(const std::vector<std::string>& keys, HostOut& out, F&& what) {
  for (const std::string& key : keys)
    if (Workload* workload = workloads_.find(key)) run(*workload, out, what);
}

template <class Other>
void Supervisor::on(const Other& event, HostOut& out) {
  constexpr bool of_workload = requires {
    event.workload;
  };
  constexpr bool of_host = requires {
    host_.on(event, out);
  };
  static_assert(of_workload || of_host, "nobody takes this event");
  if constexpr (of_workload) {
    if (Workload* workload = workloads_.find(event.workload))
      return run(*workload, out, [&event](WorkloadController& controller) { Deliver{controller}(event); });
    if (!event.workload.empty()) return;
  }
  if constexpr (of_host) host_.on(event, out);
}

// Containers.

void Supervisor::on(const EngineEvent& event, HostOut& out) {
  if (session_.use_of(event) == EngineSession::Use::Now) report(event, out);
}

void Supervisor::report(const EngineEvent& event, HostOut& out) {
  host_.engine().reported(event, out.now());
  if (!event.service.empty() && !collisions_.of_service(event.service))
    host_.deployment_event(event, out.now());
  if (Workload* workload = workloads_.of_container(event.container_id)) {
    run(*workload, out, [&](WorkloadController& controller) { controller.engine_event(event); });
    host_.parents().reported(event, out);
    return;
  }
  host_.parents().reported(event, out);
  revisit(out);
  remembered_.reported(event);
  // The container is unknown or not watched: only a start or a change can make it a watched one.
  if (std::holds_alternative<Started>(event.report) || std::holds_alternative<Changed>(event.report))
    out.inspect(event.container_id);
}

void Supervisor::on(const ContainerObserved& event, HostOut& out) {
  const Container& facts = event.container;
  if (facts.state == ContainerState::Running || facts.state == ContainerState::Paused)
    session_.saw_running(facts.instance());
  if (!recreations_.sets_aside(facts)) host_.parents().inspected(facts, workload_key(facts));
  revisit(out);
  if (is_watched(facts, *event.policy, host_.state().probe_origin)) {
    if (!recreations_.sets_aside(facts)) observe(event, out);
    return;
  }
  remembered_.forget_events(facts.id);
  if (Workload* workload = workloads_.of_container(facts.id))
    run(*workload, out, [](WorkloadController& controller) { controller.opted_out(); });
}

void Supervisor::observe(const ContainerObserved& event, HostOut& out) {
  const Container& facts = event.container;
  const std::string key = collisions_.watched_key(facts, workload_key(facts));
  if (Workload* other = workloads_.of_container(facts.id); other && other->key != key) {
    // The container was renamed, or a collision has begun or ended: it is the same workload.
    if (!rekey(*other, key)) {
      workloads_.release_container(facts.id);
      run(*other, out, [](WorkloadController& controller) { controller.renamed(); });
    }
  }
  if (collides(key, facts, out)) return;
  if (const Workload* present = workloads_.find(key); present && keeps_its_container(*present, facts)) return;

  Workload& workload = adopt(key, facts.id);
  const std::optional<Attempt> unfinished = remembered_.take(workload, facts.id, host_.state(), out);
  run(workload, out, [&](WorkloadController& controller) {
    if (unfinished) controller.resume_attempt(*unfinished);
    controller.observe(collisions_.with_problem(event, workload_key(facts)));
  });
  if (Workload* seen = workloads_.find(key)) {
    host_.releases().joined(*seen, facts.identity.service);
    host_.parents().follow(*seen, out);
  }
  revisit(out);
  if (const Workload* seen = workloads_.find(key)) host_.learn_dependencies(*seen, facts);
}

/// Whether another running container has the key. It is known only after both were inspected once more: the
/// other one may just have been replaced by this one. Then each is watched under its own name.
bool Supervisor::collides(const std::string& key, const Container& facts, HostOut& out) {
  Workload* present = workloads_.find(key);
  if (present == nullptr || key == facts.name) return false;
  switch (collisions_.seen(*present, facts)) {
    case Collisions::Finding::None:
      return false;
    case Collisions::Finding::Suspected:
      out.inspect(present->container.id);
      out.inspect(facts.id);
      return true;
    case Collisions::Finding::Confirmed:
      break;
  }
  const std::string id = present->container.id;
  host_.state().deployments.forget(project_of(*present));
  rekey(*present, present->container.name);
  out.inspect(id);
  out.inspect(facts.id);
  return true;
}

bool Supervisor::rekey(Workload& workload, const std::string& key) {
  if (workloads_.find(key) != nullptr) return false;
  host_.forget(workload);
  workload.service.clear();  // learned again by the next inspect
  workloads_.rekey(workload.key, key);
  workload.wake_at.reset();
  workload.dirty = true;
  remembered_.take_incident(workload);
  return true;
}

Workload& Supervisor::adopt(const std::string& key, const std::string& container_id) {
  return workloads_.adopt(key, container_id, [&] { return remembered_.restore(key); });
}

void Supervisor::on(const ContainerGone& event, HostOut& out) {
  const std::string& id = event.container_id;
  remembered_.forget_events(id);
  host_.parents().gone(id);
  revisit(out);
  if (const auto other = collisions_.ended_by(id)) out.inspect(*other);
  Workload* workload = workloads_.of_container(id);
  if (!workload) return;
  if (workload->container.id != id) {
    workloads_.release_container(id);
    return;
  }
  run(*workload, out, [](WorkloadController& controller) { controller.container_gone(); });
  if (const Workload* left = workloads_.of_container(id);
      left && left->lifecycle.presence == Presence::Absent)
    workloads_.release_container(id);
}

void Supervisor::on(const InspectFailed& event, HostOut& out) {
  // Events of a container without an inspect yet stay remembered: a later inspect succeeds, or the container
  // is gone.
  if (Workload* workload = workloads_.of_container(event.container_id))
    run(*workload, out, [&](WorkloadController& controller) { controller.inspect_failed(event.error); });
}

/// Takes over the workloads whose containers the first list contains, but no inspect has shown yet: their
/// events count from now on.
void Supervisor::take_over_unseen(const std::vector<std::string>& listed, HostOut& out) {
  for (const auto& [key, container_id] : remembered_.unseen(listed)) {
    Workload& workload = adopt(key, container_id);
    const std::optional<Attempt> unfinished = remembered_.take(workload, container_id, host_.state(), out);
    workload.dirty = workload.reported_stopped();
    run(workload, out, [&](WorkloadController& controller) {
      if (unfinished) controller.resume_attempt(*unfinished);  // before any other remedy can begin
      controller.not_inspected_yet();
    });
  }
}

/// Takes over the open incidents whose container does not exist or is being recreated.
void Supervisor::take_over_incidents(HostOut& out) {
  const std::vector<Incident> left = remembered_.open_incidents();
  for (const Incident& incident : left) {
    const std::optional<Attempt> unfinished =
        remembered_.take_unfinished(incident.workload, out.now(), out.effects());
    Workload& workload = adopt(incident.workload, {});
    workload.name = incident.name;
    // The container was removed while healer was not running: like any removed container, it gets the time of
    // a deployment before its incident is closed.
    workloads_.release_container({});
    run(workload, out, [&](WorkloadController& controller) {
      if (unfinished) controller.resume_attempt(*unfinished);
      controller.container_gone();
    });
  }
}

// The engine and the host.

void Supervisor::on(const SyncCompleted& event, HostOut& out) {
  std::vector<std::string> listed = event.container_ids;
  std::sort(listed.begin(), listed.end());
  // A container may be newer than the list: an inspect must confirm that it is gone.
  for (std::string& id : workloads_.containers_not_in(listed)) out.inspect(std::move(id));
  host_.parents().inspect(listed, out);
  if (session_.listed()) host_.engine().replaced(session_.stops_until(), out);

  const bool first = host_.engine().listed(out.now()) == EngineConnection::List::First;
  if (first) {
    take_over_unseen(listed, out);
    take_over_incidents(out);
  }
  const auto waits = [](const Workload& workload) {
    return workload.lifecycle.judge_exit_at || workload.lifecycle.ran_before_engine_loss;
  };
  run_each(workloads_.keys_where(waits), out, [](WorkloadController& controller) { controller.synced(); });
  if (!first) return;
  host_.releases().release(HoldKind::EngineDown);
  revisit(out);
  out.log(LogLevel::Info, fact::FirstListRead{workloads_.size(), event.container_ids.size()});
}

void Supervisor::on(const EngineConnected& event, HostOut& out) {
  session_.connected(event.process);
  host_.engine().connected(event, out);
  // Remedies that became due while the engine was down are due now.
  const auto is_planned = [](const Workload& workload) {
    return !std::holds_alternative<Idle>(workload.remediation.phase);
  };
  run_each(workloads_.keys_where(is_planned), out, [](WorkloadController&) {});
}

void Supervisor::on(const ProbeOriginLearned& event, HostOut& out) {
  if (event.probe_origin == host_.state().probe_origin) return;
  host_.state().probe_origin = event.probe_origin;
  if (Workload* itself = workloads_.of_container(event.probe_origin.own_container_id))
    run(*itself, out, [](WorkloadController& controller) { controller.opted_out(); });
  const auto runs = [](const Workload& workload) { return workload.lifecycle.presence == Presence::Running; };
  run_each(workloads_.keys_where(runs), out,
           [](WorkloadController& controller) { controller.resolve_targets(); });
}

void Supervisor::on(const EngineLost& event, HostOut& out) {
  session_.lost(workloads_.running());
  const bool was_up = host_.state().engine_up;
  host_.engine().lost(event.reason);
  if (was_up) {
    const EngineShutdown shutdown(workloads_, out.now());
    for (const std::string& key : workloads_.keys_where([](const Workload&) { return true; })) {
      Workload& workload = *workloads_.find(key);
      const bool fell = shutdown.stopped(workload);
      run(workload, out, [fell](WorkloadController& controller) { controller.engine_lost(fell); });
    }
  }
  host_.engine().outage(out);
}

void Supervisor::on(const Tick& event, HostOut& out) {
  if (event.workload.empty()) {
    host_.woken(out);
    return;
  }
  Workload* workload = workloads_.find(event.workload);
  if (!workload) return;
  workload->wake_at.reset();  // this Tick answered the Wake: finish() requests the next one
  run(*workload, out, [](WorkloadController&) {});
}

void Supervisor::on(const WallClockMoved& event, HostOut& out) {
  if (host_.clock_moved(event.ahead, out) == HostController::Clock::SetBack) session_.wall_clock_set_back();
}

}  // namespace healer
