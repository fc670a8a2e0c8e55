#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/care.hpp"
#include "core/timing.hpp"
#include "core/verdict.hpp"

namespace healer {
namespace {

/// A prober answers within the timeout; after this much more it is taken to have lost the question.
constexpr Duration prober_margin = 5s;
/// HEALING.md 2: the last 10 starts.
constexpr std::size_t remembered_starts = 10;
/// A run of unknown outcomes this long raises its own alert.
constexpr unsigned unknown_alert_after = 10;
/// The engine's HEALTHCHECK is listened to, not asked; looked at this often so that staleness is noticed.
constexpr Duration engine_look_interval = 60s;

}  // namespace

void Care::find_way() {
  const bool first = w_.approach.text.empty();
  Approach found = find_approach(w_.container, w_.policy->probe, world_.vantage);
  const bool as_before = !first && found.text == w_.approach.text;
  w_.approach = std::move(found);
  if (as_before) return;
  stop_probing();  // an answer to the old question would be judged as one to the new
  if (unprobed()) {
    // An address is missing only until the run is up; what stays missing is said when it is looked at again.
    log(LogLevel::Warning, fmt::format("{} — cannot be asked, and is not counted as ill: {}", w_.name,
                                       std::get<Unreachable>(w_.approach.how).reason));
  } else {
    log(LogLevel::Info, asks_engine() ? fmt::format("{} — watched by the engine's HEALTHCHECK", w_.name)
                                      : fmt::format("{} — watched by {} every {}", w_.name, w_.approach.text,
                                                    format_duration(w_.policy->interval)));
    if (w_.presence == Presence::Running && !on_old_run()) w_.probe_due = now_;
  }
}

void Care::stop_probing() {
  if (w_.probe) out_.push_back(CancelProbe{w_.probe->id});
  w_.probe.reset();
  w_.probe_due.reset();
}

void Care::start_probe() {
  w_.probe_due.reset();
  if (asks_engine()) {
    inspect();
    schedule_probe();
    return;
  }
  const Duration timeout = w_.policy->effective_timeout();
  w_.probe = OpenProbe{ProbeId{++world_.last_probe}, now_, now_ + timeout + prober_margin};
  out_.push_back(StartProbe{w_.probe->id, w_.key, std::get<ProbeTargetPtr>(w_.approach.how), timeout});
}

void Care::schedule_probe() {
  if (unprobed() || w_.presence != Presence::Running) return;
  if (asks_engine()) {
    w_.probe_due = now_ + std::max(w_.policy->interval, engine_look_interval);
    return;
  }
  const Duration delay = probe_delay(*w_.policy, w_.tracker.pending(), draws_.next());
  // From start to start, so that slow answers do not stretch the interval.
  const Instant from = w_.probe ? w_.probe->started : now_;
  w_.probe_due = std::max(from + delay, now_);
}

void Care::probe_finished(const ProbeFinished& finished) {
  if (!w_.probe || w_.probe->id != finished.probe) return;  // late, or of a run that is over
  Verdict verdict = judge(finished.facts, w_.policy->probe, w_.approach.kind, w_.policy->effective_timeout());
  const bool timed_out =
      finished.facts.end == ProbeEnd::ConnectTimeout || finished.facts.end == ProbeEnd::AnswerTimeout;
  // A stall that took a good part of the timeout took it from the target.
  if (timed_out && world_.stalled_at && *world_.stalled_at >= w_.probe->started &&
      world_.stall * 4 >= w_.policy->effective_timeout())
    verdict = Verdict{Outcome::Unknown, Cause::Starved, "healer itself was starved while it waited"};
  if (!world_.engine_up) verdict = Verdict{Outcome::Unknown, Cause::EngineDown, "the engine is unreachable"};
  w_.last_duration = finished.facts.duration;
  w_.last_check = now_;
  out_.push_back(
      Count{CountCheck{w_.approach.kind, verdict.outcome, verdict.cause, finished.facts.duration}});
  apply_verdict(verdict);
  schedule_probe();
  w_.probe.reset();
}

Duration Care::grace() const {
  // The engine applies its own start period and says "starting" meanwhile: its verdict is final, unless a
  // start period of ours is set besides.
  if (asks_engine() && !w_.policy->start_period) return Duration{0};
  return start_grace(*w_.policy, w_.started_well_once, w_.starts);
}

void Care::apply_verdict(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Unknown) {
    w_.last_verdict = verdict;
    w_.facts.checked(verdict.outcome, verdict.cause, now_);
    if (++w_.unknown_streak == unknown_alert_after && verdict.cause != Cause::EngineDown) announce_unasked();
    return;
  }
  w_.unknown_streak = 0;
  const bool first_pass = verdict.outcome == Outcome::Pass && !w_.tracker.passed_once();
  const bool grace = in_grace();
  const unsigned failures_before = w_.tracker.failures();
  w_.last_verdict = verdict;
  w_.facts.checked(verdict.outcome, verdict.cause, now_);
  const auto transition = w_.tracker.observe(verdict.outcome, grace,
                                             {w_.policy->failure_threshold, w_.policy->success_threshold});
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
      became_ill(IncidentCause::ProbeFailed, verdict.text);
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
  if (facts.health_checked && instant_of(*facts.health_checked) < w_.health_from) return;
  const Duration patience = 3 * (facts.health_interval + facts.health_timeout) + Duration{5s};
  if (facts.health_checked && facts.health_interval > Duration{0} &&
      now_ - instant_of(*facts.health_checked) > patience && facts.health != EngineHealth::Starting) {
    // The engine's checks have stopped (live-restore, no timers): what it says is old. moby#41871.
    apply_verdict(Verdict{Outcome::Unknown, Cause::Stale, "the engine's last health check is stale"});
  } else {
    engine_health(facts.health, facts.health_output);
  }
}

void Care::engine_health(EngineHealth health, const std::string& output) {
  if (!world_.engine_up) return;
  Verdict verdict;
  switch (health) {
    case EngineHealth::None:
    case EngineHealth::Starting:
      return;  // the engine's own start period
    case EngineHealth::Healthy: {
      w_.unhealthy_in_grace = false;
      w_.unknown_streak = 0;
      w_.last_check = now_;
      w_.last_verdict = Verdict{};
      const bool first_pass = !w_.tracker.passed_once();
      const auto transition = w_.tracker.settle(true);
      if (first_pass) measure_start();
      if (transition == Tracker::Transition::BecameWell) became_well();
      return;
    }
    case EngineHealth::Unhealthy: {
      w_.unknown_streak = 0;
      w_.last_check = now_;
      const std::string said = output.empty() ? "" : ": " + clip(printable(output), 200);
      w_.last_verdict = Verdict{Outcome::Fail, Cause::EngineUnhealthy, "HEALTHCHECK says unhealthy" + said};
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
  if (!w_.run_seen_from_start) return;
  const Duration took = std::max(Duration{0}, now_ - w_.run_started);
  w_.started_well_once = true;
  w_.starts.push_back(took);
  if (w_.starts.size() > remembered_starts) w_.starts.erase(w_.starts.begin());
  w_.dirty = true;
}

void Care::became_ill(IncidentCause cause, const std::string& text) {
  if (std::holds_alternative<Verifying>(w_.remedy)) {
    attempt_failed_then_plan(AttemptState::NotCured, text);
    return;
  }
  if (!w_.incident) {
    decide(Rule::FellIll, text,
           fmt::format("cause={}; failures={}; failure_threshold={}; probe={}", to_string(cause),
                       w_.tracker.failures(), w_.policy->failure_threshold, w_.approach.text));
    w_.backoff_level = decayed_level(*w_.policy, w_.backoff_level, now_ - w_.backoff_changed_at);
    w_.backoff_changed_at = now_;
    w_.dirty = true;
    open_incident(cause, text);
  }
  plan_remedy();
}

void Care::became_well() {
  if (w_.forced && queued()) return;  // a person wants it done all the same
  drop_queued("well again before it was due");
  if (std::holds_alternative<Verifying>(w_.remedy)) attempt_ended(AttemptState::Cured, {});
  if (!w_.incident || w_.attempt) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.incident->attempts == 0)
    return;  // one pass between two crashes proves nothing: run_due
  close_incident(w_.incident->attempts > 0 ? IncidentOutcome::Recovered : IncidentOutcome::RecoveredAlone,
                 {});
}

}  // namespace healer
