#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/supervisor.hpp"
#include "engine/engine.hpp"
#include "model/event.hpp"
#include "model/policy.hpp"
#include "runtime/guard.hpp"
#include "runtime/host.hpp"
#include "runtime/inspector.hpp"
#include "runtime/journal.hpp"
#include "runtime/observer.hpp"
#include "runtime/origin_finder.hpp"
#include "runtime/runtime_settings.hpp"
#include "runtime/timer_queue.hpp"

namespace healer {

// These timers share the queue with the workloads' timers: no workload key begins with a space.
inline const std::string resync_timer = " resync";
inline const std::string connect_timer = " connect";

/// An opted-in container, as last inspected.
struct KnownContainer {
  ContainerState state = ContainerState::Created;
  std::string started_at;
  std::chrono::seconds stop_timeout{10};
};

/// Which of the opted-in containers are inspected after a list.
enum class Inspected { NewAndChanged, All };

/// A list of all containers under way, with the inspects that follow from it.
struct Sync {
  std::vector<std::string> ids;
  std::set<std::string> names;              ///< see EngineLink::names()
  std::unordered_set<std::string> awaited;  ///< containers whose inspect is not answered yet
  bool listed = false;
  std::optional<Inspected> again;  ///< another one was requested meanwhile
};

/// Keeps the connection to the engine, and turns the engine's answers into events of the core.
///
///   connection   | input                       | next         | what is done
///   -------------+-----------------------------+--------------+------------------------------------------
///   Disconnected | connect(), retry due        | Connecting   | engine.connect()
///   Connecting   | answered                    | Subscribing  | engine.has_events_since(the cursor), then
///                |                             |              | engine.subscribe(since the cursor)
///   Subscribing  | stream accepted             | Connected    | EventsLost if so, probe origin,
///                |                             |              | EngineConnected, list, then inspect of each
///                |                             |              | opted-in container
///   Connected    | resync due                  | Connected    | list, then inspect of each new opted-in
///                |                             |              | container and of each changed one
///   any          | failed, or the stream ended | Disconnected | EngineLost; connect again in 250 ms
class EngineLink {
 public:
  /// `service`: "project/service" of a container that compose made; else empty.
  using Resolve = std::function<ResolvedPolicy(const std::string& name, const std::string& service,
                                               const std::map<std::string, std::string>& labels)>;

  /// All outlive this object.
  struct Parts {
    const RuntimeSettings& settings;
    Host& host;
    Engine& engine;
    Observer& observer;
    Journal& journal;
    TimerQueue& timers;
    const Supervisor& supervisor;
    const Guard& guard;
    std::function<void(Event)> feed;
    std::function<void()> arm;  ///< called after a timer was set outside of feed()
  };

  /// `cursor`: the newest event that a former process has decided about.
  EngineLink(Parts parts, Resolve resolve, EventCursor cursor);

  void connect();
  /// Lists the containers, if the engine is connected.
  void sync(Inspected which);
  /// The settings changed: each opted-in container is inspected again.
  void policies_changed(Resolve resolve);

  Inspector& inspector() { return inspector_; }
  bool connected() const { return connected_; }
  const EngineInfo& engine_info() const { return engine_info_; }
  /// Why healer cannot see its containers, although the engine answers: it refuses inspects (a proxy that
  /// forbids them), or no inspect has succeeded yet and one failed. Empty: it sees them.
  std::optional<std::string> blind() const;
  /// Names, services and short ids of all containers in the engine's newest list, watched or not.
  const std::set<std::string>& names() const { return names_; }
  /// Nothing: it is not opted in, or was not inspected yet.
  std::optional<KnownContainer> known(const std::string& container_id) const;

 private:
  void find_lost_events();
  void subscribe();
  void stream_ready();
  void failed(const Error& error);
  void heard(const EngineEvent& event);
  void listed(Result<void> result);
  void saw(const ContainerSummary& summary, Inspected which);
  void sync_step();
  void inspected(const std::string& id, Result<Container>&& answer);
  void note_inspect(const std::string& id, const Result<Container>& answer);
  ResolvedPolicy resolve(const std::string& name, const std::string& service,
                         const std::map<std::string, std::string>& labels);
  void warn(std::string message);

  Parts parts_;
  Resolve resolve_;
  Inspector inspector_;
  OriginFinder origin_;

  bool connected_ = false;
  std::uint64_t connection_ = 0;  ///< number of the present connection; callbacks of earlier ones are ignored
  EngineInfo engine_info_;
  std::set<std::string> warned_;  ///< EngineInfo::warnings that were logged
  std::optional<Sync> sync_;
  std::set<std::string> names_;
  std::unordered_map<std::string, KnownContainer> known_;
  std::map<std::string, Error> not_inspected_;  ///< by container id: why its newest inspect failed
  bool inspected_once_ = false;                 ///< on the present connection
  EventCursor cursor_;                          ///< newest event that the core has decided about
  EventCursor ahead_of_list_;  ///< newest event before the first list of this connection is complete
  bool caught_up_ = false;     ///< that list is complete
  bool events_lost_ = false;   ///< the engine cannot repeat every event since the cursor
  /// Every event until then was received, Unix nanoseconds: the stream was open. A quiet host has an old
  /// cursor, and the engine's other events, such as those of health checks, may have pushed its event out.
  std::int64_t seen_until_ = 0;
};

}  // namespace healer
