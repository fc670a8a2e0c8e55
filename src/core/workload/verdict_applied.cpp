#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/verdict.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// HEALING.md 2: the last 10 starts.
constexpr std::size_t remembered_starts = 10;
/// So many unknown outcomes in a row are notified.
constexpr unsigned unknown_notification_after = 10;

}  // namespace

/// A start after an unclean end may take longer (recovery), so such starts are learned apart.
Duration WorkloadController::learned_start_period() const {
  const Duration clean = start_period_of(*w_.policy, w_.health.started_healthy_once, w_.health.starts);
  const Duration unclean =
      start_period_of(*w_.policy, w_.health.started_healthy_once, w_.health.unclean_starts);
  if (w_.lifecycle.began_unclean) return *w_.lifecycle.began_unclean ? unclean : clean;
  return w_.health.unclean_starts.empty() ? clean : std::max(clean, unclean);
}

Duration WorkloadController::start_period() const {
  // The engine applies the HEALTHCHECK's start period and reports "starting" meanwhile, so its verdict is
  // final, unless healer's own start period is configured as well.
  if (uses_engine_health() && !w_.policy->start_period) return Duration{0};
  const Duration own = learned_start_period();
  return w_.health.listens_to_engine() ? std::max(own, w_.container.health_start_period) : own;
}

Tracker::Thresholds WorkloadController::thresholds() const {
  return {w_.policy->failure_threshold, w_.policy->success_threshold,
          w_.policy->window.value_or(FailureWindow{0, 0})};
}

std::string WorkloadController::connectivity_problem() const {
  return fmt::format("the connectivity check failed ({})", host_state_.connectivity.why());
}

/// A single unknown outcome is not notified.
void WorkloadController::count_unknown(const Verdict& verdict) {
  w_.health.last_verdict = verdict;
  w_.facts.checked(verdict.outcome, verdict.cause, now_);
  if (++w_.health.unknown_streak == unknown_notification_after)
    out_.push_back(Count{CountUnknownStreak{verdict.cause}});
  // These two causes have one notification for the whole host.
  const bool notified_for_all = verdict.cause == Cause::EngineDown || verdict.cause == Cause::Connectivity;
  if (w_.health.unknown_streak < unknown_notification_after || w_.health.unknown_since || notified_for_all)
    return;
  w_.health.unknown_since = now_;
  notify_unknown();
}

/// Ends a streak of unknown outcomes; notified if the streak was notified.
void WorkloadController::known_again(const char* how) {
  w_.health.unknown_streak = 0;
  if (!w_.health.unknown_since) return;
  notify_known_again(how);
  w_.health.unknown_since.reset();
}

void WorkloadController::apply_verdict(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Unknown) {
    count_unknown(verdict);
    return;
  }
  known_again("it answers again");
  const bool first_pass = verdict.outcome == Outcome::Pass && !w_.health.tracker.passed_once();
  const bool start_period = in_start_period();
  const unsigned failures_before = w_.health.tracker.failures();
  w_.health.last_verdict = verdict;
  w_.facts.checked(verdict.outcome, verdict.cause, now_);
  const Tracker::Thresholds limits = thresholds();
  const auto transition = w_.health.tracker.observe(verdict.outcome, start_period, limits);
  if (first_pass) measure_start();
  if (verdict.outcome == Outcome::Fail) {
    if (w_.health.tracker.failures() == 1 && failures_before == 0) w_.health.failing_since = now_;
    if (w_.health.tracker.failures() > failures_before)
      log(LogLevel::Warning, fmt::format("{} — unhealthy ({}/{}): {}", w_.name, w_.health.tracker.failures(),
                                         w_.policy->failure_threshold, verdict.text));
  } else if (failures_before > 0 && w_.health.tracker.state() == Tracker::State::Healthy) {
    log(LogLevel::Info, fmt::format("{} — answers again after {} failed {}", w_.name, failures_before,
                                    failures_before == 1 ? "check" : "checks"));
  }
  switch (transition) {
    case Tracker::Transition::BecameUnhealthy:
      became_unhealthy(IncidentCause::ProbeFailed,
                       w_.health.tracker.failures() >= limits.failures
                           ? verdict.text
                           : fmt::format("{} of the last {} checks failed: {}",
                                         w_.health.tracker.failures_of_instance(limits.window.of),
                                         limits.window.of, verdict.text));
      break;
    case Tracker::Transition::BecameHealthy:
      became_healthy();
      break;
    case Tracker::Transition::Pending:
    case Tracker::Transition::Unchanged:
      break;
  }
}

void WorkloadController::look_at_engine_health() {
  const Container& facts = w_.container;
  if (facts.health_checked && host_state_.instant(*facts.health_checked) < w_.health.health_from) return;
  const Duration lookback = 3 * (facts.health_interval + facts.health_timeout) + Duration{5s};
  if (facts.health_checked && facts.health_interval > Duration{0} &&
      now_ - host_state_.instant(*facts.health_checked) > lookback &&
      facts.health != EngineHealth::Starting) {
    // The engine's checks have stopped (live-restore, no timers), so its health is old. moby#41871.
    const Verdict stale{Outcome::Unknown, Cause::Stale, "the engine's last health check is stale"};
    if (uses_engine_health())
      apply_verdict(stale);
    else
      note_engine_verdict(stale);
  } else {
    engine_health(facts.health, facts.health_output);
  }
}

void WorkloadController::engine_health(EngineHealth health, const std::string& output) {
  if (!host_state_.engine_up) return;
  if (!uses_engine_health()) {
    note_engine_health(health, output);
    return;
  }
  switch (health) {
    case EngineHealth::None:
    case EngineHealth::Starting:
      return;  // the engine's own start period
    case EngineHealth::Healthy: {
      w_.health.unhealthy_in_start_period = false;
      known_again("the engine's HEALTHCHECK speaks again");
      w_.health.last_check = now_;
      w_.health.last_verdict = Verdict{};
      const bool first_pass = !w_.health.tracker.passed_once();
      const auto transition = w_.health.tracker.settle(true);
      if (first_pass) measure_start();
      if (transition == Tracker::Transition::BecameHealthy) became_healthy();
      return;
    }
    case EngineHealth::Unhealthy: {
      w_.health.last_check = now_;
      if (host_state_.connectivity.failed()) {  // the next inspect decides
        count_unknown(Verdict{Outcome::Unknown, Cause::Connectivity, connectivity_problem()});
        return;
      }
      known_again("the engine's HEALTHCHECK speaks again");
      w_.health.last_verdict = judge_healthcheck(output);
      w_.health.unhealthy_in_start_period = in_start_period();
      if (w_.health.unhealthy_in_start_period) return;
      // The engine has already applied its thresholds, so healer acts at once. HEALING.md 3.
      if (w_.health.tracker.settle(false) == Tracker::Transition::BecameUnhealthy) {
        w_.health.failing_since = now_;
        log(LogLevel::Warning, fmt::format("{} — {}", w_.name, w_.health.last_verdict.text));
        became_unhealthy(IncidentCause::EngineUnhealthy, w_.health.last_verdict.text);
      }
      return;
    }
  }
}

void WorkloadController::measure_start() {
  w_.dirty = true;  // instance_passed
  if (!w_.lifecycle.instance_seen_from_start) return;
  const Duration took = std::max(Duration{0}, now_ - w_.lifecycle.instance_started);
  w_.health.started_healthy_once = true;
  std::vector<Duration>& starts =
      w_.lifecycle.began_unclean.value_or(false) ? w_.health.unclean_starts : w_.health.starts;
  starts.push_back(took);
  if (starts.size() > remembered_starts) starts.erase(starts.begin());
}

void WorkloadController::became_unhealthy(IncidentCause cause, const std::string& text) {
  if (std::holds_alternative<Verifying>(w_.remediation.phase)) {
    attempt_failed_then_plan(AttemptState::NotRecovered, text);
    return;
  }
  if (!w_.incident) {
    w_.remediation.backoff_level =
        decayed_level(*w_.policy, w_.remediation.backoff_level, now_ - w_.remediation.backoff_changed_at);
    w_.remediation.backoff_changed_at = now_;
    w_.dirty = true;
    open_incident(cause, text);
    decide(Rule::Unhealthy, text,
           fmt::format("cause={}; failures={}; failure_threshold={}; probe={}", to_string(cause),
                       w_.health.tracker.failures(), w_.policy->failure_threshold, w_.health.probe_text()));
  }
  plan_remedy();
}

void WorkloadController::became_healthy() {
  if (w_.remediation.forced && queued()) return;  // `healer heal`: the remedy is done anyway
  // A pass does not count: only a new instance joins the present network of the parent.
  if (w_.remediation.network_loss) return;
  if (awaits_alert()) return;  // not recovered before the alert is over
  drop_queued("healthy again before it was due");
  if (std::holds_alternative<Verifying>(w_.remediation.phase)) attempt_ended(AttemptState::Recovered, {});
  if (!w_.incident || w_.remediation.attempt) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.incident->attempts == 0)
    return;  // one pass between two crashes proves nothing; run_due() ends a crash loop
  close_incident(w_.incident->attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone,
                 {});
}

}  // namespace healer
