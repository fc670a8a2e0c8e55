#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/workload/timing.hpp"
#include "core/workload/controller.hpp"

namespace healer {
namespace {

/// Events that explain an exit arrive within this time; then the exit is judged without them.
constexpr Duration event_lookback = 2s;
/// Within this time the engine's restart policy should restart a container. HEALING.md 3.
constexpr Duration engine_lookback = 30s;
/// A workload that returns within this time after its removal is a deployment.
constexpr Duration deployment_lookback = 60s;
/// The exit of a container that has exited when healer first sees it is judged only if the start is this
/// recent: healer received its events, but did not watch it yet. An older one is left alone.
constexpr Duration fresh_start = 60s;

std::int64_t nanoseconds(WallTime at) {
  return at.unix_ms * 1000000;
}

}  // namespace

void WorkloadController::observe(const ContainerObserved& seen) {
  const Container& facts = seen.container;
  const bool first_sight = w_.lifecycle.presence == Presence::Absent;
  const bool policy_changed = !w_.policy || *w_.policy != *seen.policy;
  w_.policy = seen.policy;
  std::vector<LabelProblem> problems = seen.problems;
  w_.remediation.ladder = ladder_on(*seen.policy, host_state_.capabilities, problems);
  for (const LabelProblem& problem : problems) {
    if (std::find(w_.problems.begin(), w_.problems.end(), problem) == w_.problems.end())
      log(LogLevel::Warning,
          fmt::format("{} — label {}={}: {}", facts.name, problem.label, problem.value, problem.message));
  }
  w_.problems = std::move(problems);
  if (w_.name != facts.name) w_.dirty = true;
  w_.name = facts.name;
  w_.lifecycle.forget_at.reset();
  w_.lifecycle.look_again_at.reset();
  w_.facts.looked(facts.state, now_);

  const bool new_instance = facts.instance() != w_.instance();
  if (new_instance && !first_sight) instance_took_over();
  if (facts.state == ContainerState::Running && (new_instance || first_sight)) {
    begin_instance(facts);
  } else {
    const Container before = std::move(w_.container);
    w_.container = facts;
    w_.container.labels.clear();
    switch (facts.state) {
      case ContainerState::Running:
        if (w_.lifecycle.presence == Presence::Paused) {
          log(LogLevel::Info, fmt::format("{} — unpaused; checked again from the start", w_.name));
          begin_instance(facts);
          break;
        }
        // Events of the start are missing: only the end of the restart was reported.
        if (w_.lifecycle.presence != Presence::Running) begin_instance(facts);
        break;
      case ContainerState::Paused:
        enter_paused();
        break;
      case ContainerState::Restarting:
        if (w_.lifecycle.presence != Presence::Restarting) {
          stop_probing();
          w_.lifecycle.presence = Presence::Restarting;
          w_.dirty = true;
          judge_exit();
        }
        break;
      case ContainerState::Exited:
      case ContainerState::Dead:
      case ContainerState::Created:
        if (new_instance && facts.started) w_.lifecycle.evidence.forget_before(nanoseconds(*facts.started));
        if (new_instance && !first_sight) {
          // It started and exited again before the inspect: the newer instance is judged.
          if (facts.state != ContainerState::Created) w_.lifecycle.presence = Presence::Restarting;
          if (auto* verifying = std::get_if<Verifying>(&w_.remediation.phase))
            verifying->awaiting_instance = false;
        }
        enter_exited(facts, before.instance());
        break;
      case ContainerState::Removing:
        break;  // its destroy event follows
    }
    if (w_.lifecycle.presence == Presence::Running &&
        (policy_changed || before.networks != facts.networks || before.ports != facts.ports))
      resolve_targets();
  }

  if (w_.health.listens_to_engine() && w_.lifecycle.presence == Presence::Running && !on_old_instance())
    look_at_engine_health();
  if (std::holds_alternative<Checking>(w_.remediation.phase)) check_then_act();
  if (std::holds_alternative<Settling>(w_.remediation.phase)) settle_by(w_.container);
}

void WorkloadController::begin_instance(const Container& facts) {
  const bool first_sight = w_.lifecycle.presence == Presence::Absent;
  const bool same_instance = w_.instance() == facts.instance();
  const bool unpaused = w_.lifecycle.presence == Presence::Paused && same_instance;
  stop_probing();
  w_.container = facts;
  w_.container.labels.clear();
  w_.lifecycle.presence = Presence::Running;
  // Events of the new instance itself stay, even if they came before its facts.
  if (facts.started)
    w_.lifecycle.evidence.forget_before(nanoseconds(*facts.started));
  else
    w_.lifecycle.evidence.forget_seen();
  w_.lifecycle.exit_kind.reset();
  w_.lifecycle.judge_exit_at.reset();
  w_.lifecycle.back_by.reset();
  w_.lifecycle.ran_before_engine_loss = false;
  w_.lifecycle.exit_judged_before = false;
  if (w_.lifecycle.stopped_by_operator)
    log(LogLevel::Info, fmt::format("{} — started again; watched again", w_.name));
  w_.lifecycle.stopped_by_operator = false;
  w_.health.unknown_streak = 0;
  w_.health.last_verdict = Verdict{};
  w_.dirty = true;

  // The engine's clock may differ from healer's; a start in the future would lengthen the start period.
  w_.lifecycle.instance_started = facts.started ? std::min(now_, host_state_.instant(*facts.started)) : now_;
  w_.lifecycle.instance_seen_from_start = now_ - w_.lifecycle.instance_started < Duration{5s};
  // Engines report a paused container as unhealthy until the next check after it (moby#46203).
  w_.health.health_from = unpaused ? now_ : w_.lifecycle.instance_started;
  if (!same_instance) w_.lifecycle.began_unclean = std::exchange(w_.lifecycle.ended_unclean, std::nullopt);
  w_.health.tracker.begin_instance(w_.incident.has_value());
  w_.health.unhealthy_in_start_period = false;
  for (WorkloadProbe& probe : w_.health.probes) {
    probe.verdict.reset();
    probe.hangs = false;
  }
  resolve_targets();
  w_.health.start_period_until = w_.lifecycle.instance_started + start_period();
  if (std::exchange(w_.health.instance_passed_before, false) && same_instance)
    w_.health.start_period_until =
        std::min(w_.health.start_period_until, now_);  // over: it passed under that process
  w_.health.alerts_from = w_.lifecycle.instance_started;
  const bool daemon_start = first_sight && !host_state_.synced_once;
  if (!unprobed())
    w_.health.probe_due =
        now_ + first_probe_delay(*w_.policy, daemon_start,
                                 host_state_.draws.draw(w_.key, Draws::Purpose::FirstProbe, 0));

  if (w_.remediation.attempt && w_.remediation.attempt->instance != facts.instance() &&
      (std::holds_alternative<Settling>(w_.remediation.phase) ||
       std::holds_alternative<Verifying>(w_.remediation.phase)))
    verify_from(w_.lifecycle.instance_started, false);
  // The verdict was about another instance: a new instance needs a new verdict.
  if (queued()) {
    if (!same_instance) drop_queued("it runs anew");
    w_.remediation.phase = Idle{};
    w_.remediation.forced = false;
  }
}

void WorkloadController::enter_paused() {
  if (w_.lifecycle.presence != Presence::Paused) {
    stop_probing();
    w_.lifecycle.presence = Presence::Paused;
    w_.lifecycle.exit_kind.reset();
    w_.lifecycle.judge_exit_at.reset();
    w_.lifecycle.back_by.reset();
    w_.lifecycle.stopped_by_operator = false;
    w_.dirty = true;
    log(LogLevel::Info, fmt::format("{} — paused by an operator; left alone until unpaused", w_.name));
  }
  // While an order is under way, healer waits for its answer: the order may still have had an effect.
  if (!std::holds_alternative<Acting>(w_.remediation.phase) &&
      !std::holds_alternative<Idle>(w_.remediation.phase))
    drop_everything(AttemptState::Cancelled, "paused by an operator");
}

void WorkloadController::enter_exited(const Container& facts, const InstanceId& instance_before) {
  const bool never_ran = facts.state == ContainerState::Created;
  if (w_.lifecycle.presence == Presence::Exited) {
    if (w_.lifecycle.judge_exit_at && w_.lifecycle.evidence.died() &&
        host_state_.stop_reports == StopReports::Reliable)
      judge_exit();
    return;
  }
  const bool was_up = w_.lifecycle.presence == Presence::Running ||
                      w_.lifecycle.presence == Presence::Restarting ||
                      w_.lifecycle.presence == Presence::Paused;
  const bool first_sight = w_.lifecycle.presence == Presence::Absent;
  stop_probing();
  w_.lifecycle.presence = Presence::Exited;
  w_.lifecycle.exit_kind.reset();
  w_.dirty = true;
  w_.lifecycle.ended_unclean = is_unclean(facts.exit_code) || facts.oom_killed;

  // An operator's stop holds for that container only: a deployment's new container may have crashed.
  const bool still_stopped =
      w_.lifecycle.stopped_by_operator &&
      (first_sight ? instance_before.container_id == facts.id : instance_before == facts.instance());
  if (never_ran || still_stopped) {
    w_.lifecycle.stopped_by_operator = true;
    w_.lifecycle.exit_kind = ExitKind::Operator;
    close_incident(IncidentOutcome::StoppedByOperator, "it is stopped");
    return;
  }
  const bool just_started = host_state_.synced_once && facts.instance() != instance_before && facts.started &&
                            now_ - host_state_.instant(*facts.started) < fresh_start;
  const bool ran_before = w_.lifecycle.ran_when_restored || w_.lifecycle.ran_before_engine_loss;
  if (first_sight && !w_.incident && !ran_before && !just_started) {
    // healer never saw it running, so an operator may want it stopped.
    log(LogLevel::Info,
        fmt::format("{} — not running when first seen; left alone until an operator starts it", w_.name));
    w_.lifecycle.stopped_by_operator = true;
    w_.lifecycle.exit_kind = ExitKind::Operator;
    return;
  }
  w_.lifecycle.stopped_by_operator = false;
  if (instance_before.container_id != facts.id)
    w_.lifecycle.ran_before_engine_loss = false;  // its predecessor ran
  w_.lifecycle.exit_judged_before =
      first_sight && !w_.lifecycle.ran_when_restored && instance_before == facts.instance();
  if (was_up && w_.lifecycle.evidence.died() && host_state_.stop_reports == StopReports::Reliable) {
    judge_exit();
    return;
  }
  // The inspect was faster than the events, or healer did not run: wait for the events.
  w_.lifecycle.judge_exit_at = now_ + event_lookback;
}

void WorkloadController::engine_event(const EngineEvent& event) {
  w_.facts.engine_said(event, now_);
  // Events of an earlier instance may arrive late or again (a new connection replays them).
  const WallTime when{event.unix_nanoseconds / 1000000};
  // A start in the future: the clock was set back since, so no event counts as older than it.
  const bool known_start = w_.lifecycle.presence != Presence::Absent && w_.container.started &&
                           host_state_.instant(*w_.container.started) <= now_ + 1min;
  const bool older_instance = known_start && when < *w_.container.started;
  std::visit([&](const auto& report) { on(report, event, older_instance); }, event.report);
}

/// Whether the event is an effect of healer's remedy: any event before the remedy's new instance starts.
bool WorkloadController::part_of_remedy(const EngineEvent& event) const {
  return our_doing() &&
         !(w_.remediation.remedy_started_ns && event.unix_nanoseconds >= *w_.remediation.remedy_started_ns);
}

void WorkloadController::on(const StopRequested& report, const EngineEvent& event, bool older_instance) {
  if (report.form == StopForm::Restart) inspect();
  if (older_instance || part_of_remedy(event)) return;
  if (report.form == StopForm::Signal && after_our_signal()) return;
  hear(event);
  reconsider_exit();
}

void WorkloadController::on(const Ended& report, const EngineEvent& event, bool older_instance) {
  if (older_instance) return;
  w_.lifecycle.ended_unclean = is_unclean(report.exit_code);
  if (!part_of_remedy(event) && !after_our_signal()) {
    hear(event);
    reconsider_exit();
  }
  inspect();
}

void WorkloadController::on(const HealthReported& report, const EngineEvent& event, bool older_instance) {
  const WallTime when{event.unix_nanoseconds / 1000000};
  if (older_instance || !w_.health.listens_to_engine() || w_.lifecycle.presence != Presence::Running ||
      on_old_instance())
    return;
  if (w_.container.health_checked && when < *w_.container.health_checked) return;  // the facts are newer
  w_.container.health = report.health;
  w_.container.health_checked = when;
  w_.container.health_output.clear();
  engine_health(report.health, {});
}

void WorkloadController::on(const Removed&, const EngineEvent&, bool) {
  if (!recreating()) container_gone();
}

void WorkloadController::on(const Started&, const EngineEvent& event, bool) {
  const WallTime when{event.unix_nanoseconds / 1000000};
  if (our_doing() && !w_.remediation.remedy_started_ns &&
      host_state_.instant(when) >= w_.remediation.attempt->ordered_at)
    w_.remediation.remedy_started_ns = event.unix_nanoseconds;
  w_.dirty |= w_.reported_stopped();
  w_.lifecycle.evidence.note_start(event.unix_nanoseconds);
  if (w_.unseen()) {
    w_.lifecycle.ran_when_restored = true;
    w_.lifecycle.ran_before_engine_loss = false;
    w_.lifecycle.stopped_by_operator = false;
    w_.dirty = true;
  }
  inspect();
}

void WorkloadController::on(const Changed&, const EngineEvent&, bool) {
  inspect();
}

void WorkloadController::hear(const EngineEvent& event) {
  if (w_.lifecycle.evidence.observe(event))
    w_.lifecycle.evidence_at = std::min(now_, host_state_.happened(event.unix_nanoseconds));
  w_.dirty |= w_.reported_stopped();
}

/// The report that explains an exit may come after the exit was judged: from an engine whose stop reports are
/// unreliable, or with the replay after a reconnect.
void WorkloadController::reconsider_exit() {
  if (w_.lifecycle.presence != Presence::Exited || w_.lifecycle.judge_exit_at || on_old_instance()) return;
  const bool open = !w_.lifecycle.exit_kind && w_.lifecycle.back_by;  // believed stopped by the engine's end
  const bool blamed =
      w_.lifecycle.exit_kind == ExitKind::Crash || w_.lifecycle.exit_kind == ExitKind::OutOfMemory;
  if ((open || blamed) && w_.lifecycle.evidence.operator_acted()) apply_exit(ExitKind::Operator);
}

/// Whether the container ended during healer's order. Its events may come after the engine's refusal.
bool WorkloadController::ended_within_order() const {
  if (!w_.remediation.ordered || w_.remediation.ordered->instance != w_.instance() || !w_.container.finished)
    return false;
  const Instant finished = host_state_.instant(*w_.container.finished);
  return w_.remediation.ordered->from <= finished && finished <= w_.remediation.ordered->until;
}

void WorkloadController::judge_exit() {
  const bool by_alert = after_our_signal() && !w_.lifecycle.evidence.operator_acted();
  const bool ours = on_old_instance() || by_alert || ended_within_order();
  const bool explained = w_.lifecycle.evidence.died() || w_.lifecycle.evidence.operator_acted();
  w_.lifecycle.judge_exit_at.reset();
  w_.dirty = true;
  if (by_alert && w_.lifecycle.presence == Presence::Restarting) return;  // the engine restarts it
  ExitKind kind;
  if (w_.lifecycle.presence == Presence::Restarting) {
    // Only the engine's restart policy leads to this state, never after an operator's stop.
    kind = w_.container.oom_killed ? ExitKind::OutOfMemory : ExitKind::Crash;
  } else if (ours) {
    kind = ExitKind::Ours;
  } else if (w_.lifecycle.exit_judged_before && w_.incident && !w_.lifecycle.ran_before_engine_loss) {
    // A former process judged the exit with all events and opened the incident.
    kind = w_.container.oom_killed ? ExitKind::OutOfMemory : ExitKind::Crash;
  } else if (w_.lifecycle.ran_before_engine_loss && (w_.lifecycle.exit_judged_before || !explained)) {
    // It went down with the engine. Its restart policy restarts it, or healer does.
    w_.lifecycle.back_by = std::max(now_, host_state_.synced_at + engine_lookback);
    w_.lifecycle.ran_before_engine_loss = false;
    log(LogLevel::Info, fmt::format("{} — down since the engine went; its own policy has {} to bring it back",
                                    w_.name, format_duration(engine_lookback)));
    return;
  } else if (explained) {
    kind = w_.lifecycle.evidence.judge(w_.container);
    // This engine may report an operator's stop only as an exit, so an exit code that a stop leaves behind
    // counts as a stop.
    if (kind == ExitKind::Crash && host_state_.stop_reports == StopReports::Unreliable)
      kind = judge_unseen_exit(w_.container);
  } else if (w_.remediation.ordered && w_.remediation.ordered->instance == w_.instance() &&
             !w_.remediation.ordered->by_former_process) {
    kind = ExitKind::Ours;  // the order failed halfway, after it stopped the container
  } else {
    kind = judge_unseen_exit(w_.container);
  }
  apply_exit(kind);
}

void WorkloadController::apply_exit(ExitKind kind) {
  w_.lifecycle.exit_kind = kind;
  w_.dirty = true;
  switch (kind) {
    case ExitKind::Ours:
      if (after_our_signal()) {
        start_after_signal();
        return;
      }
      if (w_.remediation.attempt || w_.lifecycle.stopped_by_operator)
        return;  // the end of the attempt decides
      w_.health.tracker.settle(false);
      w_.health.last_verdict =
          Verdict{Outcome::Fail, Cause::None, "stopped by a remedy that did not start it again"};
      plan_remedy();
      return;
    case ExitKind::Operator:
      w_.lifecycle.stopped_by_operator = true;
      w_.lifecycle.back_by.reset();
      log(LogLevel::Info,
          fmt::format("{} — stopped by an operator; left alone until an operator starts it", w_.name));
      drop_everything(AttemptState::Cancelled, "stopped by an operator");
      close_incident(IncidentOutcome::StoppedByOperator, "an operator stopped it");
      return;
    case ExitKind::Completed:
      w_.lifecycle.stopped_by_operator = true;
      w_.lifecycle.back_by.reset();
      log(LogLevel::Info,
          fmt::format("{} — ended with exit code 0 under restart policy on-failure; left alone", w_.name));
      drop_everything(AttemptState::Cancelled, "ended with exit code 0");
      close_incident(IncidentOutcome::StoppedByOperator, "it ended with exit code 0");
      return;
    case ExitKind::Crash:
    case ExitKind::OutOfMemory:
      crashed(kind);
      return;
  }
}

/// Called when the facts show another instance, before their instance replaces the known one.
void WorkloadController::instance_took_over() {
  if (!w_.lifecycle.evidence.died() || w_.lifecycle.presence == Presence::Exited || on_old_instance()) return;
  if (w_.lifecycle.evidence.operator_acted()) {
    drop_everything(AttemptState::Cancelled, "restarted by an operator");
    return;
  }
  // The restart policy was faster than the inspect: healer never saw the state exited.
  if (w_.lifecycle.presence == Presence::Running) count_engine_restart(exit_text(ExitKind::Crash));
}

std::string WorkloadController::exit_text(ExitKind kind) const {
  const int code = w_.lifecycle.evidence.exit_code().value_or(w_.container.exit_code);
  if (kind != ExitKind::OutOfMemory) return fmt::format("exited by itself with code {}", code);
  const std::string& limit = w_.container.memory_limit_note;
  return fmt::format("out of memory, exit code {}{}", code, limit.empty() ? "" : ", " + limit);
}

void WorkloadController::count_engine_restart(const std::string& text) {
  w_.lifecycle.crashes.push_back(now_);
  while (w_.lifecycle.crashes.size() > 1 && w_.lifecycle.crashes.front() + w_.policy->budget_window <= now_)
    w_.lifecycle.crashes.erase(w_.lifecycle.crashes.begin());
  log(LogLevel::Warning, fmt::format("{} — {}; left to the engine's restart policy ({} in {})", w_.name, text,
                                     w_.lifecycle.crashes.size(), format_duration(w_.policy->budget_window)));
  if (std::holds_alternative<Verifying>(w_.remediation.phase))
    attempt_ended(AttemptState::NotRecovered, text);
  if (w_.lifecycle.crashes.size() < w_.policy->budget_attempts || w_.incident) return;
  const std::string loop = fmt::format("{}, {} times in {}", text, w_.lifecycle.crashes.size(),
                                       format_duration(w_.policy->budget_window));
  open_incident(IncidentCause::CrashLoop, loop);
  decide(Rule::Unhealthy, loop, fmt::format("cause={}", to_string(IncidentCause::CrashLoop)));
}

/// Without heal_exits, an exit outside an incident is left alone. True: it was left alone.
bool WorkloadController::leave_exited(const std::string& text) {
  if (w_.policy->heal_exits || w_.incident || w_.remediation.attempt) return false;
  w_.lifecycle.stopped_by_operator = true;
  w_.lifecycle.back_by.reset();
  w_.dirty = true;
  log(LogLevel::Warning, fmt::format("{} — {}; left alone: only its health is watched", w_.name, text));
  return true;
}

void WorkloadController::crashed(ExitKind kind) {
  const std::string text = exit_text(kind);
  w_.health.last_verdict = Verdict{Outcome::Fail, Cause::None, text};
  if (w_.lifecycle.presence == Presence::Restarting || engine_restarts(w_.container)) {
    w_.lifecycle.back_by = now_ + engine_lookback;
    count_engine_restart(text);
    return;
  }
  if (leave_exited(text)) return;
  log(LogLevel::Warning, fmt::format("{} — {}", w_.name, text));
  decide(Rule::Crashed, text,
         fmt::format("exit_code={}", w_.lifecycle.evidence.exit_code().value_or(w_.container.exit_code)));
  w_.health.tracker.settle(false);
  if (std::holds_alternative<Verifying>(w_.remediation.phase)) {
    attempt_failed_then_plan(AttemptState::NotRecovered, text);
    return;
  }
  became_unhealthy(kind == ExitKind::OutOfMemory ? IncidentCause::OutOfMemory : IncidentCause::Crashed, text);
}

void WorkloadController::container_gone() {
  if (w_.lifecycle.presence == Presence::Absent && w_.lifecycle.forget_at) return;
  if (recreating()) {
    // A successor follows: the engine's answer names it, or an orchestrator starts it.
    if (std::holds_alternative<Settling>(w_.remediation.phase)) verify_from(now_, true);
    return;
  }
  stop_probing();
  w_.lifecycle.presence = Presence::Absent;
  w_.lifecycle.ran_when_restored = false;
  w_.lifecycle.look_again_at.reset();
  w_.lifecycle.judge_exit_at.reset();
  w_.lifecycle.back_by.reset();
  drop_everything(AttemptState::Cancelled, "the container was removed");
  known_again("it was removed");
  w_.lifecycle.forget_at = now_ + deployment_lookback;
  w_.dirty = true;
}

void WorkloadController::opted_out() {
  stop_probing();
  w_.lifecycle.presence = Presence::Absent;
  w_.lifecycle.ran_when_restored = false;
  w_.lifecycle.look_again_at.reset();
  w_.lifecycle.judge_exit_at.reset();
  w_.lifecycle.back_by.reset();
  drop_everything(AttemptState::Cancelled, "no longer opted in");
  known_again("it is no longer opted in");
  close_incident(IncidentOutcome::OptedOut, "it is no longer opted in");
  w_.lifecycle.forget_at = now_;
  w_.dirty = true;
}

void WorkloadController::not_looked_at_yet() {
  w_.lifecycle.look_again_at = now_ + look_again;
}

void WorkloadController::inspect_failed(const Error& error) {
  if (w_.lifecycle.presence != Presence::Absent || w_.unseen()) not_looked_at_yet();
  if (std::holds_alternative<Checking>(w_.remediation.phase)) {
    log(LogLevel::Warning, fmt::format("{} — inspect before the remedy failed: {}", w_.name, error.message));
    w_.remediation.phase = Planned{now_ + std::min(w_.policy->effective_fast_interval(), look_again), {}};
  }
}

void WorkloadController::engine_lost(bool fell_with_it) {
  const bool up = w_.lifecycle.presence == Presence::Running ||
                  w_.lifecycle.presence == Presence::Restarting ||
                  w_.lifecycle.presence == Presence::Paused ||
                  (w_.unseen() && w_.lifecycle.ran_when_restored && !w_.lifecycle.evidence.died());
  if (up || w_.lifecycle.back_by) {
    w_.lifecycle.ran_before_engine_loss = true;
    w_.dirty = true;
  }
  if (!fell_with_it) return;
  // The engine's shutdown stopped it: events of that stop, also repeated, explain no exit. HEALING.md 3.
  w_.lifecycle.ran_before_engine_loss = true;
  w_.lifecycle.stopped_by_operator = false;
  w_.lifecycle.exit_kind.reset();
  w_.lifecycle.judge_exit_at.reset();
  w_.lifecycle.evidence.forget_seen();
  w_.dirty = true;
}

void WorkloadController::synced() {
  if (w_.unseen()) return;
  w_.dirty |= w_.lifecycle.ran_before_engine_loss;
  if (w_.lifecycle.presence != Presence::Exited) {
    w_.lifecycle.ran_before_engine_loss = false;  // it outlived the loss, or its policy restarts it
  } else if (w_.lifecycle.judge_exit_at) {
    w_.lifecycle.judge_exit_at = now_ + event_lookback;
  } else if (w_.lifecycle.ran_before_engine_loss && w_.lifecycle.back_by) {
    w_.lifecycle.back_by =
        std::max(*w_.lifecycle.back_by, now_ + engine_lookback);  // no restart while the engine was down
    w_.lifecycle.ran_before_engine_loss = false;
  } else if (w_.lifecycle.ran_before_engine_loss && !w_.lifecycle.exit_kind) {
    w_.lifecycle.judge_exit_at = now_ + event_lookback;
  }
}

void WorkloadController::drop_everything(AttemptState attempt_state, const std::string& why) {
  drop_queued(why);
  if (w_.remediation.attempt) attempt_ended(attempt_state, why);
  w_.remediation.phase = Idle{};
}

}  // namespace healer
