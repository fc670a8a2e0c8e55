// The probe targets of a workload, and its rounds of checks (table in workload.hpp). HEALING.md 2.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "base/text.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/verdict.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// A prober gives a result within the timeout; this much later the result counts as lost.
constexpr Duration prober_margin = 5s;
/// The engine's HEALTHCHECK comes by event; inspects this often notice a stale one.
constexpr Duration engine_look_interval = 60s;
/// Failures count again this long after descriptors or memory ran out.
constexpr Duration starved_for = 5s;

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

}  // namespace

std::vector<WorkloadProbe> WorkloadController::resolutions() const {
  const Policy& policy = *w_.policy;
  const auto parent = host_state_.network_parents.find(w_.container.network_parent);
  const Container* network_parent = parent == host_state_.network_parents.end() ? nullptr : &parent->second;
  std::vector<WorkloadProbe> found;
  found.reserve(policy.named_probes.size() + 1);
  const auto add = [&](const std::string& name, const ProbeSpec& spec) {
    WorkloadProbe probe;
    probe.name = name;
    probe.resolution = spec.kind == ProbeKind::Exec && !host_state_.capabilities.has(Capability::Exec)
                           ? unreachable(ProbeKind::Exec, "this engine runs no command in a container")
                           : resolve_target(w_.container, spec, host_state_.probe_origin, network_parent);
    found.push_back(std::move(probe));
  };
  if (policy.unnamed_probe || policy.named_probes.empty()) add({}, policy.probe);
  for (const NamedProbe& named : policy.named_probes) add(named.name, named.spec);
  return found;
}

const ProbeSpec& WorkloadController::spec_of(std::size_t probe) const {
  const std::vector<NamedProbe>& named = w_.policy->named_probes;
  const std::size_t unnamed = w_.policy->unnamed_probe || named.empty() ? 1 : 0;
  return probe >= unnamed && probe - unnamed < named.size() ? named[probe - unnamed].spec : w_.policy->probe;
}

void WorkloadController::resolve_targets() {
  std::vector<WorkloadProbe> found = resolutions();
  const auto equal = [&](auto&& same) {
    return std::equal(found.begin(), found.end(), w_.health.probes.begin(), w_.health.probes.end(), same);
  };
  if (equal([](const WorkloadProbe& a, const WorkloadProbe& b) {
        return a.name == b.name && a.resolution.same_target(b.resolution);
      }))
    return;
  const bool said = equal([](const WorkloadProbe& a, const WorkloadProbe& b) {
    return a.name == b.name && a.resolution.text == b.resolution.text;
  });
  stop_probing();  // a result from the old target must not count for the new one
  w_.health.probes = std::move(found);
  if (!unprobed() && w_.lifecycle.presence == Presence::Running && !on_old_instance())
    w_.health.probe_due = now_;
  if (said) return;
  for (const WorkloadProbe& probe : w_.health.probes) {
    const auto* unreachable = std::get_if<Unreachable>(&probe.resolution.how);
    if (!unreachable) continue;
    log(LogLevel::Warning, fmt::format("{} — {}{}cannot be checked; its health is unknown: {}", w_.name,
                                       w_.health.probes.size() > 1 ? label(probe) : "",
                                       w_.health.probes.size() > 1 ? " " : "", unreachable->reason));
  }
  if (unprobed()) return;
  log(LogLevel::Info, uses_engine_health()
                          ? fmt::format("{} — watched by the engine's HEALTHCHECK", w_.name)
                          : fmt::format("{} — watched by {} every {}", w_.name, w_.health.probe_text(),
                                        format_duration(w_.policy->interval)));
}

void WorkloadController::stop_probing() {
  if (w_.health.probe) {
    for (std::size_t i = 0; i < w_.health.probes.size(); ++i)
      if (std::exchange(w_.health.probes[i].open, false))
        out_.push_back(CancelProbe{ProbeId{w_.health.probe->id.value + i}});
  }
  w_.health.probe.reset();
  w_.health.probe_due.reset();
}

void WorkloadController::start_probe() {
  w_.health.probe_due.reset();
  if (uses_engine_health()) {
    inspect();
    schedule_probe();
    return;
  }
  const Duration timeout = w_.policy->effective_timeout();
  ++w_.health.rounds;
  const ProbeId first{host_state_.last_probe + 1};
  host_state_.last_probe += w_.health.probes.size();
  w_.health.probe = OpenProbe{first, now_, now_ + timeout + prober_margin, false, false};
  for (std::size_t i = 0; i < w_.health.probes.size(); ++i) {
    const auto* target = std::get_if<ProbeTargetPtr>(&w_.health.probes[i].resolution.how);
    if (!target) continue;
    w_.health.probes[i].open = true;
    out_.push_back(StartProbe{ProbeId{first.value + i}, w_.key, *target, timeout});
  }
  if (w_.health.listens_to_engine() && now_ - w_.health.health_looked_at >= engine_look_interval) {
    w_.health.health_looked_at = now_;
    inspect();
  }
}

Duration WorkloadController::next_probe_delay(bool pending) const {
  return probe_delay(*w_.policy, pending,
                     host_state_.draws.draw(w_.key, Draws::Purpose::Probe, w_.health.rounds));
}

void WorkloadController::schedule_probe() {
  if (unprobed() || w_.lifecycle.presence != Presence::Running) return;
  if (uses_engine_health()) {
    w_.health.probe_due = now_ + std::max(w_.policy->interval, engine_look_interval);
    return;
  }
  const Duration delay = next_probe_delay(w_.health.tracker.pending());
  // From the start of the last round, so that slow answers do not stretch the interval.
  const Instant from = w_.health.probe ? w_.health.probe->started : now_;
  w_.health.probe_due = std::max(from + delay, now_);
}

Verdict WorkloadController::judged(const ProbeFacts& facts, std::size_t probe) const {
  if (!host_state_.engine_up) return unknown(Cause::EngineDown, "the engine is unreachable");
  Verdict verdict =
      judge(facts, spec_of(probe), w_.health.probes[probe].resolution.kind, w_.policy->effective_timeout());
  // An earlier command in this instance ran into its timeout and still runs, so this check fails, too.
  if (facts.end == ProbeEnd::StillOpen && w_.health.probes[probe].hangs) verdict.outcome = Outcome::Fail;
  if (verdict.outcome != Outcome::Fail) return verdict;
  const bool timed_out = facts.end == ProbeEnd::ConnectTimeout || facts.end == ProbeEnd::AnswerTimeout;
  // The loop stood still for at least a quarter of the timeout, so the target had less time.
  if (timed_out && host_state_.stalled_at && *host_state_.stalled_at >= w_.health.probe->started &&
      host_state_.stall * 4 >= w_.policy->effective_timeout())
    return unknown(Cause::Starved, "healer itself was starved while it waited");
  if (now_ < host_state_.starved_until)
    return unknown(Cause::Starved, "healer itself ran out of descriptors or memory just now");
  return verdict;
}

void WorkloadController::probe_finished(const ProbeFinished& finished) {
  if (!w_.health.probe) return;  // late, or of an earlier instance
  const std::uint64_t probe = finished.probe.value - w_.health.probe->id.value;
  if (probe >= w_.health.probes.size() || !w_.health.probes[probe].open) return;
  const ProbeFacts& facts = finished.facts;
  WorkloadProbe& asked = w_.health.probes[probe];
  if (facts.end == ProbeEnd::NoResources) host_state_.starved_until = now_ + starved_for;
  if (facts.end != ProbeEnd::StillOpen)
    asked.hangs = asked.resolution.kind == ProbeKind::Exec && facts.end == ProbeEnd::AnswerTimeout;
  asked.open = false;
  asked.verdict = judged(facts, probe);
  const bool first = !std::exchange(w_.health.probe->answered, true);
  w_.health.last_duration = first ? facts.duration : std::max(w_.health.last_duration, facts.duration);
  w_.health.last_check = now_;
  out_.push_back(
      Count{CountCheck{asked.resolution.kind, asked.verdict->outcome, asked.verdict->cause, facts.duration}});
  const bool all = std::none_of(w_.health.probes.begin(), w_.health.probes.end(),
                                [](const WorkloadProbe& each) { return each.open; });
  if (all) round_answered();
}

void WorkloadController::probe_overdue() {
  w_.health.probe->started = now_;  // the next round is an interval away
  if (w_.health.probe->awaiting) {
    end_round(unknown(Cause::Connectivity, "the connectivity check gave no result"));
    return;
  }
  for (WorkloadProbe& probe : w_.health.probes)
    if (std::exchange(probe.open, false))
      probe.verdict = unknown(Cause::Starved, "the prober gave no result");
  round_answered();
}

/// One failure fails the round, else one unknown makes it unknown. Empty while the HEALTHCHECK of the engine
/// has no verdict (its start period).
std::optional<Verdict> WorkloadController::round_verdict() const {
  if (w_.health.probes.size() == 1) return w_.health.probes.front().verdict;
  if (auto failed = those(w_.health.probes, Outcome::Fail)) return failed;
  if (auto not_known = those(w_.health.probes, Outcome::Unknown)) return not_known;
  for (const WorkloadProbe& probe : w_.health.probes)
    if (!probe.verdict && !std::holds_alternative<Unreachable>(probe.resolution.how)) return std::nullopt;
  return Verdict{};
}

/// A verdict that would make it unhealthy needs a result of the connectivity check since the round began.
bool WorkloadController::needs_connectivity(const Verdict& verdict) const {
  if (verdict.outcome != Outcome::Fail || host_state_.connectivity.knows_since(w_.health.probe->started))
    return false;
  Tracker next = w_.health.tracker;
  return next.observe(verdict.outcome, in_start_period(), thresholds()) ==
         Tracker::Transition::BecameUnhealthy;
}

void WorkloadController::round_answered() {
  std::optional<Verdict> verdict = round_verdict();
  if (verdict && needs_connectivity(*verdict)) {
    w_.health.probe->awaiting = true;
    w_.health.probe->give_up = now_ + host_state_.policy.connectivity_timeout + 2 * prober_margin;
    host_state_.connectivity.await(w_.key, now_);
    return;
  }
  end_round(std::move(verdict));
}

void WorkloadController::connectivity_answered() {
  if (!w_.health.probe || !w_.health.probe->awaiting ||
      !host_state_.connectivity.knows_since(w_.health.probe->started))
    return;
  end_round(round_verdict());
}

void WorkloadController::end_round(std::optional<Verdict> verdict) {
  if (verdict && verdict->outcome == Outcome::Fail) {
    if (!host_state_.engine_up)
      verdict = unknown(Cause::EngineDown, "the engine is unreachable");
    else if (host_state_.connectivity.failed())
      verdict = unknown(Cause::Connectivity, connectivity_problem());
  }
  if (verdict) apply_verdict(*verdict);
  schedule_probe();
  w_.health.probe.reset();
}

/// With several probes, the HEALTHCHECK's last verdict counts in each round.
void WorkloadController::note_engine_health(EngineHealth health, const std::string& output) {
  std::optional<Verdict> said;
  if (health == EngineHealth::Healthy) said = Verdict{};
  if (health == EngineHealth::Unhealthy) said = judge_healthcheck(output);
  note_engine_verdict(said);
}

void WorkloadController::note_engine_verdict(const std::optional<Verdict>& said) {
  for (WorkloadProbe& probe : w_.health.probes)
    if (std::holds_alternative<UseEngineHealth>(probe.resolution.how)) probe.verdict = said;
}

}  // namespace healer
