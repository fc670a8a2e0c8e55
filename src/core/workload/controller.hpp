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
#include "core/host/concurrency.hpp"
#include "core/host/connectivity.hpp"
#include "core/host/graph.hpp"
#include "core/workload/ladder.hpp"
#include "core/host/mass_guard.hpp"
#include "core/notification/routing.hpp"
#include "core/workload/workload.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer {

using Workloads = std::unordered_map<std::string, std::unique_ptr<Workload>>;

/// A container whose network watched containers share.
struct SharedNetwork {
  std::string id;                  ///< of the present container; empty: gone
  std::set<std::string> children;  ///< keys of the workloads that share the network
};

/// State of the supervisor that belongs to no single workload.
struct HostState {
  HostState(HostPolicy settings, std::uint64_t seed) : policy(std::move(settings)), draws(seed) {}

  HostPolicy policy;
  Draws draws;
  ProbeOrigin probe_origin;
  bool engine_up = false;
  bool synced_once = false;  ///< the first full list was processed
  Instant synced_at{};       ///< when the newest full list was processed
  StopReports stop_reports = StopReports::Reliable;
  Capabilities capabilities;
  std::optional<Instant> stalled_at;  ///< when the loop last stood still, for `stall`
  Duration stall{0};
  Instant starved_until{};         ///< descriptors or memory ran out: failed checks before this are unknown
  ConnectivityCheck connectivity;  ///< whether healer itself reaches anything
  Workloads workloads;             ///< by key
  DependencyGraph graph;
  MassGuard mass;
  ConcurrencyLimiter concurrency;
  HostRecord host;
  Duration wall_ahead{0};  ///< wall clock minus wall_time_of(now): steps since the process began
  /// Facts of the containers whose network a watched container shares, by id; the parents may be unwatched.
  std::unordered_map<std::string, Container> network_parents;
  std::unordered_map<std::string, SharedNetwork> shared_networks;          ///< by the parent's key
  std::unordered_map<std::string, std::set<std::string>> awaited_parents;  ///< by id: keys of the children
  std::uint64_t last_probe = 0;
  std::uint64_t last_attempt = 0;
  std::uint64_t last_incident = 0;
  std::uint64_t last_notification = 0;

  /// When the newest live event arrived, minus its time by the engine's clock: the difference of the clocks.
  Duration engine_lag{0};
  Instant live_from = Instant::max();  ///< this connection's earlier events may be replayed old ones

  /// A time from the engine, on the core's timeline. The engine uses the wall clock, which may be stepped.
  Instant instant(WallTime engine) const { return instant_of(engine) - wall_ahead; }

  /// When an event happened, on the core's timeline: events may arrive much later.
  Instant happened(std::int64_t unix_nanoseconds) const {
    return instant(WallTime{unix_nanoseconds / 1'000'000}) + engine_lag;
  }

  const Workload* find(const std::string& key) const {
    const auto found = workloads.find(key);
    return found == workloads.end() ? nullptr : found->second.get();
  }
};

/// Why `healer heal` would do nothing; empty: it would do something.
std::string why_not_heal(const Workload& workload);

/// The decisions about one workload in one step. Exists for that step only; the state is in Workload. The
/// parts, one file each:
///   workload_process.cpp      the engine's reports: instances, exits, pauses (HEALING.md 3)
///   workload_probe.cpp        probe targets and rounds of checks (HEALING.md 2)
///   workload_health.cpp       what a verdict changes: unhealthy, healthy, unknown (HEALING.md 2)
///   workload_alert.cpp        alerts of Prometheus (HEALING.md 2)
///   workload_plan.cpp         from an incident to the order (HEALING.md 4; table in workload.hpp)
///   workload_remedy.cpp       from the order to its end (HEALING.md 4; table in workload.hpp)
///   workload_hold.cpp         holds: why a due remedy waits (HEALING.md 5)
///   workload_network.cpp      the container whose network it shares (HEALING.md 5)
///   workload_incident.cpp     opening and closing an incident (HEALING.md 6)
///   workload_notification.cpp notifications (HEALING.md 6)
///   workload_reminder.cpp     reminders, escalation, acknowledgement (HEALING.md 6)
///   workload_due.cpp          what is due now, and the next wake-up
class WorkloadController {
 public:
  WorkloadController(HostState& host_state, Workload& workload, Instant now, Effects& out)
      : host_state_(host_state), w_(workload), now_(now), out_(out) {}

  // Reports of the engine.
  void observe(const ContainerObserved& seen);
  void engine_event(const EngineEvent& event);
  void container_gone();
  void inspect_failed(const Error& error);
  /// The container exists, but no inspect succeeded: inspects again in 10 s.
  void not_looked_at_yet();
  void opted_out();
  /// `fell_with_it`: the engine's own shutdown stopped the container just before, not an operator.
  void engine_lost(bool fell_with_it);
  /// A full list was processed: the wait for what ran before the engine's loss begins now.
  void synced();

  // Probes.
  void probe_finished(const ProbeFinished& finished);
  /// Resolves the probe targets again: they depend on the probe origin and on the network parent.
  void resolve_targets();
  /// The connectivity check has a result: decides the verdict that waits for the result.
  void connectivity_answered();

  // Remedies.
  void remedy_finished(const RemedyFinished& finished);
  void evidence_captured(const EvidenceCaptured& captured);
  void operator_reset();
  void operator_heal();
  /// `healer ack`: acknowledges the open incident; does nothing without one.
  void operator_ack(const std::string& by);
  void alert_reported(const AlertReported& event);
  /// An attempt that a former process left unfinished: settled by inspect, never repeated. A recreation is
  /// finished or undone.
  void resume_attempt(const Attempt& attempt);

  // Pauses, and changes of other workloads.
  /// `length` empty: until resumed.
  void operator_pause(std::optional<Duration> length);
  void operator_resume();
  /// The hold's cause, which lay outside the workload, is gone: a new verdict decides, not the old one.
  void cause_gone(HoldKind held_for, const std::string& why);
  /// There are new facts of the container whose network it shares.
  void network_changed();

  /// Does what is due now. Called in every step; may be called at any time.
  void run_due();
  /// To be called last in a step: writes what changed and sets the next wake-up.
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
  // `older_instance`: the event is about an earlier instance.
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
  /// While the engine is down, or its first list not processed, events that explain an exit may still come.
  bool may_judge() const { return host_state_.synced_once && host_state_.engine_up; }
  bool in_start_period() const {
    return now_ < w_.health.start_period_until && !w_.health.tracker.passed_once();
  }
  bool uses_engine_health() const { return w_.health.uses_engine_health(); }
  bool unprobed() const { return w_.health.unprobed(); }

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
  bool after_our_signal() const;  ///< the instance may still end by healer's signal
  bool recreating() const;        ///< healer's recreation is under way: containers come and go
  bool remedy_in_hand() const;    ///< Acting or Settling
  bool our_doing() const;         ///< what happens to the container now is the effect of a remedy
  bool on_old_instance() const;   ///< the same, and the facts still show the instance of the order
  bool leave_exited(const std::string& text);
  Duration call_deadline() const;
  Duration deadline_of(RemedyKind kind) const;
  /// How long after the order the engine may still execute it: the hook before it, then the call.
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
  std::optional<Instant> pause_end() const;  ///< of its own pause or of the pause of all; empty: not paused
  bool notifications_paused() const;         ///< an operator paused it: no notifications
  bool notifications_suppressed() const;  ///< notifications wait for the end of a pause or of a mass failure

  // workload_network.cpp
  enum class Network { Own, Unknown, Fine, ParentDown, ParentNotReady, Restarted, Replaced, Gone };
  Network network() const;
  const Container* present_parent() const;
  std::string parent_name() const;
  const char* parent_not_ready() const;
  void network_due();
  bool remedies_network() const;  ///< the ladder may touch the container, so healer remedies the loss

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
  /// When the alert begins to count: at once, or alert_lookback after alerts_from if it is older.
  Instant counts_from(const FiringAlert& alert) const;
  bool awaits_alert() const;         ///< an alert with the use `act` fires: no recovery before its end
  std::string failure_text() const;  ///< why it is unhealthy, for operators
  std::optional<Instant> alert_deadline() const;

  std::string planned_text() const;

  void log(LogLevel level, std::string message);
  void inspect() { out_.push_back(Inspect{w_.container.id}); }
  void save_incident();
  void save_attempt();

  /// How often healer inspects for the effect of an order without an answer.
  static constexpr Duration settle_interval = 1s;
  /// The wait after a failed inspect.
  static constexpr Duration look_again = 10s;
  /// A crash loop is over once an instance is healthy and this old.
  static constexpr Duration crash_loop_calm = 60s;

  HostState& host_state_;
  Workload& w_;
  Instant now_;
  Effects& out_;
};

}  // namespace healer
