// Rules of Prometheus that fire about the workload: told by Alertmanager, or found by healer's own queries.
// Prometheus has applied its own `for` by then, so one of them is as good as a threshold that was met, and
// what follows is the same: backoff, budget, holds, evidence, explanation. HEALING.md 2.
//
//   signal   | seen                                         | what follows
//   ---------+----------------------------------------------+----------------------------------------------
//   (none)   | fires, to be told only                       | one info alert
//   (none)   | fires, to be acted on                        | Counting, or Waiting when it is older than the
//            |                                              | run, or than what was done to the run
//   Waiting  | its patience is over: it still fires         | Counting
//   Counting | it runs, and is past its start grace         | ill: an incident, a remedy; an attempt that is
//            |                                              | being verified has not cured
//   any      | fires again                                  | nothing new
//   any      | resolved, or not said again for six hours    | (none): its probes alone decide
#include <algorithm>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "core/care.hpp"

namespace healer {
namespace {

/// Alertmanager says what still fires again every four hours, unless it is set otherwise.
constexpr Duration said_again_within = 6h;
/// A flood of rules about one workload says no more than these.
constexpr std::size_t most_signals = 16;
/// How often "still fires" is worth a write to the disk.
constexpr Duration noted_every = 10min;

}  // namespace

std::string signal_line(const FiringSignal& signal) {
  return signal.text.empty() || signal.text == signal.name ? signal.name
                                                           : fmt::format("{}: {}", signal.name, signal.text);
}

void Care::signal_reported(const SignalReported& event) {
  if (w_.policy->signals == SignalUse::Off) return;
  const auto same = [&](const FiringSignal& each) {
    return each.source == event.source && each.id == event.id;
  };
  if (!event.firing) {
    if (!w_.signals) return;
    const auto found = std::find_if(w_.signals->begin(), w_.signals->end(), same);
    if (found != w_.signals->end()) signal_over(*found, "resolved");
    return;
  }
  if (!w_.signals) w_.signals = std::vector<FiringSignal>{};
  if (const auto found = std::find_if(w_.signals->begin(), w_.signals->end(), same);
      found != w_.signals->end()) {
    w_.dirty |= now_ - found->told_at >= noted_every;
    found->told_at = now_;
    return;
  }
  if (w_.signals->size() == most_signals) {
    log(LogLevel::Warning,
        fmt::format("{} — signal {} is left aside: {} fire already", w_.name, event.name, most_signals));
    return;
  }
  const bool act = event.act && w_.policy->signals == SignalUse::Act;
  w_.signals->push_back({event.source, event.id, event.name, event.text, act, now_, now_});
  w_.dirty = true;
  const std::string text = signal_line(w_.signals->back());
  log(LogLevel::Warning, fmt::format("{} — signal of {} fires: {}", w_.name, event.source, text));
  if (!act && !muted())
    raise(AlertKind::Info, "SIGNAL",
          fmt::format("{}: {} ({}). Nothing is done about it.", w_.name, text, event.source),
          // A later firing is news again.
          fmt::format("healer/{:.60}/{:.100}/signal/{:.60}/{}", world_.policy.host_name, w_.key, event.id,
                      now_.time_since_epoch().count()));
}

void Care::signal_over(const FiringSignal& signal, const char* why) {
  log(LogLevel::Info, fmt::format("{} — signal {} is over: {}", w_.name, signal.name, why));
  std::erase_if(*w_.signals, [&](const FiringSignal& each) { return &each == &signal; });
  if (w_.signals->empty()) w_.signals.reset();
  w_.dirty = true;
  // From here on its checks decide, in the time that they have without a signal.
  if (auto* verifying = std::get_if<Verifying>(&w_.remedy); verifying && !awaits_signal())
    verifying->deadline = std::min(verifying->deadline, verified_by(w_.run_started));
}

Instant Care::counts_from(const FiringSignal& signal) const {
  return signal.since >= w_.signals_from ? signal.since : w_.signals_from + w_.policy->signal_patience;
}

bool Care::awaits_signal() const {
  return w_.signals && std::any_of(w_.signals->begin(), w_.signals->end(),
                                   [](const FiringSignal& each) { return each.act; });
}

std::string Care::illness() const {
  if (!w_.signalled || w_.tracker.state() == Tracker::State::Ill) return w_.last_verdict.text;
  return signal_text(w_);
}

void Care::signals_due() {
  if (w_.signals) {
    const auto stale = std::find_if(w_.signals->begin(), w_.signals->end(), [this](const FiringSignal& each) {
      return now_ >= each.told_at + said_again_within;
    });
    if (stale != w_.signals->end()) signal_over(*stale, "not said again");
  }
  const bool asked = w_.presence == Presence::Running && !in_grace();
  w_.signalled = asked && w_.signals &&
                 std::any_of(w_.signals->begin(), w_.signals->end(), [this](const FiringSignal& each) {
                   return each.act && now_ >= counts_from(each);
                 });
  if (!w_.signalled || w_.incident || w_.attempt || w_.in_flight) return;
  const std::string text = signal_text(w_);
  open_incident(IncidentCause::Signalled, text);
  decide(Rule::FellIll, text, fmt::format("cause={}", to_string(IncidentCause::Signalled)));
}

std::optional<Instant> Care::signal_deadline() const {
  if (!w_.signals) return std::nullopt;
  std::optional<Instant> next;
  for (const FiringSignal& each : *w_.signals) {
    Instant at = each.told_at + said_again_within;
    const Instant counts = std::max(counts_from(each), w_.grace_until);
    if (each.act && counts > now_) at = std::min(at, counts);
    next = next ? std::min(*next, at) : at;
  }
  return next;
}

std::string signal_text(const Workload& workload) {
  if (!workload.signals) return {};
  std::string all;
  for (const FiringSignal& each : *workload.signals)
    if (each.act) all += (all.empty() ? "" : "; ") + signal_line(each);
  return all;
}

}  // namespace healer
