#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/supervisor.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"

namespace healer::testing {

/// How an engine tells of a stop: the measured orders.
enum class Dialect {
  Docker20,  ///< kill, kill, die, stop, start, restart
  Docker26,  ///< kill, kill, stop, die, start, restart
  Podman,    ///< restart, die, stop, start
};

/// What becomes of an order.
enum class OrderFate {
  Done,
  Refused,         ///< nothing happens
  RefusedHalfway,  ///< stopped, and then it cannot be started
  LostDone,        ///< executed, the answer is lost
  LostIgnored,     ///< never executed, the answer is lost
  LostHalfway,     ///< stopped, not started again, the answer is lost
  Silent,          ///< executed, and nobody ever answers
  DryRun,
};

/// Makes the container one of a service's, as compose would.
void join_service(Container& container, const std::string& project, const std::string& service,
                  unsigned number = 1);
/// Lets the child use the parent's network.
void share_network(Container& child, const Container& parent);

/// A simulated container and the service in it.
struct Box {
  Container facts;
  PolicyPtr policy;
  bool exists = true;
  bool in_engine_policy = false;  ///< the engine's own restart is on its way
  // The service.
  bool broken = false;
  bool fixed_by_start = true;       ///< a new instance is not broken
  unsigned broken_starts_left = 0;  ///< so many further starts come up broken
  Duration ready_after{0};          ///< refuses connections so long after its start
  bool hangs = false;
  std::optional<Duration> fails_after;          ///< of each instance: well until then
  std::optional<ProbeFacts> answer;             ///< overrides all of these
  std::map<std::uint16_t, ProbeFacts> answers;  ///< the same of single container ports
  std::optional<ProbeFacts> exec_answer;        ///< the same of commands run inside
  Duration stop_takes = 300ms;
  bool stops_cleanly = false;          ///< with exit code 0, and not by the engine's kill
  bool recovered_by_command = false;   ///< a command inside
  bool recovered_by_webhook = false;   ///< another party remedies it in place
  bool fixed_by_signal = false;        ///< any signal it survives
  bool recovered_by_recreate = false;  ///< only a new container is not broken
  std::set<int> dies_of;               ///< signals
  unsigned starts = 0;
};

/// The real Supervisor in a simulated world: containers, an engine, a prober, a state file and a clock that
/// jumps from one happening to the next. Everything is written to a transcript.
class Scene {
 public:
  /// With this seed the first checks of many workloads lie close together, so that what breaks all of them
  /// is noticed of most before the first is remedied: what the tests of mass failures and shared networks
  /// need.
  static constexpr std::uint64_t default_seed = 27;

  explicit Scene(Dialect dialect = Dialect::Docker20, HostPolicy host_policy = Scene::host_policy(),
                 std::uint64_t seed = default_seed);

  // Building the world.
  static HostPolicy host_policy();
  /// The same with a connectivity check; `control` answers it.
  static HostPolicy with_connectivity();
  static Policy policy();  ///< opted in, no start period, no backoff jitter; otherwise the defaults
  /// A running service with one published port, unknown to healer until it syncs or hears of its start.
  Box& add(const std::string& name, const Policy& policy = Scene::policy());
  /// Engine connected and first list worked through.
  void connect();
  /// add() and connect(), and time until it is known to be healthy.
  Box& healthy(const std::string& name, const Policy& policy = Scene::policy());
  Box& box(const std::string& id_or_name);
  Box* find_box(const std::string& id_or_name);

  // Time.
  Instant now() const { return now_; }
  Duration elapsed() const { return now_ - begin_; }
  void pass(Duration time);
  /// Until the condition holds; false when it does not within the limit.
  bool pass_until(const std::function<bool()>& holds, Duration limit = 30min);
  bool pass_until_decision(const std::string& decision, Duration limit = 30min);

  // What happens to containers. An operator's doing unless named otherwise.
  void crash(Box& box, int code = 1, bool oom = false);
  void stop(Box& box);
  void kill(Box& box, int signal);
  void start(Box& box);
  void restart(Box& box);
  void pause(Box& box);
  void unpause(Box& box);
  void remove(Box& box);
  /// A deployment: the old one is stopped and removed, a new one of that name is started.
  Box& recreate(Box& box, bool stop_first = true);
  void engine_health(Box& box, EngineHealth health);
  void lose_engine(bool replay_later = true);
  /// kill, die and stop for everything, then the stream ends; with `policies`, containers come back with it.
  void shut_engine_down();
  void resync();
  /// What was not heard until now is never notified.
  void forget_events() {
    delivered_ = history_.size();
    forgotten_ = true;
  }
  const std::vector<EngineEvent>& history() const { return history_; }
  /// Of everything that happened and was decided, in order.
  std::uint64_t digest() const { return digest_; }
  /// kill -9 of healer, and a new one from what it had written. It connects and syncs unless notified not to.
  void restart_healer(bool connect_after = true);
  void send(const Event& event);

  // What was decided.
  /// Orders and notifications since the last call, e.g. "degraded, restart web, recovered".
  std::string decisions();
  std::vector<ApplyRemedy> orders;
  std::vector<Instant> order_times;
  std::vector<Notification> notifications;
  std::vector<std::vector<Destination>> sent_to;  ///< of each of them
  std::vector<std::string> logs;
  unsigned probes = 0;
  unsigned captures = 0;
  std::vector<Instant> probe_times;
  std::string last_event;
  bool logged(const std::string& part) const;
  unsigned decided(Rule rule) const;
  unsigned held_for(HoldKind kind) const;
  unsigned notifications_of(NotificationKind kind) const;
  WorkloadStatus status(const std::string& name) const;
  const Workload& workload(const std::string& key) const;
  std::string transcript() const;

  // Knobs.
  bool keep_transcript = true;
  Dialect dialect;
  Capabilities capabilities;
  OrderFate fate = OrderFate::Done;
  std::vector<OrderFate> fates;  ///< of the next orders, before `fate`
  Duration inspect_takes = 1ms;
  Duration probe_takes = 5ms;
  std::optional<Duration> evidence_takes = 2ms;  ///< empty: never answered
  std::string evidence_excerpt;
  bool inspect_fails = false;
  bool answers_probes = true;
  ProbeFacts connectivity;           ///< how the control target answers
  bool connectivity_silent = false;  ///< it is never answered
  unsigned connectivity_probes = 0;  ///< how often it was asked
  HostPolicy host_settings;          ///< what healer is started with
  const std::uint64_t seed;          ///< of the core's random draws
  std::optional<bool> die_at_order;  ///< healer is killed at its next order; true: after it was executed
  /// Called after every step with the event and its actions.
  std::function<void(const Event&, const Effects&)> after_step;
  /// Called before each order is executed.
  std::function<void(const ApplyRemedy&)> at_order;
  /// Called when healer is killed.
  std::function<void()> at_kill;

  std::unique_ptr<Supervisor> core;
  std::map<std::string, std::unique_ptr<Box>> boxes;  ///< by container id
  bool engine_up = false;
  /// What the state file holds.
  StoredState stored() const;
  std::map<std::string, WorkloadRecord> records;
  std::map<std::uint64_t, Incident> incidents;
  std::map<std::uint64_t, Attempt> attempts;
  HostRecord host;
  std::vector<Decision> rules;  ///< every decision, in order
  std::vector<HoldKind> holds;  ///< every hold counted, in order
  std::map<std::string, Instant> wakes;
  std::map<std::string, Instant> stopped_by_operator;  ///< by container id, until an operator starts it
  std::uint64_t steps = 0;

 private:
  struct Happening {
    std::function<void()> run;
    bool of_healer = false;  ///< forgotten when healer dies
  };

  void step(const Event& event);
  void perform(const Effect& effect);
  void carry_out(const ApplyRemedy& order);
  void carry_out_in_place(const ApplyRemedy& order, OrderFate outcome);
  void carry_out_recreation(const ApplyRemedy& order, OrderFate outcome);
  void carry_out_replacement(const ApplyRemedy& order, OrderFate outcome);
  void put_back(const ApplyRemedy& order);
  void answer(const ApplyRemedy& order, Duration after, RemedyAnswer what, std::string error,
              std::string new_id = {});
  void later(Duration after, bool of_healer, std::function<void()> run);
  void emit(const Box& box, EngineReport report);
  /// A signal that ends no process is not reported.
  void emit_signal(const Box& box, int signal);
  void emit_stop(Box& box, bool part_of_restart);
  void came_down(Box& box, int code, bool oom);
  void came_up(Box& box);
  void engine_restarts(const std::string& id);
  void deliver(const EngineEvent& event);
  void hear(std::size_t number);
  ProbeFacts ask(const ProbeTarget& target) const;
  void observe(const std::string& id);
  void note(std::string line);

  Instant begin_{};
  Instant now_{};
  std::uint64_t order_of_events_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, Happening> happenings_;
  std::vector<EngineEvent> history_;
  std::size_t delivered_ = 0;  ///< of these, those that no later process needs to hear
  std::size_t heard_ = 0;      ///< those that this one has heard
  bool caught_up_ = false;     ///< the first list of this connection is through
  std::set<std::uint64_t> cancelled_;
  std::uint64_t next_id_ = 0;
  std::uint16_t next_port_ = 8000;
  std::size_t decisions_taken_ = 0;
  std::vector<std::string> decisions_;
  std::vector<std::string> transcript_;
  std::uint64_t digest_ = 0;
  bool forgotten_ = false;
};

}  // namespace healer::testing
