#include "core/workload/controller.hpp"

#include <algorithm>

#include "base/earliest.hpp"
#include "core/workload/alert_permit.hpp"

namespace healer {
namespace {

/// When a workload without a probe counts as healthy after an exit or `healer heal`: it stayed up until then.
std::optional<Instant> calm_at(const View& view) {
  const Workload& w = view.workload;
  if (!w.incident || w.remediation.attempt || w.remediation.queued() ||
      w.lifecycle.presence != Presence::Running || !w.health.unjudged() || w.health.network_loss ||
      w.alerts.awaited())
    return std::nullopt;
  switch (w.incident->cause) {
    case IncidentCause::Crashed:
    case IncidentCause::OutOfMemory:
    case IncidentCause::NotBackAfterEngine:
    case IncidentCause::ByOperator:
      return w.lifecycle.instance_started + w.policy->retry.verify_limit;
    default:
      return std::nullopt;
  }
}

}  // namespace

WorkloadController::WorkloadController(HostState& host, Workload& workload, Instant now, Effects& out)
    : host_(host),
      w_(workload),
      now_(now),
      view_{workload, host, now},
      out_(workload, host, now, out),
      machines_(host, workload, view_, out_) {}

// Reports of the engine.

void WorkloadController::configure(const ContainerObserved& seen) {
  w_.policy = seen.policy;
  if (w_.name != seen.container.name) w_.dirty = true;
  w_.name = seen.container.name;
  std::vector<LabelProblem> problems = seen.problems;
  if (!seen.container.identity.problem.empty())
    problems.push_back({"identity", "", seen.container.identity.problem});
  w_.ladder = ladder_on(*seen.policy, host_.capabilities, seen.container.owner, problems);
  for (const LabelProblem& problem : problems)
    if (std::find(w_.problems.begin(), w_.problems.end(), problem) == w_.problems.end())
      out_.log(LogLevel::Warning, fact::WrongLabel{problem});
  w_.problems = std::move(problems);
}

void WorkloadController::observe(const ContainerObserved& seen) {
  const bool policy_changed = !w_.policy || *w_.policy != *seen.policy;
  configure(seen);
  w_.facts.looked(seen.container.state, now_);

  const InstanceId known = w_.instance();
  const bool another = known != seen.container.instance() && w_.lifecycle.presence != Presence::Absent;
  if (another) machines_.give(&LifecycleMachine::took_over);

  const Container before = std::exchange(w_.container, seen.container);
  w_.container.labels.clear();
  const ContainerState state = w_.container.state;
  if (another &&
      (state == ContainerState::Exited || state == ContainerState::Dead || state == ContainerState::Created))
    machines_.give(&RemediationMachine::exited_again);
  machines_.give(&LifecycleMachine::inspected, known);

  const bool running = w_.lifecycle.presence == Presence::Running;
  if (running &&
      (policy_changed || before.networks != w_.container.networks || before.ports != w_.container.ports))
    machines_.give(&HealthMachine::resolve_targets);
  if (running && w_.health.probes.listens_to_engine() && !w_.on_old_instance())
    machines_.give(&HealthMachine::inspected);
  machines_.give(&RemediationMachine::inspected);
}

void WorkloadController::engine_event(const EngineEvent& event) {
  w_.facts.engine_said(event, now_);
  if (const auto* health = std::get_if<HealthReported>(&event.report)) {
    health_reported(*health, event);
    return;
  }
  if (std::holds_alternative<Removed>(event.report)) {
    if (!w_.remediation.recreating()) container_gone();
    return;
  }
  if (std::holds_alternative<Started>(event.report)) machines_.give(&RemediationMachine::started, event);
  machines_.give(&LifecycleMachine::reported, event);
}

void WorkloadController::health_reported(const HealthReported& report, const EngineEvent& event) {
  if (is_about_earlier_instance(event, view_) || !w_.health.probes.listens_to_engine() ||
      w_.lifecycle.presence != Presence::Running || w_.on_old_instance())
    return;
  const WallTime when{event.unix_nanoseconds / 1000000};
  if (w_.container.health_check.checked && when < *w_.container.health_check.checked)
    return;  // the facts are newer
  w_.container.health = report.health;
  w_.container.health_check.checked = when;
  w_.container.health_check.output.clear();
  w_.container.health_check.exit_code.reset();
  machines_.give(&HealthMachine::health_reported, report.health);
}

void WorkloadController::container_gone() {
  machines_.give(&LifecycleMachine::container_gone);
}

void WorkloadController::renamed() {
  container_gone();
  machines_.give(&LifecycleMachine::lives_on);
}

void WorkloadController::inspect_failed(const Error& error) {
  if (w_.lifecycle.presence != Presence::Absent || w_.unseen()) not_inspected_yet();
  machines_.give(&RemediationMachine::inspect_failed, error);
}

void WorkloadController::not_inspected_yet() {
  machines_.give(&LifecycleMachine::not_inspected_yet);
}

void WorkloadController::opted_out() {
  machines_.give(&LifecycleMachine::opted_out);
}

void WorkloadController::engine_lost(bool fell_with_it) {
  machines_.give(&LifecycleMachine::engine_lost, fell_with_it);
}

void WorkloadController::synced() {
  machines_.give(&LifecycleMachine::synced);
}

// Checks.

void WorkloadController::probe_finished(const ProbeFinished& finished) {
  machines_.give(&HealthMachine::check_finished, finished);
}

void WorkloadController::resolve_targets() {
  if (w_.lifecycle.presence == Presence::Running) machines_.give(&HealthMachine::resolve_targets);
}

void WorkloadController::connectivity_answered() {
  machines_.give(&HealthMachine::connectivity_answered);
}

void WorkloadController::check_now() {
  machines_.give(&HealthMachine::check_now);
}

void WorkloadController::alert_reported(const AlertReported& event) {
  machines_.give(&AlertMachine::reported, event);
}

void WorkloadController::alert_confirmed(const AlertConfirmed& event) {
  machines_.give(&AlertMachine::confirmed, event);
}

// Remedies.

void WorkloadController::remedy_finished(const RemedyFinished& finished) {
  machines_.give(&RemediationMachine::finished, finished);
}

void WorkloadController::evidence_captured(const EvidenceCaptured& captured) {
  if (!w_.incident || w_.incident->id != captured.incident) return;  // that incident is closed
  machines_.give(&NotificationMachine::evidence_captured, captured.excerpt);
  machines_.give(&RemediationMachine::evidence_captured, captured);
}

void WorkloadController::resume_attempt(const Attempt& attempt) {
  machines_.give(&RemediationMachine::resume, attempt);
}

void WorkloadController::cause_gone(HoldKind held_for, const std::string& healthy_again) {
  machines_.give(&RemediationMachine::cause_gone, held_for, healthy_again);
}

void WorkloadController::dependency_restarted(const std::string& name) {
  if (w_.lifecycle.presence != Presence::Running || w_.incident || why_not_heal(w_) != HealRefusal::None)
    return;
  const Reason why = reason::DependencyRestarted{name};
  out_.log(LogLevel::Info, fact::Unhealthy{why});
  machines_.give(&HealthMachine::known_down, why);
  machines_.unhealthy(IncidentCause::DependencyRestarted, why);
}

// Commands of an operator.

void WorkloadController::command(const OperatorReset&) {
  machines_.give(&RemediationMachine::reset);
  machines_.give(&LifecycleMachine::reset);
  machines_.give(&NotificationMachine::reset);
  machines_.give(&AlertMachine::reset);
  if (w_.incident) machines_.save_incident();
  out_.log(LogLevel::Info, fact::Commanded{fact::Command::Reset, std::nullopt});
  out_.decide(Rule::ByOperator, fact::Commanded{fact::Command::Reset, std::nullopt});
  if (w_.health.unhealthy()) machines_.give(&RemediationMachine::plan);
}

void WorkloadController::command(const OperatorHeal&) {
  if (const HealRefusal why_not = why_not_heal(w_); why_not != HealRefusal::None) {
    out_.log(LogLevel::Warning, fact::HealRefused{why_not, w_.container.owner.name});
    return;
  }
  command(OperatorReset{w_.key});
  machines_.give(&RemediationMachine::force);
  machines_.give(&LifecycleMachine::heal);
  machines_.give(&HealthMachine::settle_unhealthy);
  if (!w_.incident) machines_.open_incident(IncidentCause::ByOperator, reason::Requested{});
  out_.decide(Rule::ByOperator, fact::Commanded{fact::Command::Heal, std::nullopt});
  machines_.give(&RemediationMachine::plan);
}

void WorkloadController::command(const OperatorAck& ack) {
  if (!w_.incident) return;
  machines_.give(&IncidentMachine::acknowledge, ack.by);
  machines_.give(&NotificationMachine::acknowledged);
  machines_.save_incident();
}

void WorkloadController::command(const OperatorPause& pause) {
  w_.paused_until = pause.length ? now_ + *pause.length : Instant::max();
  ++w_.pauses;
  w_.dirty = true;
  const fact::Commanded paused{fact::Command::Pause, pause.length};
  out_.log(LogLevel::Info, paused);
  out_.decide(Rule::ByOperator, paused);
}

void WorkloadController::command(const OperatorResume&) {
  if (!w_.paused_until) return;
  w_.paused_until.reset();
  w_.dirty = true;
  out_.log(LogLevel::Info, fact::Commanded{fact::Command::Resume, std::nullopt});
  out_.decide(Rule::ByOperator, fact::Commanded{fact::Command::Resume, std::nullopt});
}

// What is due now, and when the next wake-up must come. Deadlines are state, and a wake-up only checks them,
// so an extra wake-up is harmless.

void WorkloadController::run_due() {
  pause_due();
  machines_.give(&HealthMachine::network_due);
  machines_.give(&AlertMachine::due);
  machines_.give(&HealthMachine::round_overdue);
  machines_.give(&HealthMachine::checks_due);
  machines_.give(&LifecycleMachine::due);
  machines_.give(&LifecycleMachine::back_due);
  verdict_due();
  machines_.give(&RemediationMachine::answer_due);
  machines_.give(&RemediationMachine::due);
  calm_due();
  machines_.give(&NotificationMachine::summary_due);
  forget_due();
  machines_.give(&NotificationMachine::due);
}

void WorkloadController::forget_due() {
  if (!w_.lifecycle.forget_at || now_ < *w_.lifecycle.forget_at) return;
  vanished_ = w_.lifecycle.removed;
  if (w_.incident)
    vanished_unhealthy_ = w_.incident->reason;
  else if (w_.remediation.in_flight)
    vanished_unhealthy_ = reason::RemedyUnderWay{};
  machines_.close_incident(IncidentOutcome::Removed);
}

void WorkloadController::pause_due() {
  if (!w_.paused_until || now_ < *w_.paused_until) return;
  w_.paused_until.reset();
  w_.dirty = true;
  out_.log(LogLevel::Info, fact::Commanded{fact::Command::PauseOver, std::nullopt});
  out_.decide(Rule::ByOperator, fact::Commanded{fact::Command::PauseOver, std::nullopt});
}

/// The alert's lookback is over. An alert that was silenced meanwhile ends, and the checks decide.
void WorkloadController::alert_outlasts_attempt() {
  machines_.give(&AlertMachine::confirm);
  if (alert_permit(view_).state != AlertPermit::State::Asking)
    machines_.give(&RemediationMachine::verification_failed, RemedyTable::Input::Unhealthy, w_.failure());
}

void WorkloadController::verdict_due() {
  const Health& health = w_.health;
  const bool passes = health.tracker.state() == Tracker::State::Healthy;
  if (const auto* verifying = std::get_if<Verifying>(&w_.remediation.phase);
      verifying && !verifying->awaiting_instance) {
    // The verdict, or an operator's pause, may come before the engine's answer.
    if (w_.lifecycle.presence == Presence::Paused)
      machines_.give(&RemediationMachine::drop, RemedyTable::Input::Paused, Ending::PausedByOperator);
    else if (passes && !w_.alerts.awaited())
      machines_.healthy();
    else if (health.unhealthy())
      machines_.give(&RemediationMachine::verification_failed, RemedyTable::Input::Unhealthy,
                     health.last_verdict.reason);
    else if (w_.alerts.acting)
      alert_outlasts_attempt();
  }
  // The workload became healthy while an order was open: the end of the order closes the incident.
  if (w_.incident && !w_.remediation.attempt && w_.lifecycle.presence == Presence::Running &&
      (health.tracker.state() == Tracker::State::Healthy ||
       (health.unjudged() && w_.incident->cause == IncidentCause::AlertFiring)))
    machines_.healthy();
}

/// Ends an incident that no verdict ends: a crash loop, and a workload without a probe.
void WorkloadController::calm_due() {
  const Health& health = w_.health;
  const bool calm =
      w_.lifecycle.presence == Presence::Running && now_ - w_.lifecycle.instance_started >= crash_loop_calm;
  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop && calm && !w_.remediation.attempt &&
      !w_.remediation.queued() && !w_.alerts.awaited() &&
      (health.tracker.state() == Tracker::State::Healthy || health.unjudged()))
    machines_.close_recovered();
  if (const auto end = calm_at(view_); end && now_ >= *end) machines_.healthy();
}

std::optional<Instant> WorkloadController::next_deadline() const {
  Earliest next;
  next.at(machines_.deadline());
  const Instant calm = w_.lifecycle.instance_started + crash_loop_calm;
  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop &&
      w_.lifecycle.presence == Presence::Running && now_ < calm)
    next.at(calm);
  next.at(calm_at(view_));
  if (w_.paused_until && *w_.paused_until != Instant::max()) next.at(w_.paused_until);
  return next.when();
}

void WorkloadController::finish() {
  if (w_.dirty) {
    out_.add(Persist{w_.record()});
    w_.dirty = false;
  }
  const std::optional<Instant> next = next_deadline();
  if (next && next != w_.wake_at) out_.add(Wake{w_.key, std::max(*next, now_)});
  w_.wake_at = next;
}

}  // namespace healer
