#pragma once

#include <cstdint>
#include <deque>
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
#include "model/status.hpp"
#include "support/model_engine.hpp"

namespace healer::testing {

/// Makes the container a replica of a service, as compose does.
void join_service(Container& container, const std::string& project, const std::string& service,
                  unsigned number = 1);
/// The child uses the parent's network.
void share_network(Container& child, const Container& parent);

/// A simulated container and the service in it.
struct Box : ModelContainer {
  PolicyPtr policy;
  // The service.
  bool broken = false;
  bool fixed_by_start = true;       ///< a new instance is not broken
  unsigned broken_starts_left = 0;  ///< number of further starts after which the service is broken
  Duration ready_after{0};          ///< refuses connections for so long after its start
  bool hangs = false;
  std::optional<Duration> fails_after;          ///< each instance is healthy for so long, then broken
  std::optional<ProbeFacts> answer;             ///< to every check, unless one of the next two applies
  std::map<std::uint16_t, ProbeFacts> answers;  ///< the answer of single container ports
  std::optional<ProbeFacts> exec_answer;        ///< the answer to every command run inside
  Duration stop_takes = 300ms;
  bool stops_cleanly = false;          ///< exit code 0, without the engine's SIGKILL
  bool recovered_by_command = false;   ///< an exec remedy repairs the service
  bool recovered_by_webhook = false;   ///< a webhook remedy repairs the service
  bool fixed_by_signal = false;        ///< any kill remedy repairs the service
  bool recovered_by_recreate = false;  ///< only a new container is not broken
  std::set<int> dies_of;               ///< signals that end the container
};

/// The real Supervisor in a simulated world: containers, an engine, a prober, a state file and a clock that
/// jumps from one happening to the next. A transcript records everything.
class Scene {
 public:
  /// With this seed the first checks of many workloads are close together. So if all break, most of them are
  /// unhealthy before the first remedy: tests of mass failures and shared networks need this.
  static constexpr std::uint64_t default_seed = 27;

  explicit Scene(Dialect dialect = Dialect::Docker20, HostPolicy host_policy = Scene::host_policy(),
                 std::uint64_t seed = default_seed);
  ~Scene();  // not inline: what it destroys is long to compile, and every unit test includes this file
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;

  // Building the world.
  static HostPolicy host_policy();
  /// The same with a connectivity check; its result is `connectivity`.
  static HostPolicy with_connectivity();
  static Policy policy();  ///< opted in, no start period, no backoff jitter; otherwise the defaults
  /// A running service with one published port. healer learns of it from a list or from its start event.
  Box& add(const std::string& name, const Policy& policy = Scene::policy());
  /// Connects the engine, repeats the events of the last minute, and lists the containers.
  void connect();
  /// add() and connect(), then three check intervals: the workload is healthy.
  Box& healthy(const std::string& name, const Policy& policy = Scene::policy());
  Box& box(const std::string& id_or_name);
  Box* find_box(const std::string& id_or_name);

  // Time.
  Instant now() const { return now_; }
  Duration elapsed() const { return now_ - begin_; }
  void pass(Duration time);
  /// Lets time pass until the condition holds. False: it does not within the limit.
  bool pass_until(const std::function<bool()>& holds, Duration limit = 30min);
  bool pass_until_decision(const std::string& decision, Duration limit = 30min);

  // What happens to containers. By an operator, unless the name says otherwise.
  void crash(Box& box, int code = 1, bool oom = false);
  void stop(Box& box);
  void kill(Box& box, int signal);
  void start(Box& box);
  void restart(Box& box);
  void pause(Box& box);
  void unpause(Box& box);
  void remove(Box& box);
  /// A deployment: the old container is stopped and removed, a new one with its name is started.
  Box& recreate(Box& box, bool stop_first = true);
  void engine_health(Box& box, EngineHealth health);
  void lose_engine(bool replay_later = true);
  /// The events of a stop for every running container, then the stream ends.
  void shut_engine_down();
  void resync();
  /// The next connection does not repeat the events until now.
  void forget_events() {
    delivered_ = history().size();
    forgotten_ = true;
  }
  const std::deque<EngineEvent>& history() const { return engine_.history(); }
  /// A hash of the whole transcript.
  std::uint64_t digest() const { return digest_; }
  /// kill -9 of healer, then a new process with the state file of the old one.
  void restart_healer(bool connect_after = true);
  void send(const Event& event);

  // What was decided.
  /// Orders and notifications since the last call, e.g. "degraded, restart web, recovered".
  std::string decisions();
  std::vector<ApplyRemedy> orders;
  std::vector<Instant> order_times;
  std::vector<Notification> notifications;
  std::vector<std::vector<Destination>> sent_to;  ///< destinations of each notification
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
  Capabilities capabilities;
  OrderFate fate = OrderFate::Done;
  std::vector<OrderFate> fates;  ///< of the next orders; then `fate` applies
  Duration inspect_takes = 1ms;
  Duration probe_takes = 5ms;
  std::optional<Duration> evidence_takes = 2ms;  ///< empty: evidence never arrives
  std::string evidence_excerpt;
  std::optional<AlertAnswer> alert_answer = AlertAnswer::Fires;  ///< of an alert's source; empty: no answer
  std::vector<ConfirmAlert> alert_questions;
  bool inspect_fails = false;
  bool answers_probes = true;
  ProbeFacts connectivity;           ///< the answer of the control target
  bool connectivity_silent = false;  ///< the control target never answers
  unsigned connectivity_probes = 0;  ///< number of connectivity checks
  HostPolicy host_settings;          ///< of each process of healer
  const std::uint64_t seed;          ///< for the core's random draws
  std::optional<bool> die_at_order;  ///< healer is killed at its next order; true: the order is executed
  /// Called after every step with the event and its effects.
  std::function<void(const Event&, const Effects&)> after_step;
  /// Of this process of healer and the next ones.
  void watch_transitions(TransitionWatch watch);
  /// Called before each order is executed.
  std::function<void(const ApplyRemedy&)> at_order;
  /// Called when healer is killed.
  std::function<void()> at_kill;

  std::unique_ptr<Supervisor> core;
  std::map<std::string, std::unique_ptr<Box>> boxes;  ///< by container id
  bool engine_up = false;
  /// The content of the state file.
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
    bool of_healer = false;  ///< does not happen if healer dies before
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
  ModelEngine::Surroundings surroundings(Dialect dialect);
  /// What a new instance of the service does.
  void begin_instance(Box& box);
  void hear(std::size_t number);
  ProbeFacts ask(const ProbeTarget& target) const;
  void observe(const std::string& id);
  void note(std::string line);

  TransitionWatch watch_;
  Instant begin_{};
  Instant now_{};
  std::uint64_t order_of_events_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, Happening> happenings_;
  ModelEngine engine_;
  std::size_t delivered_ = 0;  ///< number of events that no later process needs
  std::size_t heard_ = 0;      ///< number of events that this process has received
  bool caught_up_ = false;     ///< the first list of this connection is complete
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
