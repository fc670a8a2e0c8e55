#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/event.hpp"
#include "model/record.hpp"

namespace healer {

/// Which of an engine's reports count, and whether the engine that answers is the process that went.
///
/// An engine that was killed leaves its containers running. Its successor ends them before it answers, and
/// reports those stops like an operator's. So after a loss the reports wait for the end of the first list,
/// unless something proves that the engine is the same process.
///
///   state    | input                                          | next     | what is done
///   ---------+------------------------------------------------+----------+-----------------------------------
///   Away     | a report                                       | Away     | kept
///   Away     | connected: containers live in the engine, some | Doubtful |
///            | ran at the loss, no report proves the process  |          |
///   Away     | connected otherwise, no list before            | Listing  |
///   Away     | connected otherwise                            | Live     | what was kept is released
///   Listing  | a report                                       | Listing  | kept: its container may be
///   unknown Listing  | the list is through                            | Live     | what was kept is released
///   Doubtful | a report                                       | Doubtful | kept
///   Doubtful | a report from before the loss comes again, or  | Listing, | reports begin anew with a
///   process,
///            | an instance outlived the loss                  | or Live  | so it is the same. Live: nothing
///            |                                                |          | was kept, and a list came before
///   Doubtful | the list is through                            | Live     | ends before a container's next
///            |                                                |          | start are the engine's and
///            dropped; |                                                |          | the rest is released
///   Live     | a report                                       | Live     | counts at once
///   any      | lost                                           | Away     | what was kept is forgotten: the
///            |                                                |          | next connection repeats it
class EngineSession {
 public:
  explicit EngineSession(const StoredState& stored);

  /// The instances that ran, by container id: their start as InstanceId has it.
  using Running = std::unordered_map<std::string, std::string>;
  /// `running`: those that ran when the connection was lost.
  void lost(Running running);
  void connected(EngineProcess process);
  /// An inspect shows the container, and it runs.
  void saw_running(const InstanceId& instance);
  void wall_clock_set_back() { stops_until_ = 0; }

  enum class Use { Now, Later, Never };
  /// Later: the session keeps the report and releases it.
  Use use_of(const EngineEvent& event);

  /// The first list of this connection is through. True: the engine is another process than before, and some
  /// of what was kept were its own stops.
  bool listed();
  /// What was kept and counts, in order.
  std::vector<EngineEvent> take_released();

  /// HostRecord::engine_stops_until.
  std::int64_t stops_until() const { return stops_until_; }

 private:
  enum class State { Away, Listing, Doubtful, Live };

  void proven_same();

  State state_ = State::Away;
  bool listed_once_ = false;
  Running ran_before_loss_;
  std::vector<EngineEvent> kept_;
  std::vector<EngineEvent> released_;
  std::int64_t newest_ = 0;  ///< of the reports that counted, Unix nanoseconds
  std::int64_t stops_until_ = 0;
};

}  // namespace healer
