#pragma once

#include <atomic>

#include "guard/gate.hpp"

namespace healer::guard {

/// The events that healer and the guard itself see.
inline constexpr const char* event_filter =
    R"({"type":["container","network"],"event":["create","start","die","kill","oom","stop","restart","pause","unpause",)"
    R"("rename","update","health_status","destroy","connect","disconnect"]})";

/// Keeps the gate's view of the containers: reads the engine's events for ever, in the calling thread. After
/// each connection the list comes first, then the events since the moment before it. While the stream is
/// down, the gate sends no orders.
class Watcher {
 public:
  Watcher(Gate& gate, EngineClient& engine) : gate_(gate), engine_(engine) {}
  void run();
  /// Whether the first connection is made.
  bool ready() const { return ready_; }

 private:
  Result<void> watch();
  Result<void> look();

  Gate& gate_;
  EngineClient& engine_;
  std::atomic<bool> ready_{false};
};

}  // namespace healer::guard
