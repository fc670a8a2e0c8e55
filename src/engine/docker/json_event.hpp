#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/result.hpp"
#include "engine/docker/json_engine.hpp"
#include "model/event.hpp"

namespace healer::docker {

/// Translates one connection's event stream. Docker's `oom` is a report of its own before the `die` that it
/// explains; it becomes a part of that end, so what is remembered is which containers had one.
class EventReader {
 public:
  explicit EventReader(Product product) : product_(product) {}

  /// One line of the stream, Docker's or Podman's. Nothing when it reports nothing that decides (an exec, a
  /// network, a signal that ends no process); Protocol names the field that does not fit.
  Result<std::optional<EngineEvent>> read(std::string_view json);

 private:
  Product product_;
  std::unordered_set<std::string> out_of_memory_;  ///< since their start; bounded
};

/// The value of the `filters` parameter that lets through what EventReader understands.
std::string event_filter();

}  // namespace healer::docker
