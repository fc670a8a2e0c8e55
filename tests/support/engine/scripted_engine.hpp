#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "support/engine/engine_state.hpp"
#include "support/engine/event_log.hpp"
#include "support/engine/timers.hpp"
#include "support/scripted_server.hpp"

namespace healer::testing {

class EngineApi;

/// A Docker Engine on a unix socket that does what a test says. It answers as moby does, sends moby's events,
/// restarts what crashes by its policy, and runs HEALTHCHECKs. Any thread may call it.
class ScriptedEngine {
 public:
  explicit ScriptedEngine(std::string socket);
  ~ScriptedEngine();
  ScriptedEngine(const ScriptedEngine&) = delete;
  ScriptedEngine& operator=(const ScriptedEngine&) = delete;

  std::string host() const { return "unix://" + socket_; }

  // --- containers; a reference stays valid until the engine's end
  /// A container without events: it was there before anything looked. Its apps do not listen yet.
  ScriptedContainer& add(const std::string& name, const Make& make);
  /// `docker create`: the event of a container that add() made in state "created".
  void create(ScriptedContainer& container);
  void start(ScriptedContainer& container);
  /// SIGTERM, and the end with this code.
  void stop(ScriptedContainer& container, int code = 143);
  void restart(ScriptedContainer& container);
  void kill(ScriptedContainer& container, const std::string& signal, std::optional<int> code = std::nullopt);
  void pause(ScriptedContainer& container, bool on);
  void rename(ScriptedContainer& container, const std::string& name);
  void destroy(ScriptedContainer& container);
  /// It exits by itself. Its restart policy starts it again, after `delay` if given.
  void crash(ScriptedContainer& container, int code, bool out_of_memory = false,
             std::optional<std::chrono::milliseconds> delay = std::nullopt);
  /// The result of a HEALTHCHECK, and the state that follows; an event when the state changes.
  void set_health(ScriptedContainer& container, const std::string& state, int code = 0,
                  const std::string& output = {});
  /// From now on the engine runs the HEALTHCHECK at its interval, and it ends with this.
  void run_healthcheck(ScriptedContainer& container, int code, const std::string& output = {});
  /// An operator's command inside, which runs until exec_end(). Returns its id.
  std::string exec_begin(ScriptedContainer& container, const std::vector<std::string>& command,
                         bool tty = false);
  void exec_end(const std::string& id, int code = 0);
  void leave(ScriptedContainer& container, const std::string& network);
  void join(ScriptedContainer& container, const std::string& network, const std::string& address);
  /// A new line of its output.
  void log(ScriptedContainer& container, const std::string& line);
  /// Any change of what the engine knows, without an event.
  void change(const std::function<void()>& change);

  // --- the engine itself
  /// Open event streams end; clients may connect again.
  void cut_streams() { events_.end_streams(); }
  /// Events that no client will ever receive, while on.
  void lose_events(bool on) { events_.lose(on); }
  /// So many events of a container that is not watched and crashes again and again.
  void flood(std::size_t count);
  /// An event with a time of its own.
  void emit(ScriptedContainer& container, const std::string& action, boost::json::object attributes = {},
            std::optional<EngineTime> at = std::nullopt);
  /// The socket is gone, the containers go on (live-restore). With `proxies` nothing listens at published
  /// ports meanwhile. `new_process`: the kept events are lost.
  void go_away(bool proxies, bool new_process);
  /// It answers again, and its proxies listen.
  void come_back();

  // --- what it was asked
  std::vector<EngineOrder> orders(const std::string& name = {}) const;
  std::vector<EngineCall> calls() const;
  unsigned event_streams() const { return events_.streams_opened(); }
  /// The containers as they are now, in the order of their creation.
  std::vector<ScriptedContainer> containers() const;
  /// Gives the complete answer to a call in the engine's place, or nothing. An empty answer ends the
  /// connection.
  using Intercept = std::function<std::optional<std::string>(const EngineCall&)>;
  void intercept(Intercept intercept);
  /// Called after the execution of a call. True: the connection ends before the answer.
  using LosesAnswer = std::function<bool(const EngineCall&)>;
  void lose_answers(LosesAnswer loses_answer);
  std::vector<std::string> security = {"name=seccomp,profile=default", "name=cgroupns"};
  std::string api_version = "1.41";
  std::string least_api_version = "1.12";
  /// The labels that an image carries itself, by image.
  std::map<std::string, Labels> image_labels;

 private:
  friend class EngineApi;
  using Lock = std::lock_guard<std::recursive_mutex>;

  void listen();
  void begin(ScriptedContainer& container);
  void end(ScriptedContainer& container, int code);
  void die(ScriptedContainer& container, int code);
  void note_health(ScriptedContainer& container, CommandEnd result);
  void check_health(ScriptedContainer& container, EngineTime instance);
  void schedule_check(ScriptedContainer& container);
  ScriptedExec& new_exec(ScriptedContainer& container, const std::vector<std::string>& command, bool tty);
  /// By id, the beginning of an id, or name; only containers that were not removed.
  ScriptedContainer* find(const std::string& reference);
  std::vector<std::string> open_execs(const ScriptedContainer& container) const;

  std::string socket_;
  EventLog events_;
  // Recursive: one thing that happens to a container causes another.
  mutable std::recursive_mutex mutex_;
  std::list<ScriptedContainer> all_;         // the removed ones, too
  std::vector<ScriptedContainer*> present_;  // in the order of their creation
  std::map<std::string, ScriptedExec> execs_;
  std::vector<EngineOrder> orders_;
  std::vector<EngineCall> calls_;
  Intercept intercept_;
  LosesAnswer loses_answer_;
  unsigned made_ = 0;
  std::unique_ptr<EngineApi> api_;
  std::unique_ptr<ScriptedServer> server_;
  std::unique_ptr<Timers> timers_;
};

}  // namespace healer::testing
