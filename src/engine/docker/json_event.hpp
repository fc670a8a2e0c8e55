#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "model/event.hpp"

namespace healer::docker {

class Fields;

/// Translates the event stream of one connection. Docker reports `oom` separately, before the `die` that it
/// explains. The reader keeps which containers had an `oom`, and sets Ended::oom at their `die`.
///
/// Attributes are evidence only if no label of the container can have the same name. Docker writes the labels
/// over the attributes `exitCode` and `signal`, and then `name` over a label (moby daemon/events.go:
/// LogContainerEventWithAttributes). Podman writes `containerExitCode` and `name` over a label, and reports
/// no signal (podman pkg/domain/entities/events.go: ConvertToEntitiesEvent). So for a container of Docker
/// with such a label, an end is reported as Changed, for an inspect shows the exit code, and a signal as 0.
class EventReader {
 public:
  /// Containers whose labels hide an attribute.
  struct Hidden {
    std::unordered_set<std::string> exit_code;  ///< by the label exitCode
    std::unordered_set<std::string> signal;     ///< by the label signal
    /// The engine did not say which containers have such labels: only those are believed of which an earlier
    /// event, which has all labels, showed that they have none.
    bool unproven = false;
  };

  explicit EventReader(Product product) : product_(product) {}
  EventReader(Product product, Hidden hidden) : product_(product), hidden_(std::move(hidden)) {}

  /// Reads one line of Docker's or Podman's stream. Nothing: no decision needs the event (an exec, a
  /// network's creation, a signal that ends no process). Protocol: names the field that does not fit.
  Result<std::optional<EngineEvent>> read(std::string_view json);

 private:
  void note_labels(const Fields& attributes, const std::string& id);
  bool hides_exit_code(const std::string& id) const;
  bool hides_signal(const std::string& id) const;
  void forget(const std::string& id);

  Product product_;
  Hidden hidden_;
  std::unordered_set<std::string> clear_;  ///< containers with neither label; bounded, kept if unproven
  std::unordered_set<std::string> out_of_memory_;  ///< containers with an `oom` since their start; bounded
};

/// The value of the `filters` parameter for the events that EventReader understands.
std::string event_filter();

/// The container of an event whose attributes are not known; empty: it is about none.
std::string event_container(std::string_view json);

/// The time of an event of any kind, in Unix nanoseconds; 0: there is none.
std::int64_t event_time(std::string_view json);

}  // namespace healer::docker
