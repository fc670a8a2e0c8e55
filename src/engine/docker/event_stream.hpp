#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "engine/docker/caller.hpp"
#include "engine/docker/json_event.hpp"
#include "engine/engine.hpp"

namespace healer::docker {

/// The engine's events: the one subscription, and how far back the engine can repeat them.
class EventStream {
 public:
  /// moby daemon/events/events.go: eventsLimit. The engine keeps so many events of every kind, in memory.
  static constexpr unsigned events_kept = 256;

  /// `caller` must outlive this object. `may_have_died` is called before each event that may be the end of a
  /// container's process.
  EventStream(Caller& caller, std::function<void(const std::string& container_id)> may_have_died)
      : caller_(caller), may_have_died_(std::move(may_have_died)) {}

  /// A new connection: finds the containers whose labels hide attributes of events, then calls `done`.
  void connected(Product product, std::function<void()> done);
  /// Engine::subscribe. An event that is not understood is left out, and never ends the stream: the next list
  /// of containers shows what it was about. Of an event that is too large its id is read: it is reported as
  /// Changed.
  void subscribe(std::int64_t since, std::function<void()> ready, std::function<void(EngineEvent)> each,
                 std::function<void(Error)> ended);
  /// Engine::has_events_since.
  void has_events_since(std::int64_t since, std::function<void(bool)> done);

 private:
  using Ids = std::unordered_set<std::string>;
  void find_hidden(const char* label, Ids EventReader::Hidden::*into, std::function<void()> done);

  Caller& caller_;
  std::function<void(const std::string&)> may_have_died_;
  Product product_ = Product::Docker;
  EventReader::Hidden hidden_;
  Caller::CallId subscription_ = 0;
};

}  // namespace healer::docker
