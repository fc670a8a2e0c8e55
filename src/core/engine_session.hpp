#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/event.hpp"
#include "model/record.hpp"

namespace healer {

/// Which reports of an engine count, and whether the engine that answers is the process that was lost.
///
/// A killed engine leaves its containers running. The next engine process ends them before it answers, and
/// reports those stops like an operator's stops. So after a loss the reports wait for the end of the first
/// list, unless something proves that the engine is still the same process.
///
///   state    | input                                     | next     | what is done
///   ---------+-------------------------------------------+----------+---------------------------------------
///   Away     | a report                                  | Away     | kept
///   Away     | connected; containers live in the engine, | Doubtful |
///            | some ran at the loss, reports counted     |          |
///            | before it, and none of them is kept again |          |
///   Away     | connected otherwise, no list before       | Listing  |
///   Away     | connected otherwise                       | Live     | the kept reports are released
///   Listing  | a report                                  | Listing  | kept: its container may be unknown
///   Listing  | the list is complete                      | Live     | the kept reports are released
///   Doubtful | a report from after the loss              | Doubtful | kept
///   Doubtful | a report from before the loss comes again | Listing  | the same process: a new process would
///            | or an inspect shows that an instance that | or Live  | report nothing from before its start.
///            | ran at the loss still runs                |          | Live if a list came before and no
///            |                                           |          | report is kept
///   Doubtful | the list is complete                      | Live     | the kept ends before a container's
///            |                                           |          | next start are the engine's: dropped.
///            |                                           |          | The other kept reports are released
///   Live     | a report                                  | Live     | it counts at once
///   any      | an end not after stops_until()            | the same | dropped
///   any      | lost                                      | Away     | the kept reports are dropped: the next
///            |                                           |          | connection repeats them
class EngineSession {
 public:
  explicit EngineSession(const StoredState& stored);

  /// Running instances by container id; the value is InstanceId::started_at.
  using Running = std::unordered_map<std::string, std::string>;
  /// `running`: the instances that ran when the connection was lost.
  void lost(Running running);
  void connected(EngineProcess process);
  /// An inspect shows that the instance runs.
  void saw_running(const InstanceId& instance);
  void wall_clock_set_back() { stops_until_ = 0; }

  enum class Use { Now, Later, Never };
  /// Later: the session keeps the report and releases it.
  Use use_of(const EngineEvent& event);

  /// The first list of this connection is complete. True: reports were kept, and the engine counts as another
  /// process than before the loss.
  bool listed();
  /// The kept reports that count, in order.
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
  std::int64_t newest_ = 0;  ///< time of the newest report that counted, Unix nanoseconds
  std::int64_t stops_until_ = 0;
};

}  // namespace healer
