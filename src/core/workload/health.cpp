#include "core/workload/health.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/earliest.hpp"
#include "core/workload/out.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// HEALING.md 2: the last 10 starts.
constexpr std::size_t remembered_starts = 10;
/// So many unknown outcomes in a row are notified.
constexpr unsigned unknown_notification_after = 10;

template <class How>
bool any(const std::vector<WorkloadProbe>& probes) {
  return std::any_of(probes.begin(), probes.end(), [](const WorkloadProbe& probe) {
    return std::holds_alternative<How>(probe.resolution.how);
  });
}

}  // namespace

bool Health::listens_to_engine() const {
  return any<UseEngineHealth>(probes);
}

bool Health::uses_engine_health() const {
  return listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

bool Health::unprobed() const {
  return !listens_to_engine() && !any<ProbeTargetPtr>(probes);
}

std::string Health::probe_text() const {
  std::string text;
  for (const WorkloadProbe& probe : probes) {
    if (!text.empty()) text += ", ";
    if (!probe.name.empty()) text += probe.name + ": ";
    text += probe.resolution.text;
  }
  return text;
}

HealthMachine::HealthMachine(Health& own, const View& view, Out& out)
    : own_(own), view_(view), w_(view.workload), host_(view.host), now_(view.now), out_(out) {}

Tracker::Row HealthMachine::went(const Tracker::Row& row) {
  out_.went<Tracker>(row);
  return row;
}

Duration learned_start_period(const Workload& workload) {
  const Health& health = workload.health;
  const Duration clean = start_period_of(*workload.policy, health.started_healthy_once, health.starts);
  const Duration unclean =
      start_period_of(*workload.policy, health.started_healthy_once, health.unclean_starts);
  const auto& began_unclean = workload.lifecycle.began_unclean;
  if (began_unclean) return *began_unclean ? unclean : clean;
  return health.unclean_starts.empty() ? clean : std::max(clean, unclean);
}

Duration HealthMachine::start_period() const {
  // The engine applies the HEALTHCHECK's start period and reports "starting" meanwhile, so its verdict is
  // final, unless healer's own start period is configured as well.
  if (own_.uses_engine_health() && !w_.policy->start_period) return Duration{0};
  const Duration own = learned_start_period(w_);
  return own_.listens_to_engine() ? std::max(own, w_.container.health_start_period) : own;
}

std::string HealthMachine::connectivity_problem() const {
  return fmt::format("the connectivity check failed ({})", host_.connectivity.why());
}

/// A single unknown outcome is not notified.
void HealthMachine::count_unknown(const Verdict& verdict) {
  own_.last_verdict = verdict;
  out_.checked(verdict.outcome, verdict.cause);
  if (++own_.unknown_streak == unknown_notification_after) out_.add(Count{CountUnknownStreak{verdict.cause}});
  // These two causes have one notification for the whole host.
  const bool notified_for_all = verdict.cause == Cause::EngineDown || verdict.cause == Cause::Connectivity;
  if (own_.unknown_streak < unknown_notification_after || own_.unknown_since || notified_for_all) return;
  own_.unknown_since = now_;
  out_.report(finding::UnknownForLong{});
}

/// Ends a streak of unknown outcomes; notified if the streak was notified.
void HealthMachine::known_again(const std::string& how) {
  own_.unknown_streak = 0;
  if (!own_.unknown_since) return;
  out_.report(finding::KnownAgain{how, *own_.unknown_since, own_.failure_text()});
  own_.unknown_since.reset();
}

void HealthMachine::apply_verdict(const Verdict& verdict) {
  if (verdict.outcome == Outcome::Unknown) {
    count_unknown(verdict);
    return;
  }
  known_again("it answers again");
  const bool first_pass = verdict.outcome == Outcome::Pass && !own_.tracker.passed_once();
  const bool start_period = own_.in_start_period(now_);
  const unsigned failures_before = own_.tracker.failures();
  own_.last_verdict = verdict;
  out_.checked(verdict.outcome, verdict.cause);
  const Tracker::Thresholds limits = thresholds(*w_.policy);
  const Tracker::Row row = went(own_.tracker.observe(verdict.outcome, start_period, limits));
  if (first_pass) measure_start();
  if (verdict.outcome == Outcome::Fail) {
    if (own_.tracker.failures() == 1 && failures_before == 0) own_.failing_since = now_;
    if (own_.tracker.failures() > failures_before)
      out_.log(LogLevel::Warning,
               fact::CheckFailed{own_.tracker.failures(), w_.policy->failure_threshold, verdict.text});
  } else if (failures_before > 0 && own_.tracker.state() == Tracker::State::Healthy) {
    out_.log(LogLevel::Info, fact::AnswersAgain{failures_before});
  }
  if (became(row, Tracker::State::Unhealthy)) {
    out_.report(finding::BecameUnhealthy{
        IncidentCause::ProbeFailed, own_.tracker.failures() >= limits.failures
                                        ? verdict.text
                                        : fmt::format("{} of the last {} checks failed: {}",
                                                      own_.tracker.failures_of_instance(limits.window.of),
                                                      limits.window.of, verdict.text)});
  } else if (became(row, Tracker::State::Healthy)) {
    out_.report(finding::BecameHealthy{});
  }
}

void HealthMachine::inspected() {
  const Container& facts = w_.container;
  if (facts.health_checked && host_.instant(*facts.health_checked) < own_.health_from) return;
  const Duration lookback = 3 * (facts.health_interval + facts.health_timeout) + Duration{5s};
  if (facts.health_checked && facts.health_interval > Duration{0} &&
      now_ - host_.instant(*facts.health_checked) > lookback && facts.health != EngineHealth::Starting) {
    // The engine's checks have stopped (live-restore, no timers), so its health is old. moby#41871.
    const Verdict stale{Outcome::Unknown, Cause::Stale, "the engine's last health check is stale"};
    if (own_.uses_engine_health())
      apply_verdict(stale);
    else
      note_engine_verdict(stale);
  } else {
    engine_health(facts.health, facts.health_output);
  }
}

void HealthMachine::engine_health(EngineHealth health, const std::string& output) {
  if (!host_.engine_up) return;
  if (!own_.uses_engine_health()) {
    note_engine_health(health, output);
    return;
  }
  switch (health) {
    case EngineHealth::None:
    case EngineHealth::Starting:
      return;  // the engine's own start period
    case EngineHealth::Healthy: {
      own_.unhealthy_in_start_period = false;
      known_again("the engine's HEALTHCHECK speaks again");
      own_.last_check = now_;
      own_.last_verdict = Verdict{};
      const bool first_pass = !own_.tracker.passed_once();
      const Tracker::Row row = went(own_.tracker.settle(true));
      if (first_pass) measure_start();
      if (became(row, Tracker::State::Healthy)) out_.report(finding::BecameHealthy{});
      return;
    }
    case EngineHealth::Unhealthy: {
      own_.last_check = now_;
      if (host_.connectivity.failed()) {  // the next inspect decides
        count_unknown(Verdict{Outcome::Unknown, Cause::Connectivity, connectivity_problem()});
        return;
      }
      known_again("the engine's HEALTHCHECK speaks again");
      own_.last_verdict = judge_healthcheck(output);
      own_.unhealthy_in_start_period = own_.in_start_period(now_);
      if (own_.unhealthy_in_start_period) return;
      // The engine has already applied its thresholds, so healer acts at once. HEALING.md 3.
      if (became(went(own_.tracker.settle(false)), Tracker::State::Unhealthy)) {
        own_.failing_since = now_;
        out_.log(LogLevel::Warning, fact::Unhealthy{own_.last_verdict.text});
        out_.report(finding::BecameUnhealthy{IncidentCause::EngineUnhealthy, own_.last_verdict.text});
      }
      return;
    }
  }
}

void HealthMachine::measure_start() {
  out_.record_changed();  // instance_passed
  if (!own_.instance_seen_from_start) return;
  const Duration took = std::max(Duration{0}, now_ - w_.lifecycle.instance_started);
  own_.started_healthy_once = true;
  std::vector<Duration>& starts =
      w_.lifecycle.began_unclean.value_or(false) ? own_.unclean_starts : own_.starts;
  starts.push_back(took);
  if (starts.size() > remembered_starts) starts.erase(starts.begin());
}

void HealthMachine::instance_began(const finding::InstanceBegan& began) {
  checks_end();
  own_.unknown_streak = 0;
  own_.last_verdict = Verdict{};
  const Instant started = w_.lifecycle.instance_started;
  own_.instance_seen_from_start = now_ - started < Duration{5s};
  // Engines report a paused container as unhealthy until the next check after it (moby#46203).
  own_.health_from = began.unpaused ? now_ : started;
  went(own_.tracker.begin_instance(w_.incident.has_value()));
  own_.unhealthy_in_start_period = false;
  for (WorkloadProbe& probe : own_.probes) {
    probe.verdict.reset();
    probe.hangs = false;
  }
  resolve_targets();
  own_.start_period_until = started + start_period();
  if (std::exchange(own_.instance_passed_before, false) && began.same)
    own_.start_period_until = std::min(own_.start_period_until, now_);  // over: it passed under that process
  own_.alerts_from = started;
  if (!own_.unprobed())
    own_.probe_due = now_ + first_probe_delay(*w_.policy, began.daemon_start,
                                              host_.draws.draw(w_.key, Draws::Purpose::FirstProbe, 0));
}

void HealthMachine::instance_kept() {
  went(own_.tracker.begin_instance(true));
  own_.alerts_from = now_;
  own_.health_from = now_;                // earlier verdicts of the HEALTHCHECK do not count
  own_.instance_seen_from_start = false;  // no start to measure
  if (w_.lifecycle.presence == Presence::Running && !own_.unprobed())
    own_.probe_due = now_ + next_probe_delay(true);
}

void HealthMachine::settle_unhealthy() {
  went(own_.tracker.settle(false));
}

void HealthMachine::exited(const std::string& text) {
  own_.last_verdict = Verdict{Outcome::Fail, Cause::None, text};
}

void HealthMachine::known_down(const std::string& text) {
  exited(text);
  settle_unhealthy();
}

void HealthMachine::fresh_verdict() {
  if (own_.tracker.passed_once())
    own_.start_period_until = std::min(own_.start_period_until, now_);  // the start was over before
  own_.instance_seen_from_start = false;                                // its length cannot be measured now
  went(own_.tracker.begin_instance(true));
  own_.health_from = now_;
  if (own_.uses_engine_health()) {
    own_.probe_due = now_ + w_.container.health_interval + w_.container.health_timeout;
  } else if (!own_.probe) {
    own_.probe_due = now_;
  }
}

void HealthMachine::checks_due() {
  if (w_.lifecycle.presence != Presence::Running) return;
  if (own_.probe_due && now_ >= *own_.probe_due && !own_.probe && !own_.unprobed()) start_probe();
  // An order that changed nothing may have ended the checks: a running workload is checked.
  if (!own_.probe && !own_.probe_due && !w_.on_old_instance()) schedule_probe();
  if (own_.unhealthy_in_start_period && now_ >= own_.start_period_until && host_.engine_up) {
    own_.unhealthy_in_start_period = false;  // if this has no effect, the next inspect decides
    engine_health(EngineHealth::Unhealthy, w_.container.health_output);  // reported only once
  }
}

std::optional<Instant> HealthMachine::deadline() const {
  Earliest next;
  const bool running = w_.lifecycle.presence == Presence::Running;
  if (own_.probe) next.at(own_.probe->give_up);
  if (running && !own_.probe && !own_.unprobed()) next.at(own_.probe_due);
  if (own_.unhealthy_in_start_period && running && host_.engine_up) next.at(own_.start_period_until);
  if (running) next.at(alert_deadline());
  if (!w_.network_parent_id.empty() && own_.in_start_period(now_))
    next.at(own_.start_period_until);  // until then a lost network is ignored
  return next.when();
}

}  // namespace healer
