// What each finding of a machine leads to. The order of the inputs is the order of what is done about them.
#include "base/overloaded.hpp"
#include "core/workload/alert_permit.hpp"
#include "core/workload/controller.hpp"

namespace healer {
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

void WorkloadController::take(const WorkloadFinding& taken) {
  const auto leads_to = Overloaded{
      // Lifecycle.
      [this](const finding::InstanceBegan& began) {
        run([&] { alerts_.instance_began(); });
        run([&] { health_.instance_began(began); });  // before: a verification waits for the new checks
        run([&] { remediation_.instance_began(began); });
      },
      [this](const finding::StoppedRunning&) { run([&] { health_.checks_end(); }); },
      [this](const finding::PausedByOperator&) { run([&] { remediation_.paused_by_operator(); }); },
      [this](const finding::EndedAsWanted& ended) {
        if (const Ending ending = ending_of(ended.end); ending != Ending::None)
          run([&] { remediation_.drop(RemedyTable::Input::EndedAsWanted, ending); });
        if (ended.end != WantedEnd::RestartedByOperator)
          close_incident(IncidentOutcome::StoppedByOperator, ended.end);
      },
      [this](const finding::EndedForGood& ended) { run([&] { notifications_.ended_for_good(ended); }); },
      [this](const finding::EndedBySignal&) { run([&] { remediation_.ended_by_signal(); }); },
      [this](const finding::LeftDown& down) {
        run([&] { health_.known_down(down.reason); });
        run([&] { remediation_.plan(); });
      },
      [this](const finding::ExitedByItself& exited) { run([&] { health_.exited(exited.reason); }); },
      [this](const finding::EngineRestarted& restarted) {
        run([&] { remediation_.engine_restarted(restarted.reason); });
        if (!restarted.loop || w_.incident) return;
        open_incident(IncidentCause::CrashLoop, *restarted.loop);
        out_.decide(Rule::Unhealthy, fact::IncidentOpened{IncidentCause::CrashLoop, *restarted.loop});
      },
      [this](const finding::Down& down) {
        run([&] { health_.known_down(down.reason); });
        unhealthy(down.cause, down.reason);
      },
      [this](const finding::SuccessorAwaited&) { run([&] { remediation_.successor_awaited(); }); },
      [this](const finding::Gone& gone) {
        run([&] { health_.checks_end(); });
        const bool opted_out = gone.why == finding::Gone::Why::OptedOut;
        run([&] {
          remediation_.drop(RemedyTable::Input::Gone, opted_out ? Ending::OptedOut : Ending::Removed);
        });
        run([&] { health_.known_again(opted_out ? KnownBy::OptedOut : KnownBy::Removed); });
        if (opted_out) close_incident(IncidentOutcome::OptedOut);
      },
      // Health.
      [this](const finding::BecameUnhealthy& became) { unhealthy(became.cause, became.reason); },
      [this](const finding::BecameHealthy&) { healthy(); },
      [this](const finding::UnknownForLong&) { run([&] { notifications_.unknown_for_long(); }); },
      [this](const finding::ProbeUnproven& unproven) {
        run([&] { notifications_.unproven(unproven.tried); });
      },
      [this](const finding::TargetChanged&) {
        run([&] { health_.verdict_void(); });
        run([&] { remediation_.drop_queued(RemedyTable::Input::OtherState, Ending::OtherTarget); });
      },
      [this](const finding::KnownAgain& known) { run([&] { notifications_.known_again(known); }); },
      [this](const finding::IncidentDue& due) {  // or of alerts
        open_incident(due.cause, due.reason);
        out_.decide(Rule::Unhealthy, fact::IncidentOpened{due.cause, due.reason});
      },
      [this](const finding::DiskFull&) { host_.disk_full_until = now_ + disk_wait; },
      [this](const finding::Starved& starved) { host_.starved_until = starved.until; },
      [this](const finding::AwaitsConnectivity&) { host_.connectivity.await(w_.key, now_); },
      // Alerts.
      [this](const finding::AlertFires& fires) { run([&] { notifications_.alert_fires(fires.alert); }); },
      [this](const finding::AlertOver&) { run([&] { remediation_.alert_over(); }); },
      // Remediation.
      [this](const finding::AttemptBegan& began) {
        run([&] { notifications_.attempt_began(); });
        run([&] { alerts_.attempt_began(); });
        save_incident();
        run([&] { remediation_.decide_order(began.step); });
      },
      [this](const finding::OrderDecided& decided) {
        if (!keeps_instance(decided.step.kind)) run([&] { health_.checks_end(); });
        run([&] { remediation_.give_order(decided); });
      },
      [this](const finding::InstanceKept&) {
        run([&] { health_.instance_kept(); });
        run([&] { alerts_.instance_kept(); });
      },
      [this](const finding::AttemptEnded& ended) {
        ended_attempts_.push_back(ended.state);
        if (ended.left_down) run([&] { lifecycle_.left_down(); });
        if (ended.state == AttemptState::NotRecovered) run([&] { alerts_.attempt_did_not_help(); });
        if (ended.left_down || ended.failing) run([&] { health_.settle_unhealthy(); });
        using Then = finding::AttemptEnded::Then;
        if (ended.then == Then::Stopped) {
          run([&] { lifecycle_.stopped_by_remedy(); });
          close_incident(IncidentOutcome::StoppedByHealer);
        } else if (ended.then != Then::Nothing) {
          if (w_.health.unhealthy() || w_.alerts.acting) run([&] { remediation_.plan(); });
          if (ended.then == Then::PlanAndInspect) out_.inspect();
        }
      },
      [this](const finding::BudgetUsedUp&) { run([&] { notifications_.budget_used_up(); }); },
      [this](const finding::LadderEnded&) { run([&] { notifications_.ladder_ended(); }); },
      [this](const finding::HoldCauseGone&) { run([&] { health_.fresh_verdict(); }); },
      [this](const finding::HeldByAlert&) {
        run([&] { alerts_.confirm(); });
        // While a verdict is pending, a failing check may soon lead to a further attempt.
        if (w_.health.tracker.failures() == 0 && alert_permit(view_).state == AlertPermit::State::Outlasted)
          run([&] { notifications_.alert_outlasts(); });
      },
      [this](const finding::LooksAround& looks) { host_.look_around.begin(w_.key, looks.at); },
      [this](const finding::StayedUp&) { healthy(); },
      // Incidents and notifications.
      [this](const finding::IncidentChanged&) { save_incident(); },
      [this](const finding::WorseThanAcknowledged&) { run([&] { incident_.worse(); }); },
  };
  std::visit(leads_to, taken);
}

void WorkloadController::unhealthy(IncidentCause cause, const Reason& why) {
  if (std::holds_alternative<Verifying>(w_.remediation.phase)) {
    run([&] { remediation_.verification_failed(why); });
    return;
  }
  if (!w_.incident) {
    open_incident(cause, why);
    out_.decide(Rule::Unhealthy, fact::IncidentOpened{cause, why, w_.health.tracker.failures(),
                                                      w_.policy->failure_threshold, w_.health.probes.text()});
  }
  run([&] { remediation_.plan(); });
}

void WorkloadController::healthy() {
  if (w_.remediation.forced && w_.remediation.queued()) return;  // `healer heal`: the remedy is done anyway
  // A pass does not count: only a new instance joins the present network of the parent.
  if (w_.health.network_loss) return;
  if (w_.alerts.awaited()) return;  // not recovered before the alert is over
  run([&] { remediation_.healthy(); });
  if (!w_.incident || w_.remediation.attempt) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.remediation.attempts == 0)
    return;  // one pass between two crashes proves nothing; calm_due() ends a crash loop
  close_recovered();
}

void WorkloadController::open_incident(IncidentCause cause, const Reason& why) {
  run([&] { incident_.open(cause, why); });
  run([&] { remediation_.incident_opened(cause); });
  run([&] { notifications_.incident_opened(cause); });
  save_incident();
}

void WorkloadController::close_incident(IncidentOutcome outcome, WantedEnd why) {
  if (!w_.incident) return;
  // No remedy without an incident.
  run([&] { remediation_.drop_queued(RemedyTable::Input::IncidentEnds, Ending::IncidentOver); });
  run([&] { incident_.close(outcome, why); });
  run([&] { notifications_.incident_closed(outcome, why); });
  save_incident();
  run([&] { incident_.release(); });
  run([&] { remediation_.incident_closed(); });
  run([&] { notifications_.incident_released(); });
}

void WorkloadController::close_recovered() {
  close_incident(w_.remediation.attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone);
}

void WorkloadController::save_incident() {
  out_.add(Persist{incident_record(w_)});
}

}  // namespace healer
