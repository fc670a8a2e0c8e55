#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "model/event.hpp"

namespace healer::docker {

/// Translates the event stream of one connection. Docker reports `oom` separately, before the `die` that it
/// explains. The reader keeps which containers had an `oom`, and sets Ended::oom at their `die`.
class EventReader {
 public:
  explicit EventReader(Product product) : product_(product) {}

  /// Reads one line of Docker's or Podman's stream. Nothing: no decision needs the event (an exec, a network,
  /// a signal that ends no process). Protocol: names the field that does not fit.
  Result<std::optional<EngineEvent>> read(std::string_view json);

 private:
  Product product_;
  std::unordered_set<std::string> out_of_memory_;  ///< containers with an `oom` since their start; bounded
};

/// The value of the `filters` parameter for the events that EventReader understands.
std::string event_filter();

}  // namespace healer::docker
