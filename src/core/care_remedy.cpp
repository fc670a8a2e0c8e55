#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/care.hpp"
#include "core/timing.hpp"

namespace healer {
namespace {

/// How long a fresh inspect may take before it is asked for again.
constexpr Duration inspect_patience = 10s;
/// The engine's stop timeout where the container has none of its own.
constexpr Duration engine_stop_timeout = 10s;
/// What the engine may need beyond the stop timeout, images on slow disks included.
constexpr Duration call_margin = 20s;
/// How often an unanswered order's effect is looked for.
constexpr Duration settle_interval = 1s;
/// A crash loop is over when a run is well and this old.
constexpr Duration crash_loop_calm = 60s;

}  // namespace

RemedyKind Care::wanted_remedy() const {
  const bool down = w_.presence == Presence::Exited;
  switch (w_.policy->remedy) {
    case RemedyKind::Restart:
    case RemedyKind::Start:
      return down                                     ? RemedyKind::Start
             : w_.policy->remedy == RemedyKind::Start ? RemedyKind::None
                                                      : RemedyKind::Restart;
    case RemedyKind::Stop:
      return down ? RemedyKind::None : RemedyKind::Stop;
    case RemedyKind::None:
      return RemedyKind::None;
  }
  return RemedyKind::None;
}

bool Care::remedy_in_hand() const {
  return std::holds_alternative<Acting>(w_.remedy) || std::holds_alternative<Settling>(w_.remedy);
}

bool Care::our_doing() const {
  const auto* verifying = std::get_if<Verifying>(&w_.remedy);
  return remedy_in_hand() || (verifying && verifying->awaiting_run);
}

Duration Care::call_deadline() const {
  return w_.policy->stop_timeout.value_or(w_.container.stop_timeout.value_or(engine_stop_timeout)) +
         call_margin;
}

void Care::plan_remedy() {
  if (!w_.incident || w_.attempt || !std::holds_alternative<Idle>(w_.remedy)) return;
  if (w_.incident->cause == IncidentCause::CrashLoop && w_.presence != Presence::Exited) return;
  if (w_.presence != Presence::Running && w_.presence != Presence::Exited) return;
  if (w_.back_by || w_.judge_exit_at) return;       // the engine's turn, or not judged yet
  if (wanted_remedy() == RemedyKind::None) return;  // told, not touched

  const BreakerState before = w_.breaker.state();
  const auto permitted = w_.breaker.permit(*w_.policy, now_);
  if (w_.breaker.state() != before) w_.dirty = true;
  if (!permitted) {
    if (!w_.incident->gave_up) announce_gave_up();
    return;
  }
  Instant due = *permitted;
  if (w_.breaker.state() == BreakerState::Closed) {
    if (const auto last = w_.breaker.last_attempt())
      due = std::max(due, *last + backoff_delay(*w_.policy, w_.backoff_level, draws_.next()));
  }
  w_.remedy = Planned{due};
  if (due > now_)
    log(LogLevel::Info,
        fmt::format("{} — next {} in {} (attempt {} of {})", w_.name, to_string(wanted_remedy()),
                    format_duration(due - now_), w_.breaker.attempts_in_window(*w_.policy, now_) + 1,
                    w_.policy->budget_attempts));
}

void Care::check_then_act() {
  const Container& facts = w_.container;
  const RemedyKind remedy = wanted_remedy();
  const bool as_decided = w_.incident && remedy != RemedyKind::None &&
                          (remedy == RemedyKind::Start
                               ? facts.state == ContainerState::Exited || facts.state == ContainerState::Dead
                               : facts.state == ContainerState::Running);
  // A start waits until the exit is judged: a person's stop may be what the facts show.
  const bool exit_open = w_.presence == Presence::Exited && (w_.judge_exit_at || w_.stopped_by_person);
  if (!as_decided || exit_open || w_.tracker.state() == Tracker::State::Well) {
    log(LogLevel::Info,
        fmt::format("{} — queued action dropped: it is {} now", w_.name, to_string(facts.state)));
    w_.remedy = Idle{};
    return;
  }
  if (!world_.engine_up) {
    w_.remedy = Planned{now_ + w_.policy->effective_fast_interval()};
    return;
  }
  act(facts);
}

void Care::act(const Container& facts) {
  const RemedyKind remedy = wanted_remedy();
  w_.breaker.count_attempt(now_);
  ++w_.backoff_level;
  w_.backoff_changed_at = now_;
  ++w_.incident->attempts;
  w_.dirty = true;

  Attempt attempt;
  attempt.id = AttemptId{++world_.last_attempt};
  attempt.incident = w_.incident->id;
  attempt.workload = w_.key;
  attempt.number = w_.incident->attempts;
  attempt.remedy = remedy;
  attempt.run = facts.run();
  attempt.ordered_at = now_;
  w_.attempt = attempt;
  w_.remedy = Acting{};
  save_attempt();
  save_incident();
  if (!w_.incident->announced) ++w_.unannounced_attempts;
  stop_probing();

  const char* verb = remedy == RemedyKind::Restart ? "RESTARTING"
                     : remedy == RemedyKind::Start ? "STARTING"
                                                   : "STOPPING";
  const std::string why =
      w_.incident->cause == IncidentCause::ProbeFailed
          ? fmt::format("failed {} consecutive health checks", w_.policy->failure_threshold)
          : w_.incident->cause_text;
  log(LogLevel::Warning,
      fmt::format("{} {} — {} (attempt {} of {})", verb, w_.name, why,
                  w_.breaker.attempts_in_window(*w_.policy, now_), w_.policy->budget_attempts));
  out_.push_back(
      ApplyRemedy{attempt.id, w_.key, w_.name, remedy, facts.id, w_.policy->stop_timeout, call_deadline()});
}

void Care::remedy_finished(const RemedyFinished& finished) {
  if (!w_.attempt || w_.attempt->id != finished.attempt || !std::holds_alternative<Acting>(w_.remedy)) return;
  switch (finished.answer) {
    case RemedyAnswer::Done:
      ++w_.restarts;
      if (w_.attempt->remedy == RemedyKind::Stop) {
        inspect();
        attempt_ended(AttemptState::Cured, "stopped, as configured");
        w_.exit_kind = ExitKind::Ours;
        w_.stopped_by_person = true;  // hands off until someone starts it
        close_incident(IncidentOutcome::StoppedByHealer, "stopped, as healer.action says");
        return;
      }
      if (w_.run() != w_.attempt->run && w_.presence == Presence::Running) {
        verify_from(w_.run_started, false);
      } else {
        verify_from(now_, true);
        inspect();
      }
      return;
    case RemedyAnswer::SkippedDryRun:
      log(LogLevel::Info, fmt::format("{} — dry run: the engine was not asked", w_.name));
      w_.attempt->note = "dry run";
      verify_from(now_, false);
      // The run goes on as it was; it is asked on, from a fresh streak, as after a real remedy.
      w_.tracker.begin_run(true);
      w_.probe_due = now_ + probe_delay(*w_.policy, true, draws_.next());
      return;
    case RemedyAnswer::Refused:
      log(LogLevel::Error, fmt::format("{} — the engine refused to {} it: {}", w_.name,
                                       to_string(w_.attempt->remedy), finished.error));
      attempt_failed_then_plan(AttemptState::Failed, finished.error);
      inspect();
      if (asks_over_network() && w_.presence == Presence::Running) schedule_probe();
      return;
    case RemedyAnswer::Lost:
      log(LogLevel::Warning,
          fmt::format("{} — no answer to the order to {} it ({}); looking whether it was carried out",
                      w_.name, to_string(w_.attempt->remedy), finished.error));
      w_.remedy = Settling{now_ + settle_interval, w_.attempt->ordered_at + call_deadline()};
      inspect();
      return;
  }
}

void Care::resume_attempt(const Attempt& attempt) {
  w_.attempt = attempt;
  if (attempt.state == AttemptState::Verifying) {
    w_.remedy = Verifying{now_ + w_.policy->verify_limit, false};
    return;
  }
  log(LogLevel::Info,
      fmt::format("{} — attempt {} was under way when healer ended; settled by what is true now",
                  w_.name.empty() ? w_.key : w_.name, attempt.number));
  w_.remedy = Settling{now_ + settle_interval, attempt.ordered_at + call_deadline()};
}

void Care::settle_by(const Container& facts) {
  const auto settling = std::get<Settling>(w_.remedy);
  const bool changed = facts.run() != w_.attempt->run;
  if (facts.state == ContainerState::Running && changed) {
    verify_from(w_.run_started, false);
    return;
  }
  if (w_.attempt->remedy == RemedyKind::Stop && facts.state == ContainerState::Exited) {
    attempt_ended(AttemptState::Cured, "stopped, as configured");
    w_.stopped_by_person = true;
    close_incident(IncidentOutcome::StoppedByHealer, "stopped, as healer.action says");
    return;
  }
  // The container's own stop timeout may only be known now.
  if (now_ < std::max(settling.until, w_.attempt->ordered_at + call_deadline())) return;
  if (w_.presence == Presence::Exited) {
    // Our order stopped it and did not start it again (engines before 24.0.7 drop a restart with its client).
    w_.exit_kind = ExitKind::Ours;
    w_.tracker.settle(false);
  }
  attempt_failed_then_plan(AttemptState::NotCarriedOut, "the run never changed");
  if (asks_over_network() && w_.presence == Presence::Running && !w_.probe && !w_.probe_due) schedule_probe();
}

void Care::verify_from(Instant started, bool awaiting_run) {
  const Duration grace = start_grace(*w_.policy, w_.started_well_once, w_.starts);
  w_.remedy = Verifying{std::max(now_, started + grace) + w_.policy->verify_limit, awaiting_run};
  w_.attempt->state = AttemptState::Verifying;
  save_attempt();
}

void Care::attempt_ended(AttemptState state, const std::string& note) {
  w_.attempt->state = state;
  w_.attempt->ended_at = now_;
  if (!note.empty()) w_.attempt->note = w_.attempt->note.empty() ? note : w_.attempt->note + "; " + note;
  save_attempt();
  out_.push_back(Count{CountRemedy{w_.attempt->remedy, state}});
  if (state == AttemptState::Cured) {
    w_.breaker.attempt_cured();
  } else if (state != AttemptState::Dropped) {
    w_.breaker.attempt_failed(*w_.policy, now_);
    log(LogLevel::Warning, fmt::format("{} — attempt {} did not help{}", w_.name, w_.attempt->number,
                                       note.empty() ? "" : ": " + note));
  }
  w_.dirty = true;
  w_.attempt.reset();
  w_.remedy = Idle{};
}

void Care::attempt_failed_then_plan(AttemptState state, const std::string& note) {
  attempt_ended(state, note);
  plan_remedy();
}

void Care::operator_reset() {
  w_.breaker.reset();
  w_.backoff_level = 0;
  w_.backoff_changed_at = now_;
  w_.crashes.clear();
  w_.dirty = true;
  if (w_.incident) w_.incident->gave_up = false;
  if (std::holds_alternative<Planned>(w_.remedy)) w_.remedy = Idle{};
  log(LogLevel::Info, fmt::format("{} — reset by an operator: breaker closed, backoff forgotten", w_.name));
  if (w_.tracker.state() == Tracker::State::Ill) plan_remedy();
}

void Care::run_due() {
  if (w_.probe && now_ >= w_.probe->give_up) {
    w_.probe.reset();
    apply_verdict(Verdict{Outcome::Unknown, Cause::Starved, "the prober gave no answer"});
    schedule_probe();
  }
  if (w_.probe_due && now_ >= *w_.probe_due && !w_.probe && w_.presence == Presence::Running && !unprobed())
    start_probe();

  if (w_.judge_exit_at && now_ >= *w_.judge_exit_at && world_.synced_once) judge_exit();

  if (w_.back_by && now_ >= *w_.back_by) {
    w_.back_by.reset();
    if (w_.presence == Presence::Exited && world_.engine_up) {
      const bool crashed_before = w_.exit_kind.has_value();
      w_.tracker.settle(false);
      w_.exit_kind = ExitKind::Crash;
      const std::string text = crashed_before
                                   ? w_.last_verdict.text + ", and the engine did not bring it back"
                                   : std::string("not back after the engine's return");
      w_.last_verdict = Verdict{Outcome::Fail, Cause::None, text};
      log(LogLevel::Warning, fmt::format("{} — {}", w_.name, text));
      became_ill(crashed_before ? IncidentCause::Crashed : IncidentCause::NotBackAfterEngine, text);
    } else if (w_.presence == Presence::Exited || w_.presence == Presence::Restarting) {
      inspect();
      w_.back_by = now_ + Duration{10s};
    }
  }

  // Whatever kept a remedy from being planned may be gone; what still keeps it says so in plan_remedy().
  if (w_.incident && w_.tracker.state() == Tracker::State::Ill) plan_remedy();

  if (const auto* planned = std::get_if<Planned>(&w_.remedy);
      planned && now_ >= planned->due && world_.engine_up) {
    w_.remedy = Checking{now_ + inspect_patience};
    inspect();
  } else if (const auto* checking = std::get_if<Checking>(&w_.remedy);
             checking && now_ >= checking->give_up) {
    w_.remedy = Planned{now_ + w_.policy->effective_fast_interval()};
  } else if (auto* settling = std::get_if<Settling>(&w_.remedy); settling && now_ >= settling->next_look) {
    settling->next_look = now_ + settle_interval;
    inspect();
  } else if (const auto* verifying = std::get_if<Verifying>(&w_.remedy);
             verifying && now_ >= verifying->deadline) {
    if (unprobed() && w_.presence == Presence::Running) {
      became_well();  // nothing can be asked: staying up is all there is to see
    } else {
      attempt_failed_then_plan(AttemptState::NotCured,
                               "neither well nor ill in time: " + w_.last_verdict.text);
    }
  }

  if (w_.breaker.state() == BreakerState::Open && now_ >= w_.breaker.until()) {
    w_.breaker.advance(now_);
    w_.dirty = true;
    log(LogLevel::Info, fmt::format("{} — breaker half-open: one try is allowed", w_.name));
  }

  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop && w_.presence == Presence::Running &&
      now_ - w_.run_started >= crash_loop_calm && (w_.tracker.state() == Tracker::State::Well || unprobed()))
    close_incident(IncidentOutcome::RecoveredAlone, {});

  if (w_.unannounced_incidents > 0 && now_ >= w_.last_announced + w_.policy->alert_cooldown)
    announce_summary();

  if (w_.forget_at && now_ >= *w_.forget_at && w_.incident)
    close_incident(IncidentOutcome::Removed, "the container was removed");
}

std::optional<Instant> Care::next_deadline() const {
  std::optional<Instant> next;
  const auto at = [&next](std::optional<Instant> candidate) {
    if (candidate && (!next || *candidate < *next)) next = candidate;
  };
  if (w_.probe) at(w_.probe->give_up);
  if (w_.presence == Presence::Running && !w_.probe) at(w_.probe_due);
  if (world_.synced_once) at(w_.judge_exit_at);
  at(w_.back_by);
  if (const auto* planned = std::get_if<Planned>(&w_.remedy); planned && world_.engine_up) at(planned->due);
  if (const auto* checking = std::get_if<Checking>(&w_.remedy)) at(checking->give_up);
  if (const auto* settling = std::get_if<Settling>(&w_.remedy)) at(settling->next_look);
  if (const auto* verifying = std::get_if<Verifying>(&w_.remedy)) at(verifying->deadline);
  if (w_.breaker.state() == BreakerState::Open) at(w_.breaker.until());
  if (w_.incident && w_.incident->cause == IncidentCause::CrashLoop && w_.presence == Presence::Running &&
      now_ - w_.run_started < crash_loop_calm)
    at(w_.run_started + crash_loop_calm);
  if (w_.unannounced_incidents > 0) at(w_.last_announced + w_.policy->alert_cooldown);
  at(w_.forget_at);
  return next;
}

void Care::finish() {
  if (w_.dirty) {
    out_.push_back(Persist{w_.record()});
    w_.dirty = false;
  }
  const std::optional<Instant> next = next_deadline();
  if (next && next != w_.wake_at) out_.push_back(Wake{w_.key, std::max(*next, now_)});
  w_.wake_at = next;
}

}  // namespace healer
