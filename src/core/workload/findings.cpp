// What each finding of a machine leads to. The order of the inputs is the order of what is done about them.
#include "base/choice.hpp"
#include "base/earliest.hpp"
#include "base/overloaded.hpp"
#include "core/workload/alert_permit.hpp"
#include "core/workload/machines.hpp"

namespace healer {

HEALER_CHOICE_MEMBERS(WorkloadFinding)

namespace {

/// After an order failed because a disk is full, healer tries again this much later.
constexpr Duration disk_wait = 5min;

/// What is noted of an attempt that the container's end cancels. None: it goes on.
Ending ending_of(WantedEnd end) {
  switch (end) {
    case WantedEnd::None:
    case WantedEnd::FoundStopped:
      break;
    case WantedEnd::StoppedByOperator:
      return Ending::StoppedByOperator;
    case WantedEnd::RestartedByOperator:
      return Ending::RestartedByOperator;
    case WantedEnd::Completed:
      return Ending::Completed;
    case WantedEnd::LeftAlone:
    case WantedEnd::LeftToOwner:
      return Ending::LeftAlone;
  }
  return Ending::None;
}

}  // namespace

WorkloadMachines::WorkloadMachines(HostState& host, Workload& workload, const View& view, Out& out)
    : host_(host),
      w_(workload),
      view_(view),
      out_(out),
      machines_(LifecycleMachine(workload.lifecycle, view, out), HealthMachine(workload.health, view, out),
                AlertMachine(workload.alerts, view, out), RemediationMachine(workload.remediation, view, out),
                IncidentMachine(workload.incident, view, out),
                NotificationMachine(workload.notifications, view, out)) {}

std::optional<Instant> WorkloadMachines::deadline() const {
  Earliest next;
  next.at(std::get<LifecycleMachine>(machines_).deadline());
  next.at(std::get<HealthMachine>(machines_).deadline());
  next.at(std::get<AlertMachine>(machines_).deadline());
  next.at(std::get<RemediationMachine>(machines_).deadline());
  next.at(std::get<NotificationMachine>(machines_).deadline());
  return next.when();
}

auto WorkloadMachines::of_lifecycle() {
  return Overloaded{
      [this](const finding::InstanceBegan& began) {
        give(&AlertMachine::instance_began);
        give(&HealthMachine::instance_began, began);  // before: a verification waits for the new checks
        give(&RemediationMachine::instance_began, began);
      },
      [this](const finding::StoppedRunning&) { give(&HealthMachine::checks_end); },
      [this](const finding::PausedByOperator&) { give(&RemediationMachine::paused_by_operator); },
      [this](const finding::EndedAsWanted& ended) {
        if (const Ending ending = ending_of(ended.end); ending != Ending::None)
          give(&RemediationMachine::drop, RemedyTable::Input::EndedAsWanted, ending);
        if (ended.end != WantedEnd::RestartedByOperator)
          close_incident(IncidentOutcome::StoppedByOperator, ended.end);
      },
      [this](const finding::EndedForGood& ended) { give(&NotificationMachine::ended_for_good, ended); },
      [this](const finding::EndedBySignal&) { give(&RemediationMachine::ended_by_signal); },
      [this](const finding::LeftDown& down) {
        give(&HealthMachine::known_down, down.reason);
        give(&RemediationMachine::plan);
      },
      [this](const finding::ExitedByItself& exited) { give(&HealthMachine::exited, exited.reason); },
      [this](const finding::EngineRestarted& restarted) {
        give(&RemediationMachine::verification_failed, RemedyTable::Input::EngineRestarted, restarted.reason);
        if (!restarted.loop || w_.incident) return;
        open_incident(IncidentCause::CrashLoop, *restarted.loop);
        out_.decide(Rule::Unhealthy, fact::IncidentOpened{IncidentCause::CrashLoop, *restarted.loop});
      },
      [this](const finding::Down& down) {
        give(&HealthMachine::known_down, down.reason);
        unhealthy(down.cause, down.reason);
      },
      [this](const finding::SuccessorAwaited&) { give(&RemediationMachine::successor_awaited); },
      [this](const finding::Gone& gone) {
        give(&HealthMachine::checks_end);
        const bool opted_out = gone.why == finding::Gone::Why::OptedOut;
        give(&RemediationMachine::drop, RemedyTable::Input::Gone,
             opted_out ? Ending::OptedOut : Ending::Removed);
        give(&HealthMachine::known_again, opted_out ? KnownBy::OptedOut : KnownBy::Removed);
        if (opted_out) close_incident(IncidentOutcome::OptedOut);
      },
  };
}

auto WorkloadMachines::of_health() {
  return Overloaded{
      [this](const finding::BecameUnhealthy& became) { unhealthy(became.cause, became.reason); },
      [this](const finding::BecameHealthy&) { healthy(); },
      [this](const finding::UnknownForLong&) { give(&NotificationMachine::unknown_for_long); },
      [this](const finding::ProbeUnproven& unproven) {
        give(&NotificationMachine::unproven, unproven.tried);
      },
      [this](const finding::TargetChanged&) {
        give(&HealthMachine::verdict_void);
        give(&RemediationMachine::drop_queued, RemedyTable::Input::OtherState, Ending::OtherTarget);
      },
      [this](const finding::KnownAgain& known) { give(&NotificationMachine::known_again, known); },
      [this](const finding::IncidentDue& due) {  // or of alerts
        open_incident(due.cause, due.reason);
        out_.decide(Rule::Unhealthy, fact::IncidentOpened{due.cause, due.reason});
      },
      [this](const finding::DiskFull&) { host_.disk_full_until = view_.now + disk_wait; },
      [this](const finding::Starved& starved) { host_.starved_until = starved.until; },
      [this](const finding::AwaitsConnectivity&) { host_.connectivity.await(w_.key, view_.now); },
  };
}

auto WorkloadMachines::of_alerts() {
  return Overloaded{
      [this](const finding::AlertFires& fires) { give(&NotificationMachine::alert_fires, fires.alert); },
      [this](const finding::AlertOver&) { give(&RemediationMachine::alert_over); },
  };
}

void WorkloadMachines::attempt_ended(const finding::AttemptEnded& ended) {
  ended_attempts_.push_back(ended.state);
  if (ended.left_down) give(&LifecycleMachine::left_down);
  if (ended.state == AttemptState::NotRecovered) give(&AlertMachine::attempt_did_not_help);
  if (ended.left_down || ended.failing) give(&HealthMachine::settle_unhealthy);
  using Then = finding::AttemptEnded::Then;
  if (ended.then == Then::Stopped) {
    give(&LifecycleMachine::stopped_by_remedy);
    close_incident(IncidentOutcome::StoppedByHealer);
  } else if (ended.then != Then::Nothing) {
    if (w_.health.unhealthy() || w_.alerts.acting) give(&RemediationMachine::plan);
    if (ended.then == Then::PlanAndInspect) out_.inspect();
  }
}

auto WorkloadMachines::of_remediation() {
  return Overloaded{
      [this](const finding::AttemptBegan& began) {
        give(&NotificationMachine::attempt_began);
        give(&AlertMachine::attempt_began);
        save_incident();
        give(&RemediationMachine::decide_order, began.step);
      },
      [this](const finding::OrderDecided& decided) {
        if (!keeps_instance(decided.step.kind)) give(&HealthMachine::checks_end);
        give(&RemediationMachine::give_order, decided);
      },
      [this](const finding::InstanceKept&) {
        give(&HealthMachine::instance_kept);
        give(&AlertMachine::instance_kept);
      },
      [this](const finding::AttemptEnded& ended) { attempt_ended(ended); },
      [this](const finding::BudgetUsedUp&) { give(&NotificationMachine::budget_used_up); },
      [this](const finding::LadderEnded&) { give(&NotificationMachine::ladder_ended); },
      [this](const finding::HoldCauseGone&) { give(&HealthMachine::fresh_verdict); },
      [this](const finding::HeldByAlert&) {
        give(&AlertMachine::confirm);
        // While a verdict is pending, a failing check may soon lead to a further attempt.
        if (w_.health.tracker.failures() == 0 && alert_permit(view_).state == AlertPermit::State::Outlasted)
          give(&NotificationMachine::alert_outlasts);
      },
      [this](const finding::LooksAround& looks) { host_.look_around.begin(w_.key, looks.at); },
      [this](const finding::StayedUp&) { healthy(); },
  };
}

auto WorkloadMachines::of_notifications() {
  return Overloaded{
      [this](const finding::IncidentChanged&) { save_incident(); },
      [this](const finding::WorseThanAcknowledged&) { give(&IncidentMachine::worse); },
  };
}

void WorkloadMachines::take(const WorkloadFinding& taken) {
  std::visit(Overloaded{of_lifecycle(), of_health(), of_alerts(), of_remediation(), of_notifications()},
             taken);
}

void WorkloadMachines::unhealthy(IncidentCause cause, const Reason& why) {
  if (std::holds_alternative<Verifying>(w_.remediation.phase)) {
    give(&RemediationMachine::verification_failed, RemedyTable::Input::Unhealthy, why);
    return;
  }
  if (!w_.incident) {
    open_incident(cause, why);
    out_.decide(Rule::Unhealthy, fact::IncidentOpened{cause, why, w_.health.tracker.failures(),
                                                      w_.policy->failure_threshold, w_.health.probes.text()});
  }
  give(&RemediationMachine::plan);
}

void WorkloadMachines::healthy() {
  if (w_.remediation.forced && w_.remediation.queued()) return;  // `healer heal`: the remedy is done anyway
  // A pass does not count: only a new instance joins the present network of the parent.
  if (w_.health.network_loss) return;
  if (w_.alerts.awaited()) return;  // not recovered before the alert is over
  give(&RemediationMachine::healthy);
  if (!w_.incident || w_.remediation.attempt) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.remediation.attempts == 0)
    return;  // one pass between two crashes proves nothing; calm_due() ends a crash loop
  close_recovered();
}

void WorkloadMachines::open_incident(IncidentCause cause, const Reason& why) {
  give(&IncidentMachine::open, cause, why);
  give(&RemediationMachine::incident_opened, cause);
  give(&NotificationMachine::incident_opened, cause);
  save_incident();
}

void WorkloadMachines::close_incident(IncidentOutcome outcome, WantedEnd why) {
  if (!w_.incident) return;
  // No remedy without an incident.
  give(&RemediationMachine::drop_queued, RemedyTable::Input::IncidentEnds, Ending::IncidentOver);
  give(&IncidentMachine::close, outcome, why);
  give(&NotificationMachine::incident_closed, outcome, why);
  save_incident();
  give(&IncidentMachine::release);
  give(&RemediationMachine::incident_closed);
  give(&NotificationMachine::incident_released);
}

void WorkloadMachines::close_recovered() {
  close_incident(w_.remediation.attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone);
}

void WorkloadMachines::save_incident() {
  out_.add(Persist{incident_record(w_)});
}

}  // namespace healer
