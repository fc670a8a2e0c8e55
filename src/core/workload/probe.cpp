// The probe targets of a workload, and its rounds of checks (table in health.hpp). HEALING.md 2.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
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

using Rounds = RoundTable::State;
using Input = RoundTable::Input;

Verdict unknown(Cause cause, std::string text) {
  return Verdict{Outcome::Unknown, cause, std::move(text)};
}

const char* label(const WorkloadProbe& probe) {
  return probe.name.empty() ? to_string(probe.resolution.kind) : probe.name.c_str();
}

/// The verdicts with this outcome as one: "db: connection refused; web: HTTP 503", with the first cause.
std::optional<Verdict> those(const std::vector<WorkloadProbe>& probes, Outcome outcome) {
  std::optional<Verdict> all;
  for (const WorkloadProbe& probe : probes) {
    if (!probe.verdict || probe.verdict->outcome != outcome) continue;
    if (!all) all = Verdict{outcome, probe.verdict->cause, {}};
    all->text += fmt::format("{}{}: {}", all->text.empty() ? "" : "; ", label(probe), probe.verdict->text);
  }
  if (all) all->text = clip(all->text, 400);
  return all;
}

const ProbeSpec& spec_of(std::size_t probe, const Policy& policy) {
  const std::vector<NamedProbe>& named = policy.named_probes;
  const std::size_t unnamed = policy.unnamed_probe || named.empty() ? 1 : 0;
  return probe >= unnamed && probe - unnamed < named.size() ? named[probe - unnamed].spec : policy.probe;
}

}  // namespace

std::vector<WorkloadProbe> HealthMachine::resolutions() const {
  const Policy& policy = *w_.policy;
  const Container* network_parent = host_.networks.facts(w_.container.network_parent);
  std::vector<WorkloadProbe> found;
  found.reserve(policy.named_probes.size() + 1);
  const auto add = [&](const std::string& name, const ProbeSpec& spec) {
    WorkloadProbe probe;
    probe.name = name;
    probe.resolution = spec.kind == ProbeKind::Exec && !host_.capabilities.has(Capability::Exec)
                           ? unreachable(ProbeKind::Exec, "this engine runs no command in a container")
                           : resolve_target(w_.container, spec, host_.probe_origin, network_parent);
    found.push_back(std::move(probe));
  };
  if (policy.unnamed_probe || policy.named_probes.empty()) add({}, policy.probe);
  for (const NamedProbe& named : policy.named_probes) add(named.name, named.spec);
  return found;
}

void HealthMachine::resolve_targets() {
  std::vector<WorkloadProbe> found = resolutions();
  const auto equal = [&](auto&& same) {
    return std::equal(found.begin(), found.end(), own_.probes.begin(), own_.probes.end(), same);
  };
  if (equal([](const WorkloadProbe& a, const WorkloadProbe& b) {
        return a.name == b.name && a.resolution.same_target(b.resolution);
      }))
    return;
  const bool said = equal([](const WorkloadProbe& a, const WorkloadProbe& b) {
    return a.name == b.name && a.resolution.text == b.resolution.text;
  });
  checks_end();  // a result from the old target must not count for the new one
  own_.probes = std::move(found);
  if (!own_.unprobed() && w_.lifecycle.presence == Presence::Running && !w_.on_old_instance())
    own_.probe_due = now_;
  if (said) return;
  for (const WorkloadProbe& probe : own_.probes) {
    const auto* unreachable = std::get_if<Unreachable>(&probe.resolution.how);
    if (!unreachable) continue;
    out_.log(LogLevel::Warning,
             fact::Uncheckable{own_.probes.size() > 1 ? label(probe) : std::string(), unreachable->reason});
  }
  if (own_.unprobed()) return;
  fact::Watched watched;
  if (!own_.uses_engine_health()) watched = {own_.probe_text(), w_.policy->interval};
  out_.log(LogLevel::Info, watched);
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

void HealthMachine::checks_end() {
  if (own_.probe) {
    for (std::size_t i = 0; i < own_.probes.size(); ++i)
      if (std::exchange(own_.probes[i].open, false)) out_.add(CancelProbe{ProbeId{own_.probe->id.value + i}});
    go(Input::ChecksEnd, Rounds::None);
  }
  own_.probe_due.reset();
}

void HealthMachine::start_probe() {
  own_.probe_due.reset();
  if (own_.uses_engine_health()) {
    go(Input::LookDue, Rounds::None);
    out_.inspect();
    schedule_probe();
    return;
  }
  const Duration timeout = w_.policy->effective_timeout();
  ++own_.rounds;
  const ProbeId first{out_.ids().probe + 1};
  out_.ids().probe += own_.probes.size();
  go(Input::Due, Rounds::Open);
  own_.probe->id = first;
  own_.probe->started = now_;
  own_.probe->give_up = now_ + timeout + prober_margin;
  for (std::size_t i = 0; i < own_.probes.size(); ++i) {
    const auto* target = std::get_if<ProbeTargetPtr>(&own_.probes[i].resolution.how);
    if (!target) continue;
    own_.probes[i].open = true;
    out_.add(StartProbe{ProbeId{first.value + i}, w_.key, *target, timeout});
  }
  if (own_.listens_to_engine() && now_ - own_.health_looked_at >= engine_look_interval) {
    own_.health_looked_at = now_;
    out_.inspect();
  }
}

Duration HealthMachine::next_probe_delay(bool pending) const {
  return probe_delay(*w_.policy, pending, host_.draws.draw(w_.key, Draws::Purpose::Probe, own_.rounds));
}

void HealthMachine::schedule_probe() {
  if (own_.unprobed() || w_.lifecycle.presence != Presence::Running) return;
  if (own_.uses_engine_health()) {
    own_.probe_due = now_ + std::max(w_.policy->interval, engine_look_interval);
    return;
  }
  const Duration delay = next_probe_delay(own_.tracker.pending());
  // From the start of the last round, so that slow answers do not stretch the interval.
  const Instant from = own_.probe ? own_.probe->started : now_;
  own_.probe_due = std::max(from + delay, now_);
}

Verdict HealthMachine::judged(const ProbeFacts& facts, std::size_t probe) const {
  if (!host_.engine_up) return unknown(Cause::EngineDown, "the engine is unreachable");
  Verdict verdict = judge(facts, spec_of(probe, *w_.policy), own_.probes[probe].resolution.kind,
                          w_.policy->effective_timeout());
  // An earlier command in this instance ran into its timeout and still runs, so this check fails, too.
  if (facts.end == ProbeEnd::StillOpen && own_.probes[probe].hangs) verdict.outcome = Outcome::Fail;
  if (verdict.outcome != Outcome::Fail) return verdict;
  const bool timed_out = facts.end == ProbeEnd::ConnectTimeout || facts.end == ProbeEnd::AnswerTimeout;
  // The loop stood still for at least a quarter of the timeout, so the target had less time.
  if (timed_out && host_.stalled_at && *host_.stalled_at >= own_.probe->started &&
      host_.stall * 4 >= w_.policy->effective_timeout())
    return unknown(Cause::Starved, "healer itself was starved while it waited");
  if (now_ < host_.starved_until)
    return unknown(Cause::Starved, "healer itself ran out of descriptors or memory just now");
  return verdict;
}

void HealthMachine::check_finished(const ProbeFinished& finished) {
  if (!own_.probe) return;  // late, or of an earlier instance
  const std::uint64_t probe = finished.probe.value - own_.probe->id.value;
  if (probe >= own_.probes.size() || !own_.probes[probe].open) return;
  const ProbeFacts& facts = finished.facts;
  WorkloadProbe& asked = own_.probes[probe];
  if (facts.end == ProbeEnd::NoResources) out_.report(finding::Starved{now_ + starved_for});
  if (facts.end != ProbeEnd::StillOpen)
    asked.hangs = asked.resolution.kind == ProbeKind::Exec && facts.end == ProbeEnd::AnswerTimeout;
  asked.open = false;
  asked.verdict = judged(facts, probe);
  const bool first = !std::exchange(own_.probe->answered, true);
  own_.last_duration = first ? facts.duration : std::max(own_.last_duration, facts.duration);
  own_.last_check = now_;
  out_.add(
      Count{CountCheck{asked.resolution.kind, asked.verdict->outcome, asked.verdict->cause, facts.duration}});
  const bool all = std::none_of(own_.probes.begin(), own_.probes.end(),
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
    end_round(Input::OutOfTime, unknown(Cause::Connectivity, "the connectivity check gave no result"));
    return;
  }
  for (WorkloadProbe& probe : own_.probes)
    if (std::exchange(probe.open, false))
      probe.verdict = unknown(Cause::Starved, "the prober gave no result");
  round_answered(Input::OutOfTime);
}

/// One failure fails the round, else one unknown makes it unknown. Empty while the HEALTHCHECK of the engine
/// has no verdict (its start period).
std::optional<Verdict> HealthMachine::round_verdict() const {
  if (own_.probes.size() == 1) return own_.probes.front().verdict;
  if (auto failed = those(own_.probes, Outcome::Fail)) return failed;
  if (auto not_known = those(own_.probes, Outcome::Unknown)) return not_known;
  for (const WorkloadProbe& probe : own_.probes)
    if (!probe.verdict && !std::holds_alternative<Unreachable>(probe.resolution.how)) return std::nullopt;
  return Verdict{};
}

/// A verdict that would make it unhealthy needs a result of the connectivity check since the round began.
bool HealthMachine::needs_connectivity(const Verdict& verdict) const {
  if (verdict.outcome != Outcome::Fail || host_.connectivity.knows_since(own_.probe->started)) return false;
  Tracker next = own_.tracker;
  return became(next.observe(verdict.outcome, own_.in_start_period(now_), thresholds(*w_.policy)),
                Tracker::State::Unhealthy);
}

void HealthMachine::round_answered(RoundTable::Input input) {
  std::optional<Verdict> verdict = round_verdict();
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
  end_round(Input::ConnectivityKnown, round_verdict());
}

void HealthMachine::end_round(RoundTable::Input input, std::optional<Verdict> verdict) {
  if (verdict && verdict->outcome == Outcome::Fail) {
    if (!host_.engine_up)
      verdict = unknown(Cause::EngineDown, "the engine is unreachable");
    else if (host_.connectivity.failed())
      verdict = unknown(Cause::Connectivity, connectivity_problem());
  }
  if (verdict) apply_verdict(*verdict);
  schedule_probe();
  go(input, Rounds::None);
}

/// With several probes, the HEALTHCHECK's last verdict counts in each round.
void HealthMachine::note_engine_health(EngineHealth health, const std::string& output) {
  std::optional<Verdict> said;
  if (health == EngineHealth::Healthy) said = Verdict{};
  if (health == EngineHealth::Unhealthy) said = judge_healthcheck(output);
  note_engine_verdict(said);
}

void HealthMachine::note_engine_verdict(const std::optional<Verdict>& said) {
  for (WorkloadProbe& probe : own_.probes)
    if (std::holds_alternative<UseEngineHealth>(probe.resolution.how)) probe.verdict = said;
}

}  // namespace healer
