#include "core/workload/hold.hpp"

#include <tuple>
#include <utility>

#include "core/host/host_contribution.hpp"
#include "core/host/maintenance.hpp"
#include "core/workload/alert_permit.hpp"
#include "core/workload/command_result.hpp"
#include "core/workload/network.hpp"
#include "core/workload/order_limits.hpp"
#include "core/workload/pause.hpp"
#include "core/workload/verdict.hpp"

namespace healer {
namespace {

/// A deployment replaces the parent and its children within this time.
constexpr Duration replacement_lookback = 10s;
/// A dump or an upgrade inside takes at most this; a forgotten shell must not keep it unhealthy for ever.
constexpr Duration longest_inside = 1h;
constexpr Duration look_inside_every = 5s;
/// Between two attempts for a workload whose dependency healer cannot judge.
constexpr Duration unjudged_pause = 24h;
/// What an application may ask for.
constexpr Duration longest_busy = 10min;
constexpr Duration longest_maintenance = 1h;

Hold hold_of(HoldKind kind, HoldCase of = HoldCase::Only, std::string name = {}) {
  Hold hold;
  hold.kind = kind;
  hold.of = of;
  hold.name = std::move(name);
  return hold;
}

Hold hold_until(std::optional<Instant> until, HoldKind kind, HoldCase of = HoldCase::Only,
                std::string name = {}) {
  Hold hold = hold_of(kind, of, std::move(name));
  hold.until = until;
  return hold;
}

std::optional<Hold> paused(const View& view) {
  // The newest command of the operator counts: `healer pause` or `healer heal`.
  const Remediation& remediation = view.workload.remediation;
  if (remediation.forced && remediation.forced_after_pauses == pauses_set(view)) return std::nullopt;
  const auto end = pause_end(view);
  if (!end) return std::nullopt;
  const auto& own = view.workload.paused_until;
  const bool all = !own || view.now >= *own;
  Hold hold = hold_of(HoldKind::Paused, all ? HoldCase::Everything : HoldCase::Only);
  if (*end != Instant::max()) hold.until = end;
  return hold;
}

std::optional<Hold> maintenance(const View& view) {
  const Policy& policy = *view.workload.policy;
  if (policy.maintenance.empty()) return std::nullopt;
  const std::int64_t wall_ms = wall_time_of(view.now + view.host.clocks.wall_ahead).unix_ms;
  const std::int64_t second = wall_ms / 1000;  // positive: the wall clock is past 1970
  const auto open = open_window(policy.maintenance, second);
  if (!open) return std::nullopt;
  Hold hold = hold_of(HoldKind::Maintenance, HoldCase::Only, open->window->text);
  if (open->until_unix_s) hold.until = view.now + Duration{*open->until_unix_s * 1000 - wall_ms};
  return hold;
}

/// For an incident whose checks used healer's network or resources, which fail now.
std::optional<Hold> connectivity(const View& view) {
  const Health& health = view.workload.health;
  const bool over_network = view.workload.lifecycle.presence == Presence::Running &&
                            !health.probes.uses_engine_health() && !health.unprobed();
  if (!over_network || health.network_loss || view.workload.alerts.acting) return std::nullopt;
  if (view.host.connectivity.failed()) return hold_of(HoldKind::Connectivity);
  if (view.now < view.host.starved_until)
    return hold_until(view.host.starved_until, HoldKind::Connectivity, HoldCase::RanOut);
  return std::nullopt;
}

std::optional<Hold> engine_down(const View& view) {
  if (!view.host.engine_up) return hold_of(HoldKind::EngineDown);
  // Before that, dependencies and a former process's unfinished attempts may be unknown.
  if (!view.host.synced_once) return hold_of(HoldKind::EngineDown, HoldCase::Listing);
  return std::nullopt;
}

std::optional<Hold> operator_stopping(const View& view) {
  const Lifecycle& lifecycle = view.workload.lifecycle;
  const Instant stop_over = lifecycle.evidence_at + call_deadline(view.workload);
  if (!lifecycle.evidence.operator_acted() || lifecycle.evidence.died() || view.now >= stop_over)
    return std::nullopt;
  return hold_until(stop_over, HoldKind::OperatorStopping);
}

Hold for_parent(const View& view, HoldCase of, NotReady lacks) {
  Hold hold = hold_of(HoldKind::NetworkParent, of, parent_name(view));
  hold.lacks = lacks;
  return hold;
}

bool parent_changed(SharedNetworkState network) {
  return network == SharedNetworkState::Restarted || network == SharedNetworkState::Replaced;
}

/// While the parent does not run, a remedy could not join its network.
std::optional<Hold> parent_down(const View& view) {
  const SharedNetworkState network = network_of(view);
  if (network == SharedNetworkState::Gone) return for_parent(view, HoldCase::Only, NotReady::Gone);
  const Container* parent = present_parent(view);
  const bool down = parent == nullptr || parent->state != ContainerState::Running;
  if (network == SharedNetworkState::ParentDown || (parent_changed(network) && down))
    return for_parent(view, HoldCase::Only, NotReady::NotRunning);
  return std::nullopt;
}

std::optional<Hold> parent_starting(const View& view) {
  const SharedNetworkState network = network_of(view);
  if (network != SharedNetworkState::ParentNotReady && !parent_changed(network)) return std::nullopt;
  const NotReady why = parent_not_ready(view);
  if (why == NotReady::None) return std::nullopt;
  return for_parent(view, HoldCase::Awaited, why);
}

std::optional<Hold> parent_just_changed(const View& view) {
  const auto& loss = view.workload.health.network_loss;
  if (!loss || !parent_changed(network_of(view))) return std::nullopt;
  const Instant settled = loss->since + std::min(replacement_lookback, 2 * view.workload.policy->interval);
  if (view.now >= settled) return std::nullopt;
  Hold hold = for_parent(view, HoldCase::ChangedJustNow, NotReady::None);
  hold.until = settled;
  return hold;
}

std::optional<Hold> dependency(const View& view) {
  const Workload* root = failing_root(view);
  if (root == nullptr) return std::nullopt;
  const Workload& other = *root;
  // The hold stays the same from the incident to the remedy, because each change is stored as a decision.
  const bool healed =
      other.incident && !other.lifecycle.stopped_by_operator && other.lifecycle.presence != Presence::Paused;
  Hold hold = hold_of(HoldKind::Dependency, healed ? HoldCase::Only : HoldCase::Awaited, other.name);
  hold.lacks = healed ? NotReady::Unhealthy : not_ready_reason(other, view.now);
  return hold;
}

/// Its checks get answers, so the process lives: what it says may be its dependency's trouble, and no restart
/// mends that.
bool answers(const View& view) {
  const Workload& w = view.workload;
  return w.lifecycle.presence == Presence::Running && !w.health.network_loss &&
         is_answer(w.health.counted_failure ? *w.health.counted_failure : w.health.last_verdict);
}

/// A dependency that healer does not watch, or whose checks tell nothing.
std::optional<std::string> unjudged_dependency_of(const View& view) {
  for (const std::string& key : view.host.graph.dependencies(view.workload.key)) {
    const Workload* other = view.host.find(key);
    if (other != nullptr && other->lifecycle.presence == Presence::Running &&
        (other->health.unjudged() || other->health.last_verdict.outcome == Outcome::Unknown))
      return other->name;
  }
  return view.host.graph.unwatched_dependency(view.workload.key);
}

/// What healer cannot judge may be the cause, and a restart of the dependent did not help.
std::optional<Hold> unjudged_dependency(const View& view) {
  const Remediation& remediation = view.workload.remediation;
  const auto last = remediation.breaker.last_attempt();
  if (remediation.ladder_step == 0 || !last || !answers(view)) return std::nullopt;
  const Instant again = *last + unjudged_pause;
  if (view.now >= again) return std::nullopt;
  const auto name = unjudged_dependency_of(view);
  if (!name) return std::nullopt;
  return hold_until(again, HoldKind::Dependency, HoldCase::Unwatched, *name);
}

std::optional<Hold> deployment(const View& view) {
  const std::string project = project_of(view.workload);
  if (project.empty()) return std::nullopt;
  const auto until = view.host.deployments.in_progress_until(project, view.now);
  if (!until) return std::nullopt;
  return hold_until(until, HoldKind::Deployment, HoldCase::Only, project);
}

std::optional<Hold> operator_inside(const View& view) {
  const std::string& command = view.workload.container.operator_command;
  const auto& since = view.workload.remediation.inside_since;
  if (command.empty() || (since && view.now >= *since + longest_inside)) return std::nullopt;
  return hold_until(view.now + look_inside_every, HoldKind::OperatorInside, HoldCase::Only, command);
}

std::optional<Hold> disk(const View& view) {
  if (view.now < view.host.disk_full_until) return hold_until(view.host.disk_full_until, HoldKind::Disk);
  const Rare<Verdict>& failure = view.workload.health.counted_failure;
  if (!(failure && says_disk_full(failure->reason)) &&
      !says_disk_full(view.workload.container.health_check.output))
    return std::nullopt;
  return hold_of(HoldKind::Disk, HoldCase::ByCheck);
}

/// Only while the workload runs, and no other reason than its checks stands beside.
bool by_check(const View& view) {
  const Health& health = view.workload.health;
  return view.workload.lifecycle.presence == Presence::Running && !health.network_loss &&
         !view.workload.alerts.acting;
}

/// The newest failure tells whose trouble it is. An unknown result after it tells nothing.
const Verdict* failure_of_running(const View& view) {
  const Rare<Verdict>& failure = view.workload.health.counted_failure;
  return by_check(view) && failure ? &*failure : nullptr;
}

/// An unhealthy HEALTHCHECK whose output came late, and shows that it cannot run.
std::optional<Hold> healthcheck(const View& view) {
  const Health& health = view.workload.health;
  const Verdict& verdict = health.last_verdict;
  if (!by_check(view) || !health.probes.uses_engine_health() || verdict.outcome != Outcome::Unknown ||
      verdict.cause != Cause::CannotRun)
    return std::nullopt;
  return hold_of(HoldKind::Unproven, HoldCase::CannotRun);
}

std::optional<Hold> access(const View& view) {
  const Verdict* verdict = failure_of_running(view);
  if (verdict == nullptr) return std::nullopt;
  if (verdict->cause == Cause::Access) return hold_of(HoldKind::Access);
  if (verdict->cause == Cause::NotFound && view.workload.remediation.attempts > 0)
    return hold_of(HoldKind::Access, HoldCase::NoPath);
  return std::nullopt;
}

std::optional<Hold> upstream(const View& view) {
  const Verdict* verdict = failure_of_running(view);
  if (verdict == nullptr || verdict->cause != Cause::Upstream || view.workload.remediation.attempts == 0)
    return std::nullopt;
  return hold_of(HoldKind::Upstream);
}

std::optional<Hold> busy(const View& view) {
  const Verdict* verdict = failure_of_running(view);
  if (verdict == nullptr || verdict->cause != Cause::Busy) return std::nullopt;
  const Duration asked = verdict->retry_after.value_or(longest_busy);
  // An attempt did not help, and it asks again: a further one helps no more.
  const bool tried = view.workload.remediation.ladder_step > 0;
  const Duration limit = verdict->in_maintenance || tried
                             ? longest_maintenance
                             : std::min({asked, view.workload.policy->maintenance_limit, longest_busy});
  const Instant until = view.workload.health.failing_since + limit;
  if (view.now >= until) return std::nullopt;
  return hold_until(until, HoldKind::Busy,
                    verdict->in_maintenance ? HoldCase::InMaintenance : HoldCase::Only);
}

/// With a new image such a failure shows that the path or the port moved, or that the image still starts for
/// the first time: a restart mends neither.
bool shows_a_move(const Verdict& verdict) {
  return verdict.cause == Cause::NotFound || verdict.cause == Cause::Refused ||
         verdict.cause == Cause::Malformed || verdict.cause == Cause::Tls;
}

std::optional<Hold> unproven(const View& view) {
  const Verdict* verdict = failure_of_running(view);
  if (verdict == nullptr || (view.workload.remediation.attempts == 0 && !shows_a_move(*verdict)))
    return std::nullopt;
  for (const WorkloadProbe& probe : view.workload.health.probes.selected)
    if (probe.trust == Trust::Provisional && probe.verdict && probe.verdict->outcome != Outcome::Pass)
      return hold_of(HoldKind::Unproven);
  return std::nullopt;
}

/// It changes only with the phase.
HoldCase case_of(MassGuard::Phase phase) {
  switch (phase) {
    case MassGuard::Phase::Off:
    case MassGuard::Phase::Holding:
      break;
    case MassGuard::Phase::Canary:
      return HoldCase::Canaries;
    case MassGuard::Phase::Backoff:
      return HoldCase::InVain;
  }
  return HoldCase::Only;
}

std::optional<Hold> mass_failure(const View& view) {
  const MassGuard& mass = view.host.mass;
  // From Gathering on the workload has its own slot.
  const std::size_t others = view.host.concurrency.in_use() - (view.workload.contribution.in_remedy ? 1 : 0);
  if (view.workload.health.network_loss || view.workload.contribution.apart || mass.room(others) > 0)
    return std::nullopt;
  Hold hold = hold_of(HoldKind::MassFailure, case_of(mass.phase()));
  if (mass.phase() != MassGuard::Phase::Canary) hold.until = mass.deadline();
  return hold;
}

HoldCase case_of(AlertPermit::State state) {
  switch (state) {
    case AlertPermit::State::Granted:
    case AlertPermit::State::Asking:
      break;
    case AlertPermit::State::Outlasted:
      return HoldCase::Outlasted;
    case AlertPermit::State::Used:
      return HoldCase::Unconfirmed;
  }
  return HoldCase::Only;
}

std::optional<Hold> alert(const View& view) {
  if (!caused_by_alert(view)) return std::nullopt;
  AlertPermit permit = alert_permit(view);
  if (permit.state == AlertPermit::State::Granted) return std::nullopt;
  Hold hold = hold_until(permit.until, HoldKind::Alert, case_of(permit.state), std::move(permit.alert));
  hold.detail = std::move(permit.answer);
  return hold;
}

std::optional<Hold> concurrency(const View& view) {
  const Workload& w = view.workload;
  if (w.contribution.in_remedy) return std::nullopt;
  const auto* planned = std::get_if<Planned>(&w.remediation.phase);
  switch (view.host.concurrency.ask(w.key, w.service, planned != nullptr ? planned->due : view.now)) {
    case ConcurrencyLimiter::Answer::Free:
      return std::nullopt;
    case ConcurrencyLimiter::Answer::ReplicaBusy:
      return hold_of(HoldKind::Replica);
    case ConcurrencyLimiter::Answer::Busy:
      return hold_of(HoldKind::Concurrency);
  }
  return std::nullopt;
}

struct HoldRule {
  enum class Heal { Waits, Passes };  ///< what `healer heal` does
  /// Limited: to dependency_hold, for a cause that may never end. LimitedUnlessAnswering: only a workload
  /// that does not answer its checks may need a remedy beside its cause.
  enum class Length { Any, Limited, LimitedUnlessAnswering };
  std::optional<Hold> (*applies)(const View& view);
  Heal heal = Heal::Passes;
  Length length = Length::Any;
};

using Heal = HoldRule::Heal;
using Length = HoldRule::Length;

/// A new hold is a new line, at its place in the table of hold.hpp.
constexpr HoldRule rules[] = {
    {paused, Heal::Waits},
    {maintenance},
    {connectivity},
    {engine_down, Heal::Waits},
    {operator_stopping, Heal::Waits},
    {parent_down},
    {parent_starting, Heal::Passes, Length::Limited},
    {parent_just_changed},
    {dependency, Heal::Passes, Length::LimitedUnlessAnswering},
    {unjudged_dependency},
    {deployment},
    {operator_inside},
    {disk},
    {healthcheck},
    {access},
    {upstream},
    {busy},
    {unproven},
    {mass_failure},
    {alert},
    {concurrency, Heal::Passes},
};

}  // namespace

const Workload* failing_root(const View& view) {
  const auto root = view.host.graph.failing_root(view.workload.key, [&view](const std::string& key) {
    const Workload* other = view.host.find(key);
    return other != nullptr && not_ready_reason(*other, view.now) != NotReady::None;
  });
  return root ? view.host.find(*root) : nullptr;
}

bool same_cause(const Hold& one, const Hold& other) {
  const auto cause = [](const Hold& hold) {
    return std::tie(hold.kind, hold.of, hold.name, hold.lacks, hold.detail);
  };
  return cause(one) == cause(other);
}

FoundHold find_hold(const View& view) {
  const Remediation& remediation = view.workload.remediation;
  FoundHold found;
  for (const HoldRule& rule : rules) {
    if (remediation.forced && rule.heal == Heal::Passes) continue;
    std::optional<Hold> hold = rule.applies(view);
    if (!hold) continue;
    if (rule.length == Length::Limited || (rule.length == Length::LimitedUnlessAnswering && !answers(view))) {
      found.limit_began = true;
      hold->until =
          remediation.dependency_hold_until.value_or(view.now + view.workload.policy->dependencies.hold);
      if (view.now >= *hold->until) {
        // One attempt since then has shown that the cause is not here.
        const auto last = remediation.breaker.last_attempt();
        if (!last || *last < *hold->until) continue;
        hold->until.reset();
      }
    }
    found.hold = std::move(hold);
    break;
  }
  return found;
}

}  // namespace healer
