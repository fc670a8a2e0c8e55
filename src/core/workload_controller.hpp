#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/draws.hpp"
#include "base/time.hpp"
#include "core/concurrency.hpp"
#include "core/connectivity.hpp"
#include "core/graph.hpp"
#include "core/ladder.hpp"
#include "core/mass_guard.hpp"
#include "core/routing.hpp"
#include "core/workload.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

using Workloads = std::unordered_map<std::string, std::unique_ptr<Workload>>;

/// A container whose network watched ones share, under the name an operator means.
struct SharedNetwork {
  std::string id;                  ///< the present container; empty: gone
  std::set<std::string> children;  ///< keys of those that share it
};

/// What the supervisor knows beyond one workload.
struct HostState {
  HostState(HostPolicy settings, std::uint64_t seed) : policy(std::move(settings)), draws(seed) {}

  HostPolicy policy;
  Draws draws;
  ProbeOrigin probe_origin;
  bool engine_up = false;
  bool synced_once = false;  ///< the first full list has been worked through
  Instant synced_at{};       ///< the newest one
  StopReports stop_reports = StopReports::Reliable;
  Capabilities capabilities;
  std::optional<Instant> stalled_at;  ///< when the loop last stood still, and for how long
  Duration stall{0};
  Instant starved_until{};         ///< descriptors or memory ran out here: until then no failure is believed
  ConnectivityCheck connectivity;  ///< asked to see whether healer itself can reach anything
  Workloads workloads;             ///< by key
  DependencyGraph graph;
  MassGuard mass;
  ConcurrencyLimiter concurrency;
  HostRecord host;
  Duration wall_ahead{0};  ///< the wall clock, of wall_time_of(now): it was stepped since the process began
  /// Facts of the containers whose network a watched one shares, by id, watched or not.
  std::unordered_map<std::string, Container> network_parents;
  std::unordered_map<std::string, SharedNetwork> shared_networks;          ///< by the parent's key
  std::unordered_map<std::string, std::set<std::string>> awaited_parents;  ///< by id: who waits for its facts
  std::uint64_t last_probe = 0;
  std::uint64_t last_attempt = 0;
  std::uint64_t last_incident = 0;
  std::uint64_t last_notification = 0;

  /// How much later than it happened, by the engine's clock, the newest live event was heard: what the two
  /// clocks differ by.
  Duration engine_lag{0};
  Instant live_from = Instant::max();  ///< of this connection: what is heard before may be old events

  /// When that was, of a time the engine says. Its clock is the wall clock, and is stepped with it.
  Instant instant(WallTime engine) const { return instant_of(engine) - wall_ahead; }

  /// When it happened, by healer's own clock: an event may be heard much later.
  Instant happened(std::int64_t unix_nanoseconds) const {
    return instant(WallTime{unix_nanoseconds / 1'000'000}) + engine_lag;
  }

  const Workload* find(const std::string& key) const {
    const auto found = workloads.find(key);
    return found == workloads.end() ? nullptr : found->second.get();
  }
};

/// Why an operator's wish to heal it would do nothing; empty: it would do something.
std::string why_not_heal(const Workload& workload);

/// Everything that is decided about one workload during one step. Made for the step, thrown away after it;
/// the state is the Workload's. Its parts lie in one file each:
///   workload_process.cpp   what the engine says: runs, exits, pauses (HEALING.md 3)
///   workload_probe.cpp     what is asked, and when; rounds of answers (HEALING.md 2)
///   workload_health.cpp    what their verdicts mean: unhealthy, well, not known (HEALING.md 2)
///   workload_remedy.cpp    the remedy's states (HEALING.md 4; table in workload.hpp)
///   workload_hold.cpp      what keeps a remedy from being done now (HEALING.md 5)
///   workload_network.cpp   the container whose network it shares (HEALING.md 5)
///   workload_incident.cpp  the incident's life and its record (HEALING.md 6)
///   workload_notification.cpp     notifications (HEALING.md 6)
///   workload_reminder.cpp  reminders, escalation, and what ends them (HEALING.md 6)
///   workload_due.cpp       what is due now, and the next wake-up
class WorkloadController {
 public:
  WorkloadController(HostState& host_state, Workload& workload, Instant now, Effects& out)
      : host_state_(host_state), w_(workload), now_(now), out_(out) {}

  // What the engine says.
  void observe(const ContainerObserved& seen);
  void engine_event(const EngineEvent& event);
  void container_gone();
  void inspect_failed(const Error& error);
  /// It is there, but the engine could not tell about it: asked again soon.
  void not_looked_at_yet();
  void opted_out();
  /// `fell_with_it`: the stop just before was the engine's own shutdown, not an operator's decision.
  void engine_lost(bool fell_with_it);
  /// A full list is through; what was expected back after a loss is waited for from now.
  void synced();

  // Probes.
  void probe_finished(const ProbeFinished& finished);
  /// The way to it may have changed because healer's own place did, or its network parent's.
  void resolve_targets();
  /// The connectivity check was answered: a verdict that waited for it is decided.
  void connectivity_answered();

  // Remedies.
  void remedy_finished(const RemedyFinished& finished);
  void evidence_captured(const EvidenceCaptured& captured);
  void operator_reset();
  void operator_heal();
  /// An operator knows of the open incident; nothing without one.
  void operator_ack(const std::string& by);
  void alert_reported(const AlertReported& event);
  /// An attempt that a former process left unfinished: settled by inspect, never repeated.
  void resume_attempt(const Attempt& attempt);

  // What others do to it.
  /// `length` empty: until resumed.
  void operator_pause(std::optional<Duration> length);
  void operator_resume();
  /// What it was held for, a cause outside it, is gone: its own fresh verdict decides, not the one from then.
  void cause_gone(HoldKind held_for, const std::string& why);
  /// The container whose network it shares was seen anew.
  void network_changed();

  /// Does whatever is due now; called by Tick, harmless at any time.
  void run_due();
  /// To be called last in a step: writes what changed and asks for the next wake-up.
  void finish();

 private:
  // workload_process.cpp
  void begin_instance(const Container& facts);
  void enter_paused();
  void enter_exited(const Container& facts, const InstanceId& instance_before);
  void judge_exit();
  bool ended_within_order() const;
  void apply_exit(ExitKind kind);
  void crashed(ExitKind kind);
  void count_engine_restart(const std::string& text);
  std::string exit_text(ExitKind kind) const;
  void instance_took_over();
  // `older_instance`: the event is about an instance before the present one.
  void on(const StopRequested& report, const EngineEvent& event, bool older_instance);
  void on(const Ended& report, const EngineEvent& event, bool older_instance);
  void on(const Started& report, const EngineEvent& event, bool older_instance);
  void on(const HealthReported& report, const EngineEvent& event, bool older_instance);
  void on(const Changed& report, const EngineEvent& event, bool older_instance);
  void on(const Removed& report, const EngineEvent& event, bool older_instance);
  bool part_of_remedy(const EngineEvent& event) const;
  void hear(const EngineEvent& event);
  void reconsider_exit();
  void drop_everything(AttemptState attempt_state, const std::string& why);

  // workload_probe.cpp
  void start_probe();
  void schedule_probe();
  void stop_probing();
  void probe_overdue();
  void round_answered();
  void end_round(std::optional<Verdict> verdict);
  std::optional<Verdict> round_verdict() const;
  Verdict judged(const ProbeFacts& facts, std::size_t probe) const;
  const ProbeSpec& spec_of(std::size_t probe) const;
  std::vector<WorkloadProbe> resolutions() const;
  Duration next_probe_delay(bool pending) const;
  bool needs_connectivity(const Verdict& verdict) const;
  void note_engine_health(EngineHealth health, const std::string& output);
  void note_engine_verdict(const std::optional<Verdict>& said);

  // workload_health.cpp
  void apply_verdict(const Verdict& verdict);
  void count_unknown(const Verdict& verdict);
  void known_again(const char* how);
  std::string connectivity_problem() const;
  Tracker::Thresholds thresholds() const;
  void engine_health(EngineHealth health, const std::string& output);
  void look_at_engine_health();
  void became_unhealthy(IncidentCause cause, const std::string& text);
  void became_healthy();
  void measure_start();
  Duration start_period() const;
  Duration learned_start_period() const;
  /// Events that explain an exit can still come while the engine is away or its first list is worked through.
  bool may_judge() const { return host_state_.synced_once && host_state_.engine_up; }
  bool in_start_period() const { return now_ < w_.start_period_until && !w_.tracker.passed_once(); }
  bool uses_engine_health() const { return w_.uses_engine_health(); }
  bool unprobed() const { return w_.unprobed(); }

  // workload_remedy.cpp
  void plan_remedy();
  double backoff_draw() const;
  void planned_due();
  void gather_then_check();
  void look_before_acting();
  void check_then_act();
  void act(const Container& facts, const LadderStep& ladder_step);
  void order(const RemedyStep& step, bool resume);
  void order_done(RemedyKind kind, const std::string& new_container_id);
  void start_after_signal();
  void verify_same_instance();
  void verify_from(Instant started, bool awaiting_instance);
  Instant verified_by(Instant started) const;
  void attempt_ended(AttemptState state, const std::string& note);
  void settle_by(const Container& facts);
  void attempt_failed_then_plan(AttemptState state, const std::string& note);
  void order_lost(const std::string& error);
  void verification_over();
  void stopped_by_healer();
  std::optional<LadderStep> wanted_step() const;
  RemedyKind wanted_remedy() const;
  bool queued() const;  ///< Planned, Gathering or Checking
  void drop_queued(const std::string& why);
  bool after_our_signal() const;  ///< it may still end by the signal we sent
  bool recreating() const;        ///< the engine is at a recreation of ours: containers come and go
  bool remedy_in_hand() const;    ///< Acting or Settling
  bool our_doing() const;         ///< what happens to the container now is a remedy's effect
  bool on_old_instance() const;   ///< the same, and the facts still show the instance it was ordered against
  bool leave_exited(const std::string& text);
  Duration call_deadline() const;
  Duration deadline_of(RemedyKind kind) const;
  /// How long after the order it may still be executed: the hook before it, then the call.
  Duration settle_limit() const;

  // workload_hold.cpp
  std::optional<Hold> hold();
  std::optional<Hold> maintenance_hold() const;
  std::optional<Hold> connectivity_hold() const;
  std::optional<Hold> network_hold();
  std::optional<Hold> dependency_hold();
  std::optional<Hold> mass_failure_hold() const;
  std::optional<Hold> limited(Hold hold);
  void pause_due();
  std::optional<Instant> pause_end() const;  ///< of its own pause or that of all; nothing: not paused
  bool notifications_paused() const;         ///< an operator paused it: nothing is notified of it
  bool notifications_suppressed()
      const;  ///< operators are not notified of it now, though there would be something to tell

  // workload_network.cpp
  enum class Network { Own, Unknown, Fine, ParentDown, ParentNotReady, Restarted, Replaced, Gone };
  Network network() const;
  const Container* present_parent() const;
  std::string parent_name() const;
  const char* parent_not_ready() const;
  void network_due();
  bool remedies_network() const;  ///< the ladder touches the container, so the loss may be recovered

  // workload_due.cpp
  void checks_due();
  void exit_due();
  void verdict_due();
  void remedy_due();
  std::optional<Instant> calm_at() const;
  std::optional<Instant> next_deadline() const;

  // workload_incident.cpp
  void open_incident(IncidentCause cause, const std::string& text);
  void close_incident(IncidentOutcome outcome, const std::string& why);
  void decide(Rule rule, std::string outcome, std::string inputs = {});

  // workload_notification.cpp
  bool to_be_notified() const;
  void notify_if_due();
  void notify_degraded();
  std::string refusal_text() const;
  void notify_gave_up();
  void notify_ladder_end();
  void notify_crash_loop();
  void notify_summary();
  void notify_unknown();
  void notify_known_again(const char* how);
  std::string unknown_key() const;
  void notify(NotificationKind kind, const char* event, std::string text, const std::string& dedup_key,
              std::string advice = {});
  Notification draft(NotificationKind kind, const char* event, std::string text,
                     const std::string& dedup_key) const;
  NotificationClock notification_clock() const { return {now_, host_state_.wall_ahead}; }
  std::string look_at_logs() const;
  std::string log_advice() const;
  std::string incident_key() const;

  // workload_reminder.cpp
  bool may_repeat() const;
  NotificationKind repeated_kind() const;
  Reminding reminder() const;
  std::optional<Instant> reminder_due(const Reminding& reminder) const;
  std::optional<Instant> repeat_deadline() const;
  void repeats_due();
  void escalate(const std::string& route);
  void plan_escalation(const NotificationRoute& route, const std::vector<Destination>& destinations);
  void repeat(const char* event, const char* preface, const std::vector<Destination>& destinations,
              bool escalation);
  void note_notified(const std::vector<Destination>& destinations);

  // workload_alert.cpp
  void alerts_due();
  void alert_over(const FiringAlert& alert, const char* why);
  /// Since when it makes the workload unhealthy: at once, or when its lookback with a younger instance is
  /// over.
  Instant counts_from(const FiringAlert& alert) const;
  bool awaits_alert() const;         ///< one fires that is acted on: nothing is recovered before it is over
  std::string failure_text() const;  ///< what is wrong, for operators
  std::optional<Instant> alert_deadline() const;

  std::string planned_text() const;

  void log(LogLevel level, std::string message);
  void inspect() { out_.push_back(Inspect{w_.container.id}); }
  void save_incident();
  void save_attempt();

  /// How often an unanswered order's effect is looked for.
  static constexpr Duration settle_interval = 1s;
  /// What could not be looked at is looked at again this much later.
  static constexpr Duration look_again = 10s;
  /// A crash loop is over when an instance is healthy and this old.
  static constexpr Duration crash_loop_calm = 60s;

  HostState& host_state_;
  Workload& w_;
  Instant now_;
  Effects& out_;
};

}  // namespace healer
