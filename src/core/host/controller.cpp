#include "core/host/controller.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/earliest.hpp"
#include "core/host/host_contribution.hpp"
#include "core/host/recreations.hpp"

namespace healer {
namespace {

/// A step of the wall clock that is no correction: the machine was suspended.
constexpr Duration notable_jump = 500ms;

/// Stalls this close together are one stall: a starved process runs its loop now and then.
constexpr Duration stall_memory = 5s;
/// A shorter stall is not logged, but may excuse a timeout.
constexpr Duration said_stall = 1s;

void notify_connectivity(ConnectivityCheck::Change change, const HostState& state, HostOut& out) {
  if (change == ConnectivityCheck::Change::None) return;
  const ConnectivityCheck& connectivity = state.connectivity;
  const bool over = change == ConnectivityCheck::Change::Over;
  const Duration lasted = out.now() - connectivity.failed_since();
  HostMessage message;
  message.kind = over ? NotificationKind::Recovered : NotificationKind::Info;
  if (over)
    message.notice = notice::ConnectedAgain{lasted};
  else
    message.notice = notice::Disconnected{state.policy.connectivity_text, connectivity.problem(), lasted};
  message.dedup_key = fmt::format("healer/{:.60}/connectivity/{}", state.policy.host_name,
                                  connectivity.failed_since().time_since_epoch().count());
  message.follows = Following{NotificationKind::Info, over};
  out.notify(std::move(message));
}

}  // namespace

HostController::HostController(HostPolicy policy, const StoredState& stored, std::uint64_t seed,
                               Workloads& workloads)
    : workloads_(workloads),
      state_(std::move(policy), seed, workloads),
      record_(stored.host),
      engine_(state_),
      mass_(state_, workloads),
      revisits_(state_, workloads, held_),
      releases_(state_, revisits_, held_),
      parents_(state_.networks, workloads, revisits_) {
  state_.ids.incident = stored.last_incident;
  state_.ids.attempt = stored.last_attempt;
  state_.ids.notification = stored.last_notification;
  state_.pause.until = stored.host.paused_until;
}

// In each step.

void HostController::pause_due(HostOut& out) {
  if (state_.pause.until && out.now() >= *state_.pause.until) pause_over(fact::Command::PauseOver, out);
}

void HostController::mass_due(HostOut& out) {
  if (state_.mass.on()) watch_mass(out);
}

void HostController::connectivity_due(HostOut& out) {
  const auto change = state_.connectivity.run_due(state_.policy, out.now(), state_.ids.probe, out.effects());
  notify_connectivity(change, state_, out);
  if (auto waiting = state_.connectivity.take_waiting(); !waiting.empty())
    revisits_.add(revisit_group::Answered{std::move(waiting)});
}

void HostController::watch_mass(HostOut& out) {
  counts_.many_together = together_.many_began();
  mass_meant(mass_.watch(counts_, out));
}

void HostController::mass_meant(MassFailure::Meaning meaning) {
  if (meaning == MassFailure::Meaning::Nothing) return;
  releases_.make_room();  // which releases the workload that is due first
  if (meaning != MassFailure::Meaning::Over) return;
  // New verdicts decide. Workloads that are still unhealthy get their own notifications.
  revisits_.add(revisit_group::MassFailureOver{});
  revisits_.add(revisit_group::Incidents{});
}

void HostController::report_cycles(HostOut& out) {
  for (const std::string& key : state_.graph.take_changed_problems())
    if (const Workload* workload = workloads_.find(key))
      for (const LabelProblem& problem : state_.graph.problems(key))
        out.add(Report{LogLevel::Warning, workload->name, fact::DependencyCycle{problem}});
}

void HostController::wake(HostOut& out) {
  Earliest next;
  next.at(engine_.deadline());
  next.at(state_.connectivity.next_deadline());
  next.at(state_.mass.deadline());
  next.at(vanished_.deadline());
  next.at(state_.groups.deadline());
  if (state_.pause.until != Instant::max()) next.at(state_.pause.until);
  if (next.when() && next.when() != wake_at_) out.add(Wake{"", std::max(*next.when(), out.now())});
  wake_at_ = next.when();
}

// Events about the host.

void HostController::woken(HostOut& out) {
  wake_at_.reset();  // wake() requests the next one
  engine_.due(out);
  vanished_.due(out);
  state_.groups.due(out);
}

void HostController::on(const ProbeFinished& event, HostOut& out) {
  const auto change = state_.connectivity.finished(event, state_.policy, out.now(), out.effects());
  notify_connectivity(change, state_, out);
}

void HostController::vanished(const Workload& workload, const Reason& unhealthy, HostOut& out) {
  vanished_.add(workload, unhealthy, workloads_, out);
}

void HostController::on(const HostPressure& event, HostOut& out) {
  if (!event.high) {
    state_.pressure.reset();
    return;
  }
  if (!state_.pressure) {
    out.log(LogLevel::Warning, fact::UnderPressure{event.text});
    HostMessage message;
    message.notice = notice::UnderPressure{event.text};
    message.dedup_key = fmt::format("healer/{:.60}/pressure/{}", state_.policy.host_name,
                                    out.now().time_since_epoch().count());
    out.notify(std::move(message));
    state_.pressure = HostState::Pressure{out.now(), {}};
  }
  state_.pressure->text = event.text;
}

void HostController::on(const EventsLost&, HostOut& out) {
  state_.engine_memory.lost_before = out.now();
  out.log(LogLevel::Warning, fact::EventsLost{});
}

void HostController::on(const LoopStalled& event, HostOut& out) {
  const Standstill::Episode now{out.now(), event.lag};
  auto& [stall, newest] = state_.standstill;
  newest = now;
  const bool recent = stall && out.now() - stall->at < stall_memory;
  stall = Standstill::Episode{out.now(), recent ? std::max(stall->lasted, event.lag) : event.lag};
  if (event.lag < said_stall) return;
  out.log(LogLevel::Warning, fact::LoopStalled{event.lag});
}

void HostController::on(const OperatorPause& event, HostOut& out) {
  state_.pause.until = event.length ? out.now() + *event.length : Instant::max();
  ++state_.pause.times;
  out.save();
  const fact::HostCommanded paused{fact::Command::Pause, event.length};
  out.log(LogLevel::Warning, paused);
  out.decide(Rule::ByOperator, paused);
  revisits_.add(revisit_group::Incidents{});
}

void HostController::on(const OperatorResume&, HostOut& out) {
  if (state_.pause.until) pause_over(fact::Command::Resume, out);
}

void HostController::pause_over(fact::Command command, HostOut& out) {
  state_.pause.until.reset();
  out.save();
  const fact::HostCommanded over{command, std::nullopt};
  out.log(LogLevel::Info, over);
  out.decide(Rule::ByOperator, over);
  revisits_.add(revisit_group::Incidents{});
}

HostController::Clock HostController::clock_moved(Duration ahead, HostOut& out) {
  const Clock moved = ahead < state_.clocks.wall_ahead ? Clock::SetBack : Clock::SetForward;
  if (moved == Clock::SetBack) {
    workloads_.each([](Workload& workload) { workload.lifecycle.clock_set_back(); });
    if (std::exchange(record_.engine_stops_until, 0) != 0) out.save();
  }
  // Forward: the machine was suspended, or an operator set the clock. Both end what was measured until now.
  if (const Duration jump = ahead - state_.clocks.wall_ahead; jump >= notable_jump) {
    state_.standstill.newest = Standstill::Episode{out.now(), jump};
    out.log(LogLevel::Warning, fact::StoodStill{jump});
  }
  state_.clocks.wall_ahead = ahead;
  state_.clocks.engine_lag = Duration{0};
  releases_.release(HoldKind::Maintenance);
  return moved;
}

void HostController::on(const HostPolicyChanged& event, HostOut&) {
  const std::string host_name = state_.policy.host_name;
  state_.policy = event.policy;
  if (state_.policy.host_name.empty()) state_.policy.host_name = host_name;
  releases_.make_room();  // the new policy may allow more remedies at once
}

// What a workload means for the others.

void HostController::decided(Workload& workload, const std::vector<AttemptState>& ended, HostOut& out) {
  HostContribution now;
  now.counted = true;
  now.among = counts_among(workload);
  now.failing = counts_as_failing(workload);
  now.tried = tried_in_vain(workload);
  now.unnotified = now.failing && workload.incident && !workload.notifications.incident->notified;
  now.notified = workload.incident && workload.notifications.incident->notified;
  now.in_remedy = takes_slot(workload, state_.policy, out.now());
  now.not_ready = not_ready_reason(workload, out.now()) != NotReady::None;
  note_failing(workload, workload.contribution, now, out.now());
  // Until an attempt has ended: one that did not help makes it a part of the mass failure.
  now.apart = now.failing && ended.empty() && state_.mass.on() &&
              (workload.contribution.apart || failed_apart(workload, state_.mass, now.good_at));
  if (now.apart && !workload.contribution.apart && workload.held)
    revisits_.add(revisit_group::LookedAround{{workload.key}});
  const HostContribution before = std::exchange(workload.contribution, now);
  counts_.replace(before, now);
  using Notified = IncidentGroups::Notified;
  state_.groups.decided(workload, before.notified ? Notified::Yes : Notified::No, out);
  releases_.decided(workload, before);
  if (auto to_check = state_.look_around.take_to_check(); !to_check.empty())
    revisits_.add(revisit_group::LookAround{std::move(to_check)});
  if (!workload.health.probe)
    if (auto asking = state_.look_around.take_asking(workload.key); !asking.empty())
      revisits_.add(revisit_group::LookedAround{std::move(asking)});
  const bool recovered = std::find(ended.begin(), ended.end(), AttemptState::Recovered) != ended.end();
  const auto& ordered = workload.remediation.ordered;
  if (recovered && ordered && ordered->instance != workload.instance())
    revisits_.add(revisit_group::DependencyRestarted{workload.key});
  if (!state_.mass.on() || !(now.in_remedy || before.in_remedy) || before.apart) return;
  for (const AttemptState state : ended) mass_meant(mass_.remedy_ended(state, counts_, out));
}

/// When it began to fail, for the failures that begin together.
void HostController::note_failing(const Workload& workload, const HostContribution& before,
                                  HostContribution& now, Instant at) {
  if (!now.failing) {
    const Health& health = workload.health;
    const bool passed = !health.probe && health.last_verdict.outcome == Outcome::Pass;
    now.good_at = !health.last_check ? at : passed ? *health.last_check : before.good_at;
    if (before.failing) together_.ended(workload.key);
    return;
  }
  now.good_at = before.good_at;
  if (before.failing) return;
  const bool runs = workload.lifecycle.presence == Presence::Running;
  together_.began(workload.key, runs ? now.good_at : at, at);
}

void HostController::forget(Workload& workload) {
  const HostContribution before = std::exchange(workload.contribution, HostContribution{});
  counts_.replace(before, {});
  together_.ended(workload.key);
  releases_.left(workload, before);
  if (auto asking = state_.look_around.take_asking(workload.key); !asking.empty())
    revisits_.add(revisit_group::LookedAround{std::move(asking)});
  state_.graph.remove(workload.key);
  state_.networks.leave(workload);
}

void HostController::learn_dependencies(const Workload& workload, const Container& facts) {
  DependencyNode node;
  node.key = workload.key;
  node.name = workload.name;
  node.service = workload.service;
  node.declared = facts.start_order.dependencies;
  node.named = workload.policy->dependencies.names;
  node.network_parent = workload.network_parent;
  state_.graph.set(std::move(node));
  for (const std::string& service : facts.start_order.awaited_jobs) state_.graph.await_jobs(service);
}

void HostController::deployment_event(const EngineEvent& event, Instant now) {
  // Containers of services that healer does not watch come and go for reasons of their own, and a recreation
  // by healer is no deployment.
  bool known = false;
  bool ours = false;
  workloads_.each([&](const Workload& workload) {
    if (workload.service != event.service) return;
    known = true;
    ours = ours || Recreations::names(event.name, workload);
  });
  if (!known || ours) return;
  const std::string project = event.service.substr(0, event.service.find('/'));
  state_.deployments.changed(project, std::min(now, state_.happened(event.unix_nanoseconds)), now);
}

}  // namespace healer
