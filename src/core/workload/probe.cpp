// The rounds of checks of a workload (table in health.hpp). HEALING.md 2.
#include <algorithm>
#include <utility>

#include "core/workload/health.hpp"
#include "core/workload/out.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// A prober gives a result within the timeout; this much later the result counts as lost.
constexpr Duration prober_margin = 5s;
/// The engine's HEALTHCHECK comes by event; inspects this often notice a stale one.
constexpr Duration engine_look_interval = 60s;
/// Failures count again this long after descriptors or memory ran out.
constexpr Duration starved_for = 5s;
/// Under pressure that lasts, timeouts count again after this.
constexpr Duration longest_pressure = 10min;
/// A target that answers 429 is asked at least this often.
constexpr Duration longest_rate_limit = 10min;

using Rounds = RoundTable::State;
using Input = RoundTable::Input;

Verdict unknown(Cause cause, ProblemKind problem) {
  return Verdict{Outcome::Unknown, cause, problem_of(problem)};
}

/// The verdicts of the probes that are `among`, as one: the first one, with the problems of all.
template <class Among>
std::optional<Verdict> those(const std::vector<WorkloadProbe>& probes, Among&& among) {
  std::optional<Verdict> all;
  for (const WorkloadProbe& probe : probes) {
    if (!probe.verdict || !among(probe)) continue;
    if (!all) {
      all = probe.verdict;
      all->reason = reason::Checks{};
    }
    std::get<reason::Checks>(all->reason).probes.push_back({label(probe), problem_of(*probe.verdict)});
  }
  return all;
}

/// The connection failed before the peer said a word.
bool no_connection(ProbeEnd end) {
  return end == ProbeEnd::Refused || end == ProbeEnd::Reset || end == ProbeEnd::ConnectTimeout;
}

/// What the facts of a check in the open round mean.
Verdict judged(const ProbeFacts& facts, const WorkloadProbe& probe, const View& view) {
  const HostState& host = view.host;
  const Policy& policy = *view.workload.policy;
  const Instant began = view.workload.health.probe->started;
  const TargetResolution& target = probe.resolution;
  if (!host.engine_up) {
    if (target.kind == ProbeKind::Exec) return unknown(Cause::EngineDown, ProblemKind::EngineDown);
    if (target.published && no_connection(facts.end))
      return unknown(Cause::EngineDown, ProblemKind::ProxyDown);
  }
  Verdict verdict = judge(facts, spec_of(probe.spec, policy), target.kind, policy.effective_timeout());
  // An earlier command in this instance ran into its timeout and still runs, so this check fails, too.
  if (facts.end == ProbeEnd::StillOpen && probe.hangs) verdict.outcome = Outcome::Fail;
  if (verdict.outcome != Outcome::Fail) return verdict;
  const bool timed_out = facts.end == ProbeEnd::ConnectTimeout || facts.end == ProbeEnd::AnswerTimeout;
  // The loop stood still for at least a quarter of the timeout, so the target had less time.
  const auto& stall = host.standstill.stall;
  if (timed_out && stall && stall->at >= began && stall->lasted * 4 >= policy.effective_timeout())
    return unknown(Cause::Starved, ProblemKind::Starved);
  if (const auto& still = host.standstill.newest;
      still && still->at >= began && still->lasted > 2 * policy.interval)
    return unknown(Cause::Starved, ProblemKind::StoodStill);
  if (timed_out && host.pressure && view.now - host.pressure->since < longest_pressure) {
    CheckProblem pressed = problem_of(ProblemKind::Pressure);
    pressed.said = host.pressure->text;
    return {Outcome::Unknown, Cause::Starved, std::move(pressed)};
  }
  if (view.now < host.starved_until) return unknown(Cause::Starved, ProblemKind::RanOut);
  return verdict;
}

/// One failure of a proven probe fails the round, else one unknown makes it unknown. A candidate counts only
/// when it passes. Empty while the HEALTHCHECK of the engine has no verdict (its start period).
std::optional<Verdict> round_verdict(const View& view) {
  const Health& health = view.workload.health;
  const Policy& policy = *view.workload.policy;
  const std::vector<WorkloadProbe>& probes = health.probes.selected;
  const auto is = [](const WorkloadProbe& probe, Outcome outcome) {
    return probe.verdict && probe.verdict->outcome == outcome;
  };
  const auto fails = [&](const WorkloadProbe& probe) { return is(probe, Outcome::Fail); };
  if (probes.size() == 1 && (!fails(probes.front()) || counts(probes.front(), policy)))
    return probes.front().verdict;
  if (auto failed =
          those(probes, [&](const WorkloadProbe& probe) { return fails(probe) && counts(probe, policy); }))
    return failed;
  if (auto not_known = those(probes, [&](const WorkloadProbe& probe) {
        return is(probe, Outcome::Unknown) && !probe.candidate;
      }))
    return not_known;
  for (const WorkloadProbe& probe : probes)
    if (!probe.verdict && !probe.candidate && !std::holds_alternative<Unreachable>(probe.resolution.how))
      return std::nullopt;
  const auto passes = [&](const WorkloadProbe& probe) { return is(probe, Outcome::Pass); };
  if (std::any_of(probes.begin(), probes.end(), passes)) return Verdict{};
  auto unproven = probes.size() == 1 ? probes.front().verdict : those(probes, fails);
  // In the start period a failure does not count anyway, and says why it is still starting.
  if (!unproven || health.in_start_period(view.now)) return unproven;
  return unproven_verdict(health.probes, policy);
}

/// If the next failure is or would be enough, but the streak is too short until then: when it is long enough.
std::optional<Instant> deciding_check(const Health& health, const Policy& policy) {
  const unsigned failures = health.tracker.failures();
  if (health.tracker.state() == Tracker::State::Unhealthy || failures == 0 ||
      failures + 1 < policy.failure_threshold)
    return std::nullopt;
  return health.failing_since + shortest_streak;
}

/// An application that answers 429 is alive; each check makes it worse.
Duration rate_limited_delay(const Health& health, const Policy& policy) {
  return std::clamp(health.last_verdict.retry_after.value_or(4 * policy.interval), policy.interval,
                    std::max(policy.interval, longest_rate_limit));
}

}  // namespace

void HealthMachine::resolve_targets() {
  std::vector<WorkloadProbe> found = selection_.found();
  const ProbeSelection::Change change = selection_.change_to(found);
  if (change == ProbeSelection::Change::None) return;
  checks_end();  // a result from the old target must not count for the new one
  const bool running = w_.lifecycle.presence == Presence::Running;
  const bool moved = change == ProbeSelection::Change::Target && !own_.probes.selected.empty();
  selection_.take(std::move(found));
  if (moved && running) out_.report(finding::TargetChanged{});
  if (!own_.unprobed() && running && !w_.on_old_instance()) own_.probe_due = now_;
}

void HealthMachine::go(RoundTable::Input input, RoundTable::State next) {
  const RoundTable::State from = own_.round();
  if (next == Rounds::None)
    own_.probe.reset();
  else if (!own_.probe)
    own_.probe.emplace();
  if (own_.probe) own_.probe->awaiting = next == Rounds::Awaiting;
  out_.went<RoundTable>({from, input, next});
}

/// Cancels the round's checks that have no result, which get this verdict, if there is one.
void HealthMachine::cancel_open(const std::optional<Verdict>& verdict) {
  for (std::size_t i = 0; i < own_.probes.selected.size(); ++i) {
    WorkloadProbe& probe = own_.probes.selected[i];
    if (!std::exchange(probe.open, false)) continue;
    if (verdict) probe.verdict = verdict;
    out_.add(CancelProbe{ProbeId{own_.probe->id.value + i}});
  }
}

void HealthMachine::checks_end() {
  if (own_.probe) {
    cancel_open();
    go(Input::ChecksEnd, Rounds::None);
  }
  own_.probe_due.reset();
}

void HealthMachine::start_probe() {
  own_.probe_due.reset();
  if (std::none_of(own_.probes.selected.begin(), own_.probes.selected.end(),
                   [this](const WorkloadProbe& probe) { return is_due(probe, now_); })) {
    look_due();
    return;
  }
  const Duration timeout = w_.policy->effective_timeout();
  ++own_.rounds;
  const ProbeId first{out_.ids().probe + 1};
  out_.ids().probe += own_.probes.selected.size();
  go(Input::Due, Rounds::Open);
  own_.probe->id = first;
  own_.probe->started = now_;
  own_.probe->give_up = now_ + timeout + prober_margin;
  for (std::size_t i = 0; i < own_.probes.selected.size(); ++i) {
    const auto* target = std::get_if<ProbeTargetPtr>(&own_.probes.selected[i].resolution.how);
    if (!target || !is_due(own_.probes.selected[i], now_)) continue;
    own_.probes.selected[i].open = true;
    out_.add(StartProbe{ProbeId{first.value + i}, w_.key, *target, timeout});
  }
  if (own_.probes.listens_to_engine() && now_ - own_.healthcheck.looked_at >= engine_look_interval) {
    own_.healthcheck.looked_at = now_;
    out_.inspect();
  }
}

/// No probe is due but the engine's HEALTHCHECK, or none at all.
void HealthMachine::look_due() {
  go(Input::LookDue, Rounds::None);
  if (own_.probes.listens_to_engine()) out_.inspect();
  if (!own_.probes.uses_engine_health())
    if (const std::optional<Verdict> verdict = round_verdict(view_)) apply_verdict(*verdict);
  selection_.report_unproven();
  schedule_probe();
}

Duration HealthMachine::next_probe_delay(bool pending) const {
  return probe_delay(*w_.policy, pending, host_.draws.draw(w_.key, Draws::Purpose::Probe, own_.rounds));
}

void HealthMachine::schedule_probe() {
  if (own_.unprobed() || w_.lifecycle.presence != Presence::Running) return;
  if (own_.probes.uses_engine_health()) {
    // The HEALTHCHECK comes by event. The candidates beside it are asked as often as any probe.
    Instant next = now_ + std::max(w_.policy->interval, engine_look_interval);
    for (const WorkloadProbe& probe : own_.probes.selected)
      if (std::holds_alternative<ProbeTargetPtr>(probe.resolution.how))
        next = std::min(next, std::max(probe.next_at, now_ + next_probe_delay(false)));
    own_.probe_due = next;
    return;
  }
  Duration delay = next_probe_delay(own_.tracker.pending());
  if (own_.last_verdict.cause == Cause::RateLimited) {
    delay = rate_limited_delay(own_, *w_.policy);
  } else if (std::exchange(own_.spread_next, false) && !own_.tracker.pending()) {
    const double draw = host_.draws.draw(w_.key, Draws::Purpose::FirstProbe, 0);
    delay = first_probe_delay(*w_.policy, FirstRounds::Spread, draw);
  }
  // From the start of the last round, so that slow answers do not stretch the interval.
  const Instant from = own_.probe ? own_.probe->started : now_;
  const std::optional<Instant> deciding = deciding_check(own_, *w_.policy);
  if (deciding && now_ < *deciding && own_.last_verdict.cause != Cause::RateLimited) {
    delay = step_towards(*deciding - from, delay);
    // Enough checks have failed: one more decides, however long the interval is.
    if (own_.tracker.failures() >= w_.policy->failure_threshold) delay = std::min(delay, *deciding - from);
  }
  own_.probe_due = std::max(from + delay, now_);
}

void HealthMachine::check_finished(const ProbeFinished& finished) {
  if (!own_.probe) return;  // late, or of an earlier instance
  const std::uint64_t probe = finished.probe.value - own_.probe->id.value;
  if (probe >= own_.probes.selected.size() || !own_.probes.selected[probe].open) return;
  const ProbeFacts& facts = finished.facts;
  WorkloadProbe& asked = own_.probes.selected[probe];
  if (facts.end == ProbeEnd::NoResources) out_.report(finding::Starved{now_ + starved_for});
  if (facts.end != ProbeEnd::StillOpen)
    asked.hangs = asked.resolution.kind == ProbeKind::Exec && facts.end == ProbeEnd::AnswerTimeout;
  asked.open = false;
  asked.verdict = judged(facts, asked, view_);
  const bool first = !std::exchange(own_.probe->answered, true);
  own_.last_duration = first ? facts.duration : std::max(own_.last_duration, facts.duration);
  own_.last_check = now_;
  out_.add(
      Count{CountCheck{asked.resolution.kind, asked.verdict->outcome, asked.verdict->cause, facts.duration}});
  if (asked.candidate) selection_.note_candidate(asked, facts);
  const bool all = std::none_of(own_.probes.selected.begin(), own_.probes.selected.end(),
                                [](const WorkloadProbe& each) { return each.open; });
  if (all)
    round_answered(Input::LastResult);
  else
    go(Input::Result, Rounds::Open);
}

void HealthMachine::round_overdue() {
  if (!own_.probe || now_ < own_.probe->give_up) return;
  own_.probe->started = now_;  // the next round is an interval away
  if (own_.probe->awaiting) {
    end_round(Input::OutOfTime, unknown(Cause::Connectivity, ProblemKind::NoConnectivityResult));
    return;
  }
  cancel_open(unknown(Cause::Starved, ProblemKind::NoResult));
  round_answered(Input::OutOfTime);
}

/// A verdict that would make it unhealthy needs a result of the connectivity check since the round began.
bool HealthMachine::needs_connectivity(const Verdict& verdict) const {
  if (verdict.outcome != Outcome::Fail || host_.connectivity.knows_since(own_.probe->started)) return false;
  Tracker next = own_.tracker;
  return became(next.observe(verdict.outcome, own_.in_start_period(now_), limits()),
                Tracker::State::Unhealthy);
}

void HealthMachine::round_answered(RoundTable::Input input) {
  std::optional<Verdict> verdict = round_verdict(view_);
  if (verdict && needs_connectivity(*verdict)) {
    go(input, Rounds::Awaiting);
    own_.probe->give_up = now_ + host_.policy.connectivity_timeout + 2 * prober_margin;
    out_.report(finding::AwaitsConnectivity{});
    return;
  }
  end_round(input, std::move(verdict));
}

void HealthMachine::connectivity_answered() {
  if (!own_.probe || !own_.probe->awaiting || !host_.connectivity.knows_since(own_.probe->started)) return;
  end_round(Input::ConnectivityKnown, round_verdict(view_));
}

void HealthMachine::end_round(RoundTable::Input input, std::optional<Verdict> verdict) {
  if (verdict && verdict->outcome == Outcome::Fail) {
    if (host_.connectivity.failed()) verdict = without_connectivity(host_.connectivity.problem());
  }
  if (verdict && !own_.probes.uses_engine_health()) apply_verdict(*verdict);
  schedule_probe();
  go(input, Rounds::None);
  selection_.trust_passed();
  selection_.report_unproven();
}

}  // namespace healer
