#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/rare.hpp"
#include "base/time.hpp"
#include "core/workload/findings.hpp"
#include "core/workload/selection.hpp"
#include "core/workload/starts.hpp"
#include "core/workload/tracker.hpp"
#include "core/workload/transition.hpp"
#include "model/container.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/probe.hpp"
#include "model/record.hpp"

namespace healer {

class Out;
struct HostState;
struct View;
struct Workload;

// clang-format off
struct RoundTable {
  static constexpr const char* name = "round of checks";
  enum class State : std::uint8_t { None, Open, Awaiting };
  enum class Input : std::uint8_t { Due, LookDue, Result, LastResult, OutOfTime, ConnectivityKnown, ChecksEnd };
  static constexpr Transition<State, Input> table[] = {
      {State::None,     Input::Due,               State::Open},      // one check of each probe target
      {State::None,     Input::LookDue,           State::None},      // no probe is due but the HEALTHCHECK: inspect
      {State::Open,     Input::Result,            State::Open},      // not the last one: judged and kept
      {State::Open,     Input::LastResult,        State::None},      // the round's verdict counts
      // The verdict would make the workload unhealthy, and the connectivity check has no result since the
      // round began: it is due now.
      {State::Open,     Input::LastResult,        State::Awaiting},
      {State::Open,     Input::OutOfTime,         State::None},      // missing results are unknown
      {State::Open,     Input::OutOfTime,         State::Awaiting},  // one probe failed, another has no result
      {State::Awaiting, Input::ConnectivityKnown, State::None},      // the verdict counts, or is unknown
      {State::Awaiting, Input::OutOfTime,         State::None},      // the verdict is unknown
      // A new instance, pause, exit, removal, another target, or an order that ends the instance: late results
      // are ignored.
      {State::Open,     Input::ChecksEnd,         State::None},
      {State::Awaiting, Input::ChecksEnd,         State::None},
  };
};
// clang-format on

/// A round of checks, one of each probe, without a verdict yet. Its state is that of RoundTable; "open": a
/// check has no result yet.
struct OpenProbe {
  ProbeId id;  ///< of the first probe; the next ids are the other probes', in their order
  Instant started{};
  Instant give_up{};      ///< end of the round even if a prober gives no result
  bool awaiting = false;  ///< the verdict waits for the connectivity check
  bool answered = false;  ///< at least one result has come
};

/// The workload lost the network that it shares, because the network parent was restarted or replaced.
/// HEALING.md 5.
struct NetworkLoss {
  RemedyKind remedy =
      RemedyKind::Restart;  ///< Recreate when the parent is a new container and the engine can
  std::string parent_id;    ///< container id of the present parent
  Instant since{};
};

/// What the engine's HEALTHCHECK reported.
struct Healthcheck {
  Instant count_from{};                    ///< older verdicts do not count (pause, remedy)
  bool unhealthy_in_start_period = false;  ///< applied at the end of the start period
  std::optional<Instant> unhealthy_since;  ///< first unhealthy verdict in a row
  std::optional<Instant> verdict_due;      ///< unhealthy: without an inspect it counts from then
  Instant looked_at{};                     ///< last inspect for a HEALTHCHECK that is one of several probes
};

/// What the checks and the shared network say of the workload.
struct Health {
  Probes probes;
  Healthcheck healthcheck;
  Tracker tracker;
  bool instance_seen_from_start = false;
  Instant start_period_until{};
  bool instance_passed_before = false;  ///< a former process saw the restored instance pass
  std::optional<OpenProbe> probe;
  std::optional<Instant> probe_due;
  std::uint64_t rounds = 0;  ///< rounds of checks begun by this process
  bool spread_next = false;  ///< the first round began together with others: the second is spread
  std::optional<Instant> last_check;
  Verdict last_verdict;
  /// The newest failure, unless a pass came after it. An unknown result says nothing of it.
  Rare<Verdict> counted_failure;
  std::chrono::microseconds last_duration{0};
  unsigned unknown_streak = 0;
  std::optional<Instant> unknown_since;  ///< when operators were notified that it cannot be checked
  Instant failing_since{};
  std::optional<Instant> failed_at;  ///< the newest failed check that counts, or exit, of any instance
  LearnedStarts starts;
  std::optional<FailingStreak> failing_restored;  ///< what a former process saw of the instance
  std::optional<NetworkLoss> network_loss;

  /// The configuration gives no probe target and no HEALTHCHECK.
  bool unprobed() const { return probes.none(); }
  /// No check can tell whether it works: there is none, or none has ever passed.
  bool unjudged() const { return unprobed() || last_verdict.cause == Cause::Unproven; }
  /// A check of this workload has passed at some time, also under a former process.
  bool ever_passed() const { return starts.healthy_once || instance_passed_before || tracker.passed_once(); }
  RoundTable::State round() const {
    if (!probe) return RoundTable::State::None;
    return probe->awaiting ? RoundTable::State::Awaiting : RoundTable::State::Open;
  }
  bool unhealthy() const { return tracker.state() == Tracker::State::Unhealthy; }
  /// Failures do not count yet, whether a check has passed or not.
  bool in_start_window(Instant now) const { return now < start_period_until; }
  bool in_start_period(Instant now) const { return in_start_window(now) && !tracker.passed_once(); }
};

/// Runs the checks and decides what their results, the engine's HEALTHCHECK and the loss of a shared network
/// mean for the workload's health. HEALING.md 2.
class HealthMachine {
 public:
  HealthMachine(Health& own, const View& view, Out& out);

  // Instances.
  void instance_began(const finding::InstanceBegan& began);
  /// A remedy kept the instance. Its checks begin a new streak, as after a restart.
  void instance_kept();
  /// No check counts any more: the workload does not run, or an order ends the instance.
  void checks_end();
  /// The workload is down, whatever its checks said last.
  void known_down(const Reason& why);
  /// It has exited; the engine's restart policy may restart it.
  void exited(const Reason& why);
  void settle_unhealthy();
  /// It will not be checked any more: ends a streak of unknown outcomes.
  void known_again(KnownBy how);
  /// Earlier results are about another address: its checks decide, from the start.
  void verdict_void();
  /// Why it was held is over: its own checks decide, from the start.
  void fresh_verdict();

  // Checks.
  /// Resolves the probe targets again: they depend on the probe origin and on the network parent.
  void resolve_targets();
  void check_finished(const ProbeFinished& finished);
  /// The connectivity check has a result: decides the verdict that waits for the result.
  void connectivity_answered();
  /// The engine reported a verdict. An unhealthy one is judged with the facts of an inspect: with its output.
  void health_reported(EngineHealth health);
  void engine_health(EngineHealth health);
  /// The engine's HEALTHCHECK as an inspect has shown it.
  void inspected();
  /// Its next round of checks is due.
  void check_now();
  void round_overdue();
  void cancel_open(const std::optional<Verdict>& verdict = std::nullopt);
  void checks_due();

  // The network that it shares.
  void network_due();

  std::optional<Instant> deadline() const;

 private:
  void start_probe();
  void schedule_probe();
  Tracker::Row went(const Tracker::Row& row);
  Tracker::Thresholds limits() const;
  void go(RoundTable::Input input, RoundTable::State next);
  void round_answered(RoundTable::Input input);
  void end_round(RoundTable::Input input, std::optional<Verdict> verdict);
  void look_due();
  Duration next_probe_delay(bool pending) const;
  bool needs_connectivity(const Verdict& verdict) const;
  void engine_unhealthy();
  void apply_verdict(const Verdict& verdict);
  void count_unknown(const Verdict& verdict);
  void judged_as(const Verdict& verdict);
  void measure_start();
  void continue_streak(const FailingStreak& streak);
  void stale(const Verdict& verdict);

  Health& own_;
  ProbeSelection selection_;
  const View& view_;
  const Workload& w_;
  const HostState& host_;
  Instant now_;
  Out& out_;
};

}  // namespace healer
