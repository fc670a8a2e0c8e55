#include "core/workload/health.hpp"

#include <algorithm>

#include "base/earliest.hpp"
#include "core/workload/out.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// An unhealthy HEALTHCHECK waits so long for the inspect that brings its output.
constexpr Duration output_wait = 2s;
/// An older streak of a former process says nothing about now: so many intervals.
constexpr int streak_lasts = 3;

/// So many unknown outcomes in a row are notified. A command that is not there will not appear by itself, and
/// the engine's HEALTHCHECK has already been repeated by the engine.
unsigned notified_after(Cause cause, bool by_engine) {
  switch (cause) {
    case Cause::CannotRun:
    case Cause::EngineFailed:
      return by_engine ? 1 : 3;
    case Cause::RateLimited:
      return 1;
    default:
      return 10;
  }
}

/// The same cause has a notification of its own: of the whole host, or of the unproven probe.
bool notified_elsewhere(const Verdict& verdict) {
  switch (verdict.cause) {
    case Cause::EngineDown:
    case Cause::Connectivity:
    case Cause::Unproven:
      return true;
    case Cause::Starved:
      return problem_of(verdict).kind == ProblemKind::Pressure;
    default:
      return false;
  }
}

/// The failures of these checks reached the window.
reason::Checks in_window(Reason why, unsigned failed, unsigned of) {
  reason::Checks checks;
  if (auto* several = std::get_if<reason::Checks>(&why))
    checks = std::move(*several);
  else if (auto* one = std::get_if<CheckProblem>(&why))
    checks.probes.push_back({{}, std::move(*one)});
  checks.failed = failed;
  checks.of = of;
  return checks;
}

}  // namespace

HealthMachine::HealthMachine(Health& own, const View& view, Out& out)
    : own_(own),
      selection_(own.probes, view, out),
      view_(view),
      w_(view.workload),
      host_(view.host),
      now_(view.now),
      out_(out) {}

Tracker::Row HealthMachine::went(const Tracker::Row& row) {
  out_.went<Tracker>(row);
  return row;
}

Tracker::Thresholds HealthMachine::limits() const {
  Tracker::Thresholds limits = thresholds(*w_.policy);
  const bool long_enough = own_.tracker.failures() > 0 && now_ - own_.failing_since >= shortest_streak;
  if (!long_enough) limits.streak = Tracker::Streak::TooShort;
  return limits;
}

/// A pass or a failure is the newest verdict.
void HealthMachine::judged_as(const Verdict& verdict) {
  own_.last_verdict = verdict;
  if (verdict.outcome == Outcome::Fail)
    own_.counted_failure = verdict;
  else
    own_.counted_failure.reset();
}

/// A single unknown outcome is not notified.
void HealthMachine::count_unknown(const Verdict& verdict) {
  own_.last_verdict = verdict;
  out_.checked(verdict.outcome, verdict.cause);
  const unsigned after = notified_after(verdict.cause, own_.probes.uses_engine_health());
  if (++own_.unknown_streak == after) out_.add(Count{CountUnknownStreak{verdict.cause}});
  if (own_.unknown_streak < after || own_.unknown_since || notified_elsewhere(verdict)) return;
  own_.unknown_since = now_;
  out_.report(finding::UnknownForLong{});
}

/// Ends a streak of unknown outcomes; notified if the streak was notified.
void HealthMachine::known_again(KnownBy how) {
  own_.unknown_streak = 0;
  if (!own_.unknown_since) return;
  out_.report(finding::KnownAgain{how, *own_.unknown_since, w_.failure()});
  own_.unknown_since.reset();
}

void HealthMachine::apply_verdict(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Unknown) {
    count_unknown(verdict);
    return;
  }
  known_again(KnownBy::Answer);
  const auto& still = host_.standstill.newest;
  if (still && still->lasted > 2 * w_.policy->interval && own_.failing_since < still->at)
    own_.tracker.forget_failures();
  const bool first_pass = verdict.outcome == Outcome::Pass && !own_.tracker.passed_once();
  const bool start_period = own_.in_start_period(now_);
  const unsigned failures_before = own_.tracker.failures();
  judged_as(verdict);
  out_.checked(verdict.outcome, verdict.cause);
  const Tracker::Thresholds limits = this->limits();
  const Tracker::Row row = went(own_.tracker.observe(verdict.outcome, start_period, limits));
  if (first_pass) measure_start();
  // The next process continues the streak; once it is unhealthy, its incident.
  if (own_.tracker.failures() != failures_before && (own_.tracker.failures() == 0 || !own_.unhealthy()))
    out_.record_changed();
  if (verdict.outcome == Outcome::Fail) {
    if (!start_period) own_.failed_at = now_;
    if (own_.tracker.failures() == 1 && failures_before == 0) own_.failing_since = now_;
    if (own_.tracker.failures() > failures_before)
      out_.log(LogLevel::Warning,
               fact::CheckFailed{own_.tracker.failures(), w_.policy->failure_threshold, verdict.reason});
  } else if (failures_before > 0 && own_.tracker.state() == Tracker::State::Healthy) {
    out_.log(LogLevel::Info, fact::AnswersAgain{failures_before});
  }
  if (became(row, Tracker::State::Unhealthy)) {
    Reason why = verdict.reason;
    if (own_.tracker.failures() < limits.failures)
      why = in_window(std::move(why), own_.tracker.failures_of_instance(limits.window.of), limits.window.of);
    out_.report(finding::BecameUnhealthy{IncidentCause::ProbeFailed, std::move(why)});
  } else if (became(row, Tracker::State::Healthy)) {
    out_.report(finding::BecameHealthy{});
  }
}

void HealthMachine::inspected() {
  own_.healthcheck.verdict_due.reset();
  const Container& facts = w_.container;
  if (facts.health_check.checked && host_.instant(*facts.health_check.checked) < own_.healthcheck.count_from)
    return;
  const Duration three_checks = 3 * (facts.health_check.interval + facts.health_check.timeout);
  const Instant first_by = w_.lifecycle.instance_started + facts.health_check.start_period + three_checks;
  const bool never_run = facts.health == EngineHealth::Starting && !facts.health_check.checked;
  if (facts.health_check.checked && facts.health_check.interval > Duration{0} &&
      now_ - host_.instant(*facts.health_check.checked) > three_checks + Duration{5s} &&
      facts.health != EngineHealth::Starting) {
    // The engine's checks have stopped (live-restore, no timers), so its health is old. moby#41871.
    stale(Verdict{Outcome::Unknown, Cause::Stale, problem_of(ProblemKind::HealthcheckStale)});
  } else if (never_run && now_ >= first_by) {
    stale(Verdict{Outcome::Unknown, Cause::EngineFailed, problem_of(ProblemKind::HealthcheckNotRun)});
  } else {
    engine_health(facts.health);
    if (never_run && own_.probes.uses_engine_health())
      own_.probe_due = std::min(own_.probe_due.value_or(first_by), first_by);
  }
}

void HealthMachine::stale(const Verdict& verdict) {
  if (own_.probes.uses_engine_health())
    apply_verdict(verdict);
  else
    selection_.note_engine_verdict(verdict);
}

void HealthMachine::health_reported(EngineHealth health) {
  if (health != EngineHealth::Unhealthy) {
    engine_health(health);
    return;
  }
  if (!own_.healthcheck.verdict_due) own_.healthcheck.verdict_due = now_ + output_wait;
  out_.inspect();
}

void HealthMachine::engine_health(EngineHealth health) {
  if (!host_.engine_up) return;
  selection_.note_engine_health(health);
  if (!own_.probes.uses_engine_health()) return;
  switch (health) {
    case EngineHealth::None:
    case EngineHealth::Starting:
      return;  // the engine's own start period
    case EngineHealth::Healthy: {
      own_.healthcheck.unhealthy_in_start_period = false;
      own_.healthcheck.unhealthy_since.reset();
      known_again(KnownBy::Healthcheck);
      own_.last_check = now_;
      judged_as(Verdict{});
      const bool first_pass = !own_.tracker.passed_once();
      const Tracker::Row row = went(own_.tracker.settle(true));
      if (first_pass) measure_start();
      if (became(row, Tracker::State::Healthy)) out_.report(finding::BecameHealthy{});
      return;
    }
    case EngineHealth::Unhealthy:
      engine_unhealthy();
      return;
  }
}

void HealthMachine::engine_unhealthy() {
  own_.last_check = now_;
  if (host_.connectivity.failed()) {  // the next inspect decides
    count_unknown(without_connectivity(host_.connectivity.problem()));
    return;
  }
  const Verdict verdict = judge_healthcheck(w_.container);
  if (verdict.outcome == Outcome::Unknown) {
    count_unknown(verdict);
    return;
  }
  known_again(KnownBy::Healthcheck);
  judged_as(verdict);
  own_.healthcheck.unhealthy_in_start_period = own_.in_start_period(now_);
  if (own_.healthcheck.unhealthy_in_start_period) return;
  if (!own_.healthcheck.unhealthy_since) own_.healthcheck.unhealthy_since = now_;
  own_.failed_at = now_;
  if (const auto periods = w_.policy->verdict_periods; periods && !own_.unhealthy()) {
    const Instant counts = *own_.healthcheck.unhealthy_since + *periods * w_.container.health_check.interval;
    if (now_ < counts) {
      own_.probe_due = own_.probe_due ? std::min(*own_.probe_due, counts) : counts;
      return;
    }
  }
  // The engine has already applied its thresholds, so healer acts at once. HEALING.md 3.
  if (!became(went(own_.tracker.settle(false)), Tracker::State::Unhealthy)) return;
  own_.failing_since = now_;
  out_.log(LogLevel::Warning, fact::Unhealthy{own_.last_verdict.reason});
  out_.report(finding::BecameUnhealthy{IncidentCause::EngineUnhealthy, own_.last_verdict.reason});
}

void HealthMachine::measure_start() {
  out_.record_changed();  // instance_passed
  own_.starts.passed(w_.container.image_id);
  if (!own_.instance_seen_from_start) return;
  using After = LearnedStarts::After;
  own_.starts.add(std::max(Duration{0}, now_ - w_.lifecycle.instance_started),
                  w_.lifecycle.began_unclean.value_or(false) ? After::UncleanEnd : After::CleanEnd);
}

void HealthMachine::instance_began(const finding::InstanceBegan& began) {
  checks_end();
  own_.unknown_streak = 0;
  judged_as(Verdict{});
  const Instant started = w_.lifecycle.instance_started;
  own_.instance_seen_from_start = now_ - started < Duration{5s};
  // Engines report a paused container as unhealthy until the next check after it (moby#46203).
  own_.healthcheck.count_from = began.unpaused ? now_ : started;
  went(own_.tracker.begin_instance(w_.incident.has_value()));
  own_.healthcheck.unhealthy_in_start_period = false;
  own_.healthcheck.unhealthy_since.reset();
  own_.healthcheck.verdict_due.reset();
  for (WorkloadProbe& probe : own_.probes.selected) {
    probe.verdict.reset();
    probe.hangs = false;
    probe.next_at = Instant{};
  }
  resolve_targets();
  own_.start_period_until = started + start_period(view_);
  if (std::exchange(own_.instance_passed_before, false) && began.same)
    own_.start_period_until = std::min(own_.start_period_until, now_);  // over: it passed under that process
  const FirstRounds rounds = began.daemon_start ? first_rounds(host_.watched()) : FirstRounds::AtOnce;
  own_.spread_next = began.daemon_start && rounds == FirstRounds::AtOnce;
  if (!own_.unprobed())
    own_.probe_due =
        now_ + first_probe_delay(*w_.policy, rounds, host_.draws.draw(w_.key, Draws::Purpose::FirstProbe, 0));
  const std::optional<FailingStreak> failing = std::exchange(own_.failing_restored, std::nullopt);
  if (failing && began.same) continue_streak(*failing);
}

/// A former process saw the instance fail a moment ago: the streak goes on.
void HealthMachine::continue_streak(const FailingStreak& streak) {
  if (own_.in_start_period(now_) || now_ - streak.newest >= streak_lasts * w_.policy->interval) return;
  // A check of this process decides, whatever the threshold is now.
  const unsigned failures = std::min(streak.checks, w_.policy->failure_threshold - 1);
  if (failures == 0) return;
  went(own_.tracker.continue_streak(failures));
  own_.failing_since = streak.since;
}

void HealthMachine::instance_kept() {
  went(own_.tracker.begin_instance(true));
  own_.healthcheck.count_from = now_;  // earlier verdicts of the HEALTHCHECK do not count
  own_.healthcheck.unhealthy_since.reset();
  own_.instance_seen_from_start = false;  // no start to measure
  if (w_.lifecycle.presence == Presence::Running && !own_.unprobed())
    own_.probe_due = now_ + next_probe_delay(true);
}

void HealthMachine::settle_unhealthy() {
  went(own_.tracker.settle(false));
}

void HealthMachine::exited(const Reason& why) {
  own_.failed_at = now_;
  judged_as(Verdict{Outcome::Fail, Cause::None, why});
}

void HealthMachine::known_down(const Reason& why) {
  exited(why);
  settle_unhealthy();
}

void HealthMachine::verdict_void() {
  own_.counted_failure.reset();
  if (own_.tracker.failures() > 0 || own_.unhealthy())
    went(own_.tracker.begin_instance(w_.incident.has_value()));
}

void HealthMachine::fresh_verdict() {
  if (own_.tracker.passed_once())
    own_.start_period_until = std::min(own_.start_period_until, now_);  // the start was over before
  own_.instance_seen_from_start = false;                                // its length cannot be measured now
  went(own_.tracker.begin_instance(true));
  own_.healthcheck.count_from = now_;
  if (own_.probes.uses_engine_health()) {
    own_.probe_due = now_ + w_.container.health_check.interval + w_.container.health_check.timeout;
  } else if (!own_.probe) {
    own_.probe_due = now_;
  }
}

void HealthMachine::check_now() {
  if (!own_.probe && !own_.probes.uses_engine_health() && !w_.on_old_instance()) own_.probe_due = now_;
}

void HealthMachine::checks_due() {
  if (w_.lifecycle.presence != Presence::Running) return;
  if (own_.probe_due && now_ >= *own_.probe_due && !own_.probe && !own_.unprobed()) start_probe();
  // An order that changed nothing may have ended the checks: a running workload is checked.
  if (!own_.probe && !own_.probe_due && !w_.on_old_instance()) schedule_probe();
  if (own_.healthcheck.unhealthy_in_start_period && now_ >= own_.start_period_until && host_.engine_up) {
    own_.healthcheck.unhealthy_in_start_period = false;  // if this has no effect, the next inspect decides
    engine_health(EngineHealth::Unhealthy);              // reported only once
  }
  if (own_.healthcheck.verdict_due && now_ >= *own_.healthcheck.verdict_due) {
    own_.healthcheck.verdict_due.reset();
    engine_health(EngineHealth::Unhealthy);  // no inspect brought its output
  }
}

std::optional<Instant> HealthMachine::deadline() const {
  Earliest next;
  const bool running = w_.lifecycle.presence == Presence::Running;
  if (own_.probe) next.at(own_.probe->give_up);
  if (running && !own_.probe && !own_.unprobed()) next.at(own_.probe_due);
  if (own_.healthcheck.unhealthy_in_start_period && running && host_.engine_up)
    next.at(own_.start_period_until);
  if (running) next.at(own_.healthcheck.verdict_due);
  if (!w_.network_parent_id.empty() && own_.in_start_period(now_))
    next.at(own_.start_period_until);  // until then a lost network is ignored
  return next.when();
}

}  // namespace healer
