#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/supervisor.hpp"
#include "engine/engine.hpp"
#include "model/effect.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "model/status.hpp"
#include "probe/probe.hpp"
#include "runtime/evidence_capture.hpp"
#include "runtime/host.hpp"
#include "runtime/inspector.hpp"
#include "runtime/journal.hpp"
#include "runtime/observer.hpp"
#include "runtime/remedy_hooks.hpp"
#include "runtime/timer_queue.hpp"
#include "store/store.hpp"

namespace healer {

struct RuntimeSettings {
  HostPolicy host;
  std::string own_container_id;  ///< empty: healer runs on the host
  bool dry_run = false;          ///< decide, log and count as always; skip only the engine call
  Duration resync_interval = 60s;
  HookSettings hooks = {};
  std::vector<std::string> excluded = {};  ///< names of containers that count as opted out
  std::uint64_t seed = 1;                  ///< of every random draw of the core
};

/// A POST that a webhook remedy asks for.
struct WebhookCall {
  Secret url;
  std::string body;  ///< JSON
  Duration deadline{0};
};

/// A full look at what exists, under way.
struct Sync {
  std::vector<std::string> ids;
  std::unordered_set<std::string> awaited;  ///< looks under way
  bool listed = false;
  bool again = false;  ///< asked for while this one was under way
  bool again_full = false;
};

/// Performs what the core decides: one event queue, one timer queue, one exhaustive switch over the
/// effects. Knows no policy of its own beyond keeping the engine's stream alive.
///
///   connection   | input                       | next         | what is done
///   -------------+-----------------------------+--------------+------------------------------------------
///   Disconnected | start(), retry due          | Connecting   | engine.connect()
///   Connecting   | answered                    | Subscribing  | engine.subscribe(since the cursor)
///   Subscribing  | stream accepted             | Connected    | own place learned, full sync
///   Connected    | resync due                  | Connected    | list; what is new or changed is inspected
///   any          | failed, or the stream ended | Disconnected | EngineLost; retry with backoff
class Runtime {
 public:
  using Resolve = std::function<ResolvedPolicy(const std::map<std::string, std::string>& labels)>;
  using Deliver = std::function<void(const RoutedNotification&)>;
  /// Answers once, within the deadline, never from inside. A status of 2xx is success; Refused names any
  /// other one; Timeout, ConnectionLost and Protocol mean that it may have arrived.
  using Post = std::function<void(WebhookCall, std::function<void(Result<void>)>)>;

  struct Parts {
    Host& host;
    Engine& engine;
    Prober& prober;
    Store& store;
    Observer& observer;
    Resolve resolve;
    Deliver deliver;              ///< called for each notification once it is on disk
    Post post = {};               ///< empty: webhook remedies are refused
    HookRunner* hooks = nullptr;  ///< null: no hook is run
  };

  Runtime(RuntimeSettings settings, Parts parts, const StoredState& stored);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  void start();
  /// The sink of the prober.
  void probe_finished(ProbeId id, ProbeFacts facts);
  /// The settings changed: every container is looked at anew.
  void policies_changed(Resolve resolve);
  /// The host's settings changed, or the connectivity check's address is known.
  void set_host_policy(HostPolicy policy);
  /// The hooks of remedies ordered from now on.
  void set_hooks(HookSettings hooks) { hooks_.configure(std::move(hooks)); }
  /// Closes the breaker of the workload with this key; NotFound when it is not watched. The API has found
  /// the key for the name an operator gave.
  Result<void> reset(const std::string& key);
  /// Watch the workload, but do nothing; an empty key: all of them. Without a length: until resumed.
  Result<void> pause(const std::string& key, std::optional<Duration> length);
  /// The end of that; an empty key ends the pause of all, not those of single ones.
  Result<void> resume(const std::string& key);
  /// The first step now, whatever its health says. Conflict when an operator stopped or paused it, or a
  /// remedy is under way.
  Result<void> heal(const std::string& key);
  /// An operator knows of its open incident. Conflict when there is none.
  Result<void> acknowledge(const std::string& key, const std::string& by);
  /// A rule of Prometheus began or ceased to fire about a watched workload. NotFound as above.
  Result<void> alert(AlertReported alert);
  std::optional<WorkloadExplanation> explain(const std::string& key) const {
    return supervisor_.explain(key, host_.now());
  }
  /// Stops deciding, writes what is left to write, then calls `done`.
  void shut_down(std::function<void()> done);

  const Supervisor& supervisor() const { return supervisor_; }
  Journal& journal() { return journal_; }
  bool connected() const { return connected_; }
  /// The first full list was worked through.
  bool ready() const { return connected_ && supervisor_.synced_once(); }
  const std::string& engine_description() const { return engine_info_.description; }

 private:
  struct Known {
    ContainerState state = ContainerState::Created;
    std::string started_at;
    std::chrono::seconds stop_timeout{10};
  };

  void feed(Event event);
  void step(const Event& event);
  Result<WorkloadStatus> watched(const std::string& key) const;
  void perform(Effects& effects);
  void apply(const ApplyRemedy& remedy);
  /// After the hook: only what is still as it was when the order came is touched.
  void apply_after_hook(const ApplyRemedy& remedy, const std::optional<Known>& before);
  void begin(const ApplyRemedy& remedy);
  void carry_out(const ApplyRemedy& remedy);
  void finish(const ApplyRemedy& remedy, const HookFacts& facts, RemedyFinished finished);
  ResolvedPolicy resolve(const std::string& name, const std::map<std::string, std::string>& labels);

  void connect();
  void subscribe();
  void stream_ready();
  void learn_place();
  void connection_failed(const Error& error);
  void engine_event(const EngineEvent& event);
  void sync(bool full);
  void sync_saw(const ContainerSummary& summary, bool full);
  void sync_step();
  void inspected(const std::string& id, Result<Container>&& answer);

  void alarm();
  void notice_stall();
  void notice_clock();
  void arm();
  void log(LogLevel level, std::string message);
  /// Wraps a completion so that it does nothing after this object is gone or shut down.
  template <class F>
  auto guarded(F function);

  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  ///< before all that is given a weak copy
  RuntimeSettings settings_;
  Host& host_;
  Engine& engine_;
  Prober& prober_;
  Observer& observer_;
  Resolve resolve_;
  Deliver deliver_;
  Post post_;
  Journal journal_;
  Supervisor supervisor_;
  Inspector inspector_;
  EvidenceCapture evidence_;
  RemedyHooks hooks_;
  TimerQueue timers_;
  std::vector<std::string> due_;  ///< of the alarm that rings; kept for its memory
  std::deque<Event> events_;      ///< that came within a step
  Effects effects_;               ///< of the step under way; kept for its memory
  bool stepping_ = false;
  bool stopping_ = false;
  std::unordered_map<std::uint64_t, std::string> open_probes_;  ///< probe -> workload's key

  bool connected_ = false;
  unsigned connect_failures_ = 0;
  std::uint64_t connection_ = 0;  ///< counts; what an earlier one says is ignored
  EngineInfo engine_info_;
  std::optional<Sync> sync_;
  std::unordered_map<std::string, Known> known_;  ///< the opted-in, as last inspected
  EventCursor cursor_;                            ///< of the events that the core has taken
  EventCursor ahead_of_list_;  ///< of those that came before the first list of this connection was through
  bool caught_up_ = false;     ///< that list is through

  Instant last_beat_{};
  Duration clock_ahead_{0};  ///< the wall clock, of the core's timeline, as the core was notified
  std::optional<Instant> armed_for_;
};

template <class F>
auto Runtime::guarded(F function) {
  return [this, alive = std::weak_ptr<bool>(alive_),
          function = std::move(function)](auto&&... arguments) mutable {
    if (alive.expired() || stopping_) return;
    function(std::forward<decltype(arguments)>(arguments)...);
  };
}

}  // namespace healer
