#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "core/host/host_out.hpp"
#include "core/host/host_state.hpp"
#include "model/event.hpp"

namespace healer {

/// The connection to the engine: up or down, with the notifications of an outage.
///
///   engine   | input                          | next     | what is done
///   ---------+--------------------------------+----------+--------------------------------------------------
///   (start)  | a former process notified the  | Notified | how long it lasts is not known
///            | loss                           |          |
///   (start)  | otherwise                      | Down     |
///   any      | connected                      | Up       | ENGINE BACK, if the loss was notified
///   Up, Down | lost                           | Down     | results are unknown, no remedy is ordered
///   Notified | lost                           | Notified | the same
///   Down     | 10 s after the first loss      | Notified | ENGINE DOWN
class EngineConnection {
 public:
  explicit EngineConnection(HostState& state) : state_(state) {}

  void connected(const EngineConnected& event, HostOut& out);
  void lost(const std::string& reason);
  /// To be called after lost(), when the workloads know of it.
  void outage(HostOut& out);
  /// An event of the engine counts now.
  void reported(const EngineEvent& event, Instant now);
  /// Ends up to here were those of an engine that went: HostRecord::engine_stops_until.
  void replaced(std::int64_t stops_until, HostOut& out);
  enum class List { First, Later };
  List listed(Instant now);

  void due(HostOut& out);
  std::optional<Instant> deadline() const { return notification_due_; }

 private:
  void notify_down(HostOut& out);
  void notify_back(HostOut& out);

  HostState& state_;
  Instant live_from_ = Instant::max();  ///< this connection's earlier events may be replayed old ones
  std::string reason_;
  std::optional<Instant> lost_at_;
  std::optional<Instant> notification_due_;
};

}  // namespace healer
