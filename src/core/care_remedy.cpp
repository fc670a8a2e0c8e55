#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/care.hpp"
#include "core/timing.hpp"

namespace healer {
namespace {

/// The engine's stop timeout where the container has none of its own.
constexpr Duration engine_stop_timeout = 10s;
/// What the engine may need beyond the stop timeout, images on slow disks included.
constexpr Duration call_margin = 20s;
/// After an order's own deadline the runtime has surely answered; this much later its answer is lost.
constexpr Duration answer_margin = 10s;

}  // namespace

RemedyKind Care::wanted_remedy() const {
  const bool down = w_.presence == Presence::Exited;
  switch (w_.policy->actions.front().kind) {
    case RemedyKind::Restart:
    case RemedyKind::Start:
      return down                                                   ? RemedyKind::Start
             : w_.policy->actions.front().kind == RemedyKind::Start ? RemedyKind::None
                                                                    : RemedyKind::Restart;
    case RemedyKind::Stop:
      return down ? RemedyKind::None : RemedyKind::Stop;
    default:
      return RemedyKind::None;
  }
}

bool Care::remedy_in_hand() const {
  return std::holds_alternative<Acting>(w_.remedy) || std::holds_alternative<Settling>(w_.remedy);
}

bool Care::on_old_run() const {
  return our_doing() && w_.attempt->run == w_.run();
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
  if (!w_.incident || w_.attempt || w_.in_flight || !std::holds_alternative<Idle>(w_.remedy)) return;
  const ContainerState state = w_.container.state;
  const bool up = w_.presence == Presence::Running && state == ContainerState::Running;
  const bool down = w_.presence == Presence::Exited &&
                    (state == ContainerState::Exited || state == ContainerState::Dead) &&
                    !w_.stopped_by_person;
  if (!up && !down) return;
  // The engine's policy is at a crash loop; a run that stays up and is ill is ours again.
  if (w_.incident->cause == IncidentCause::CrashLoop && up && now_ - w_.run_started < crash_loop_calm) return;
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
  if (!as_decided || exit_open || w_.tracker.state() != Tracker::State::Ill) {
    log(LogLevel::Info,
        fmt::format("{} — queued action dropped: it is {} now", w_.name, to_string(facts.state)));
    w_.remedy = Idle{};
    return;
  }
  if (!world_.engine_up) {
    w_.remedy = Planned{now_ + w_.policy->effective_fast_interval()};
    return;
  }
  // Somebody is stopping it right now: what it comes to is awaited.
  const Instant stop_over = w_.evidence_at + call_deadline();
  if (w_.evidence.person_acted() && !w_.evidence.died() && now_ < stop_over) {
    log(LogLevel::Info, fmt::format("{} — somebody is stopping it; the queued action waits", w_.name));
    w_.remedy = Planned{stop_over};
    return;
  }
  // It began to pass: the next answers tell whether anything needs to be done at all.
  if (w_.tracker.passes() > 0 && w_.presence == Presence::Running) {
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
  w_.in_flight = InFlight{attempt.id, now_ + call_deadline() + answer_margin};
  w_.ordered_run = attempt.run;
  w_.remedy_started_ns.reset();
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
  ApplyRemedy order;
  order.attempt = attempt.id;
  order.workload = w_.key;
  order.name = w_.name;
  order.step.kind = remedy;
  order.container_id = facts.id;
  order.stop_timeout = w_.policy->stop_timeout;
  order.deadline = call_deadline();
  out_.push_back(std::move(order));
}

void Care::remedy_finished(const RemedyFinished& finished) {
  if (w_.in_flight && w_.in_flight->attempt == finished.attempt) w_.in_flight.reset();
  if (!w_.attempt || w_.attempt->id != finished.attempt || !std::holds_alternative<Acting>(w_.remedy)) return;
  switch (finished.answer) {
    case RemedyAnswer::Done:
      ++w_.restarts;
      if (w_.attempt->remedy == RemedyKind::Stop) {
        inspect();
        stopped_by_healer();
        return;
      }
      if (w_.run() != w_.attempt->run) {
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
      w_.run_seen_from_start = false;  // no start to learn from
      if (w_.presence == Presence::Running && !unprobed())
        w_.probe_due = now_ + probe_delay(*w_.policy, true, draws_.next());
      return;
    case RemedyAnswer::Refused:
      log(LogLevel::Error, fmt::format("{} — the engine refused to {} it: {}", w_.name,
                                       to_string(w_.attempt->remedy), finished.error));
      attempt_failed_then_plan(AttemptState::Failed, finished.error);
      inspect();
      return;
    case RemedyAnswer::Lost:
      order_lost(finished.error);
      return;
  }
}

void Care::order_lost(const std::string& error) {
  log(LogLevel::Warning,
      fmt::format("{} — no answer to the order to {} it ({}); looking whether it was carried out", w_.name,
                  to_string(w_.attempt->remedy), error));
  w_.remedy = Settling{now_ + settle_interval, w_.attempt->ordered_at + call_deadline()};
  inspect();
}

void Care::stopped_by_healer() {
  attempt_ended(AttemptState::Cured, "stopped, as configured");
  w_.exit_kind = ExitKind::Ours;
  w_.stopped_by_person = true;  // hands off until someone starts it
  w_.dirty = true;
  close_incident(IncidentOutcome::StoppedByHealer, "stopped, as healer.action says");
}

void Care::resume_attempt(const Attempt& attempt) {
  w_.attempt = attempt;
  w_.ordered_run = attempt.run;
  if (!w_.incident) {  // nothing left to cure
    attempt_ended(AttemptState::Dropped, "its incident is closed");
    return;
  }
  if (attempt.state == AttemptState::Verifying) {
    w_.remedy = Verifying{now_ + w_.policy->verify_limit, false, now_};
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
  if (w_.attempt->remedy == RemedyKind::Stop) {
    if (facts.state == ContainerState::Exited) {
      stopped_by_healer();
      return;
    }
  } else if (changed) {
    // Running: asked. Ended again already: its exit is judged, which ends the verification too.
    verify_from(w_.run_started, false);
    return;
  }
  // The container's own stop timeout may only be known now.
  if (now_ < std::max(settling.until, w_.attempt->ordered_at + call_deadline())) return;
  // Exited: our order stopped it and did not start it again (engines before 24.0.7 drop a restart with its
  // client). attempt_ended() takes that into account.
  attempt_failed_then_plan(AttemptState::NotCarriedOut,
                           changed ? "it was stopped otherwise" : "the run never changed");
}

void Care::verify_from(Instant started, bool awaiting_run) {
  const bool by_engine = asks_engine();
  const Duration learned = start_grace(*w_.policy, w_.started_well_once, w_.starts);
  const Duration grace = by_engine ? std::max(learned, w_.container.health_start_period) : learned;
  // Checks that come seldom need longer than the limit to give a verdict at all.
  const Duration pace = by_engine ? w_.container.health_interval + w_.container.health_timeout
                                  : w_.policy->effective_fast_interval() + w_.policy->effective_timeout();
  const unsigned checks = 1 + std::max(w_.policy->failure_threshold, w_.policy->success_threshold);
  const Duration limit = std::max(w_.policy->verify_limit, pace * checks);
  w_.remedy = Verifying{std::max(now_, started + grace) + limit, awaiting_run, now_ + settle_interval};
  w_.attempt->state = AttemptState::Verifying;
  save_attempt();
}

void Care::attempt_ended(AttemptState state, const std::string& note) {
  const bool left_down = w_.presence == Presence::Exited && on_old_run();
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
  if (left_down && state != AttemptState::Cured && state != AttemptState::Dropped) {
    // Down by our own order: not a person's wish, whatever its exit code looks like.
    w_.judge_exit_at.reset();
    w_.exit_kind = ExitKind::Ours;
    w_.tracker.settle(false);
  }
}

void Care::attempt_failed_then_plan(AttemptState state, const std::string& note) {
  attempt_ended(state, note);
  if (w_.tracker.state() == Tracker::State::Ill) plan_remedy();
}

/// Neither well nor ill within the limit.
void Care::verification_over() {
  if (unprobed() && w_.presence == Presence::Running) {
    became_well();  // nothing can be asked: staying up is all there is to see
    return;
  }
  const bool failing = w_.last_verdict.outcome == Outcome::Fail || w_.presence != Presence::Running;
  const std::string& said = w_.last_verdict.text;
  // Where it could not be asked, or just began to pass, only a real verdict earns another remedy.
  if (failing) w_.tracker.settle(false);
  attempt_failed_then_plan(AttemptState::NotCured,
                           "neither well nor ill in time" + (said.empty() ? "" : ": " + said));
}

void Care::operator_reset() {
  w_.breaker.reset();
  w_.reset_at = now_;
  w_.backoff_level = 0;
  w_.backoff_changed_at = now_;
  w_.crashes.clear();
  w_.dirty = true;
  if (w_.incident) {
    w_.incident->gave_up = false;
    save_incident();
  }
  if (std::holds_alternative<Planned>(w_.remedy)) w_.remedy = Idle{};
  log(LogLevel::Info, fmt::format("{} — reset by an operator: breaker closed, backoff forgotten", w_.name));
  if (w_.tracker.state() == Tracker::State::Ill) plan_remedy();
}

}  // namespace healer
