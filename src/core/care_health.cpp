#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/care.hpp"
#include "core/timing.hpp"
#include "core/verdict.hpp"

namespace healer {
namespace {

/// HEALING.md 2: the last 10 starts.
constexpr std::size_t remembered_starts = 10;
/// A run of unknown outcomes this long raises its own alert.
constexpr unsigned unknown_alert_after = 10;

}  // namespace

/// What recovers from an unclean stop takes its time, which its clean starts say nothing of.
Duration Care::learned_grace() const {
  const Duration clean = start_grace(*w_.policy, w_.started_well_once, w_.starts);
  const Duration unclean = start_grace(*w_.policy, w_.started_well_once, w_.unclean_starts);
  if (w_.began_unclean) return *w_.began_unclean ? unclean : clean;
  return w_.unclean_starts.empty() ? clean : std::max(clean, unclean);
}

Duration Care::grace() const {
  // The engine applies its own start period and says "starting" meanwhile: its verdict is final, unless a
  // start period of ours is set besides.
  if (asks_engine() && !w_.policy->start_period) return Duration{0};
  const Duration own = learned_grace();
  return w_.listens_to_engine() ? std::max(own, w_.container.health_start_period) : own;
}

Tracker::Thresholds Care::thresholds() const {
  return {w_.policy->failure_threshold, w_.policy->success_threshold,
          w_.policy->window.value_or(FailureWindow{0, 0})};
}

std::string Care::control_doubt() const {
  return fmt::format("healer's own network is in doubt: the control probe failed ({})", world_.control.why());
}

/// Nothing is known of its health, and nobody is told of single ones.
void Care::count_unknown(const Verdict& verdict) {
  w_.last_verdict = verdict;
  w_.facts.checked(verdict.outcome, verdict.cause, now_);
  if (++w_.unknown_streak == unknown_alert_after) out_.push_back(Count{CountUnasked{verdict.cause}});
  // Those two are told of once, for all of them.
  const bool told_for_all = verdict.cause == Cause::EngineDown || verdict.cause == Cause::Control;
  if (w_.unknown_streak < unknown_alert_after || w_.unasked_since || told_for_all) return;
  w_.unasked_since = now_;
  announce_unasked();
}

/// A run of unknown outcomes is over; told where its beginning was.
void Care::known_again(const char* how) {
  w_.unknown_streak = 0;
  if (!w_.unasked_since) return;
  announce_known_again(how);
  w_.unasked_since.reset();
}

void Care::apply_verdict(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Unknown) {
    count_unknown(verdict);
    return;
  }
  known_again("it answers again");
  const bool first_pass = verdict.outcome == Outcome::Pass && !w_.tracker.passed_once();
  const bool grace = in_grace();
  const unsigned failures_before = w_.tracker.failures();
  w_.last_verdict = verdict;
  w_.facts.checked(verdict.outcome, verdict.cause, now_);
  const Tracker::Thresholds limits = thresholds();
  const auto transition = w_.tracker.observe(verdict.outcome, grace, limits);
  if (first_pass) measure_start();
  if (verdict.outcome == Outcome::Fail) {
    if (w_.tracker.failures() == 1 && failures_before == 0) w_.failing_since = now_;
    if (w_.tracker.failures() > failures_before)
      log(LogLevel::Warning, fmt::format("{} — unhealthy ({}/{}): {}", w_.name, w_.tracker.failures(),
                                         w_.policy->failure_threshold, verdict.text));
  } else if (failures_before > 0 && w_.tracker.state() == Tracker::State::Well) {
    log(LogLevel::Info, fmt::format("{} — answers again after {} failed {}", w_.name, failures_before,
                                    failures_before == 1 ? "check" : "checks"));
  }
  switch (transition) {
    case Tracker::Transition::BecameIll:
      became_ill(IncidentCause::ProbeFailed, w_.tracker.failures() >= limits.failures
                                                 ? verdict.text
                                                 : fmt::format("{} of the last {} checks failed: {}",
                                                               w_.tracker.failures_of_run(limits.window.of),
                                                               limits.window.of, verdict.text));
      break;
    case Tracker::Transition::BecameWell:
      became_well();
      break;
    case Tracker::Transition::Pending:
    case Tracker::Transition::Unchanged:
      break;
  }
}

void Care::look_at_engine_health() {
  const Container& facts = w_.container;
  if (facts.health_checked && world_.instant(*facts.health_checked) < w_.health_from) return;
  const Duration patience = 3 * (facts.health_interval + facts.health_timeout) + Duration{5s};
  if (facts.health_checked && facts.health_interval > Duration{0} &&
      now_ - world_.instant(*facts.health_checked) > patience && facts.health != EngineHealth::Starting) {
    // The engine's checks have stopped (live-restore, no timers): what it says is old. moby#41871.
    const Verdict stale{Outcome::Unknown, Cause::Stale, "the engine's last health check is stale"};
    if (asks_engine())
      apply_verdict(stale);
    else
      note_engine_verdict(stale);
  } else {
    engine_health(facts.health, facts.health_output);
  }
}

void Care::engine_health(EngineHealth health, const std::string& output) {
  if (!world_.engine_up) return;
  if (!asks_engine()) {
    note_engine_health(health, output);
    return;
  }
  switch (health) {
    case EngineHealth::None:
    case EngineHealth::Starting:
      return;  // the engine's own start period
    case EngineHealth::Healthy: {
      w_.unhealthy_in_grace = false;
      known_again("the engine's HEALTHCHECK speaks again");
      w_.last_check = now_;
      w_.last_verdict = Verdict{};
      const bool first_pass = !w_.tracker.passed_once();
      const auto transition = w_.tracker.settle(true);
      if (first_pass) measure_start();
      if (transition == Tracker::Transition::BecameWell) became_well();
      return;
    }
    case EngineHealth::Unhealthy: {
      w_.last_check = now_;
      if (world_.control.failed()) {  // looked at again at the next look
        count_unknown(Verdict{Outcome::Unknown, Cause::Control, control_doubt()});
        return;
      }
      known_again("the engine's HEALTHCHECK speaks again");
      w_.last_verdict = judge_healthcheck(output);
      w_.unhealthy_in_grace = in_grace();
      if (w_.unhealthy_in_grace) return;
      // The engine applied its thresholds already: act at once. HEALING.md 3.
      if (w_.tracker.settle(false) == Tracker::Transition::BecameIll) {
        w_.failing_since = now_;
        log(LogLevel::Warning, fmt::format("{} — {}", w_.name, w_.last_verdict.text));
        became_ill(IncidentCause::EngineUnhealthy, w_.last_verdict.text);
      }
      return;
    }
  }
}

void Care::measure_start() {
  w_.dirty = true;  // that this run has passed
  if (!w_.run_seen_from_start) return;
  const Duration took = std::max(Duration{0}, now_ - w_.run_started);
  w_.started_well_once = true;
  std::vector<Duration>& starts = w_.began_unclean.value_or(false) ? w_.unclean_starts : w_.starts;
  starts.push_back(took);
  if (starts.size() > remembered_starts) starts.erase(starts.begin());
}

void Care::became_ill(IncidentCause cause, const std::string& text) {
  if (std::holds_alternative<Verifying>(w_.remedy)) {
    attempt_failed_then_plan(AttemptState::NotCured, text);
    return;
  }
  if (!w_.incident) {
    w_.backoff_level = decayed_level(*w_.policy, w_.backoff_level, now_ - w_.backoff_changed_at);
    w_.backoff_changed_at = now_;
    w_.dirty = true;
    open_incident(cause, text);
    decide(Rule::FellIll, text,
           fmt::format("cause={}; failures={}; failure_threshold={}; probe={}", to_string(cause),
                       w_.tracker.failures(), w_.policy->failure_threshold, w_.probe_text()));
  }
  plan_remedy();
}

void Care::became_well() {
  if (w_.forced && queued()) return;  // a person wants it done all the same
  // Whatever it says of itself: only another run joins the network that is there now.
  if (w_.network_loss) return;
  if (awaits_signal()) return;  // it is no better than Prometheus says
  drop_queued("well again before it was due");
  if (std::holds_alternative<Verifying>(w_.remedy)) attempt_ended(AttemptState::Cured, {});
  if (!w_.incident || w_.attempt) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.incident->attempts == 0)
    return;  // one pass between two crashes proves nothing: run_due
  close_incident(w_.incident->attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone,
                 {});
}

}  // namespace healer
